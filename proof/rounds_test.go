package proof

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// A rounder runs the rounds of one race and counts what must not be.
type rounder struct {
	*person
	goesOn bool
	n      int
	ip     string // the address of the browser, from a network of its own now and then: visitors may fill few baskets

	began []int64 // where the round begins in the logs of the portals

	oldAlive, onOldToken, signedOut, lost int // all of them 0 in the end
	tally
}

// round lets one browser work in several tabs while its session ends or rotates.
func (r *rounder) round(prepare func(*person, *client) func() *flight) {
	r.t.Helper()
	if r.n%20 == 0 {
		r.ip = randomNetwork() + "::7"
	}
	r.began = r.began[:0]
	for _, p := range r.portals {
		r.began = append(r.began, p.logSize())
	}
	c := r.at(r.n).client(r.t)
	c.ip = r.ip
	c.signIn(r.email, r.password)
	act, before := prepare(r.person, c), c.token()

	slow := []*flight{c.at(r.at(r.n + 1)).writing("/session/extend"), c.at(r.at(r.n + 2)).reading("/account")}
	if r.n%2 == 0 {
		slow = append(slow, c.at(r.at(r.n+3)).writing("/basket", "plan", "hall"))
	}
	slow, release := r.stoppedReader(c, slow)
	deed := act()
	meanwhile := r.tabs(c)
	done := deed.land().want(http.StatusSeeOther)
	if strings.Contains(done.header.Get("Location"), "/login") {
		r.t.Errorf("round %d: %s was not done", r.n, done.what)
	}
	crossing := r.tabs(c)
	deed.by.keep(done)

	rotated := r.rotatedAt()
	kept := false // from before a rotation, or from after an end
	for _, tab := range meanwhile {
		kept = r.arrived(c, tab.land(), rotated) && r.goesOn || kept
	}
	for _, tab := range crossing {
		a := tab.land()
		if a.status == http.StatusOK && strings.Contains(tab.what, "/account") {
			r.oldAlive++
		}
		kept = r.arrived(c, a, rotated) || kept
	}
	release()
	if r.n%4 < 2 {
		slices.Reverse(slow)
	}
	for _, f := range slow {
		kept = r.arrived(c, f.land(), time.Time{}) && r.goesOn || kept
	}
	r.judge(c, before, kept)
}

// tabs are requests that nothing holds back, in every second round with a change of the basket among them.
func (r *rounder) tabs(c *client) []*flight {
	var tabs []*flight
	for i, path := range []string{"/account", "/plans", "/account/sessions"} {
		tabs = append(tabs, c.at(r.at(r.n+i)).sending(http.MethodGet, path))
	}
	if r.n%2 == 1 {
		tabs = append(tabs, c.at(r.at(r.n+3)).sending(http.MethodPost, "/basket", "plan", "hall"))
	}
	return tabs
}

// stoppedReader adds a reader that is stopped in the middle of its page, in every fourth round and where that can be done.
func (r *rounder) stoppedReader(c *client, slow []*flight) (with []*flight, release func()) {
	r.t.Helper()
	if r.n%4 != 3 || !r.portals[0].onPostgres() {
		return slow, func() {}
	}
	l := r.lock(`LOCK TABLE payment_methods IN ACCESS EXCLUSIVE MODE`, nil, "payment_methods")
	slow = append(slow, c.at(r.at(r.n)).sending(http.MethodGet, "/billing"))
	until(r.t, "a reader to stop at the table", func() bool { return l.waiting() > 0 })
	return slow, l.release
}

// judge looks at what is left when everything has arrived.
func (r *rounder) judge(c *client, before string, kept bool) {
	r.t.Helper()
	if c.copied(before).at(r.at(r.n+1)).get("/account").status == http.StatusOK {
		r.oldAlive++
	}
	if c.alive() != r.goesOn {
		if r.goesOn {
			r.signedOut++
		} else {
			r.oldAlive++
		}
	}
	if c.token() == before { // which the answer takes away where the session is over
		r.onOldToken++
	}
	if kept {
		r.kept++
		switch {
		case c.hasPlan():
		case r.bagsMissed() > 0:
			r.missed++
		default:
			r.lost++
		}
	}
	c.post("/logout").location("/signed-out")
}

package proof

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

// inFlight is what requests in flight put into the bag.
const inFlight = "in flight"

// A raceRunner runs the rounds of one race and counts violations.
type raceRunner struct {
	*person
	goesOn bool
	n      int

	began []int // where the round begins in the logs of the portals

	oldAlive, onOldToken, signedOut, lost int // each has to be 0 in the end
	counters
}

// round lets one browser work in several tabs while its session ends or rotates.
func (r *raceRunner) round(prepare func(*person, *webtest.Client) func() *flight) {
	r.t.Helper()
	r.began = r.began[:0]
	for _, p := range r.portals {
		r.began = append(r.began, p.Log.Len())
	}
	c := r.signIn(r.n)
	act, before := prepare(r.person, c), c.Token()

	slow := []*flight{writing(r.via(c, r.n+1), "/session/extend"), reading(r.via(c, r.n+2), "/account")}
	if r.n%2 == 0 {
		slow = append(slow, writing(r.via(c, r.n+3), probe.Bag, "value", inFlight))
	}
	slow, release := r.stoppedReader(c, slow)
	action := act()
	meanwhile := r.tabs(c)
	done := action.land().Want(http.StatusSeeOther)
	if strings.Contains(done.Header.Get("Location"), "/login") {
		r.t.Errorf("round %d: %s was not done", r.n, done.What)
	}
	crossing := r.tabs(c)
	action.by.Keep(done)

	rotated := r.rotatedAt()
	kept := false // from before a rotation, or from after an end
	for _, tab := range meanwhile {
		kept = r.arrived(c, tab.land(), rotated) && r.goesOn || kept
	}
	for _, tab := range crossing {
		a := tab.land()
		if a.StatusCode == http.StatusOK && (strings.Contains(a.What, "/account") || strings.Contains(a.Body, r.name)) {
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

// tabs are requests that nothing holds back, in every second round with a change of the bag among them.
func (r *raceRunner) tabs(c *webtest.Client) []*flight {
	var tabs []*flight
	for i, path := range []string{"/account", probe.Bag, "/account/sessions"} {
		tabs = append(tabs, sending(r.via(c, r.n+i), http.MethodGet, path))
	}
	if r.n%2 == 1 {
		tabs = append(tabs, sending(r.via(c, r.n+3), http.MethodPost, probe.Bag, "value", inFlight))
	}
	return tabs
}

// stoppedReader adds a reader that is stopped in the middle of its page, in every fourth round and where that can be done.
func (r *raceRunner) stoppedReader(c *webtest.Client, slow []*flight) (with []*flight, release func()) {
	r.t.Helper()
	if r.n%4 != 3 || !r.portals[0].onPostgres() {
		return slow, func() {}
	}
	l := r.lock(`LOCK TABLE payment_methods IN ACCESS EXCLUSIVE MODE`, nil, "payment_methods")
	slow = append(slow, sending(r.via(c, r.n), http.MethodGet, "/billing"))
	webtest.Until(r.t, "a reader to stop at the table", func() bool { return l.waiting() > 0 })
	return slow, l.release
}

// judge looks at what is left when everything has arrived.
func (r *raceRunner) judge(c *webtest.Client, before string, kept bool) {
	r.t.Helper()
	if r.via(c.Copied(before), r.n+1).Get("/account").StatusCode == http.StatusOK {
		r.oldAlive++
	}
	if opens(c) != r.goesOn {
		if r.goesOn {
			r.signedOut++
		} else {
			r.oldAlive++
		}
	}
	if c.Token() == before { // deleted by the answer if the session is over
		r.onOldToken++
	}
	if kept {
		r.kept++
		switch {
		case inBag(c) == inFlight:
		case r.bagsMissed() > 0:
			r.missed++
		default:
			r.lost++
		}
	}
	c.Post("/logout").Leads("/signed-out")
}

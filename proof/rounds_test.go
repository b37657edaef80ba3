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

	oldAlive, onOldToken, signedOut, lost int // all of them 0 in the end
	kept, askedAgain, tooLate             int // what the zeroes stand for
}

// round lets one browser work in several tabs while its session ends or rotates.
func (r *rounder) round(prepare func(*person, *client) func() *flight) {
	r.t.Helper()
	if r.n%20 == 0 {
		r.ip = randomNetwork() + "::7"
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
	began, deed := time.Now(), act()
	meanwhile := r.tabs(c)
	done := deed.land().want(http.StatusSeeOther)
	if strings.Contains(done.header.Get("Location"), "/login") {
		r.t.Errorf("round %d: %s was not done", r.n, done.what)
	}
	crossing := r.tabs(c)
	deed.by.keep(done)

	kept := false // from before a rotation, or from after an end
	for _, tab := range meanwhile {
		kept = r.arrived(c, tab.land(), began) && r.goesOn || kept
	}
	for _, tab := range crossing {
		a := tab.land()
		if a.status == http.StatusOK && strings.Contains(tab.what, "/account") {
			r.oldAlive++
		}
		kept = r.arrived(c, a, began) || kept
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
	l := r.lock(`LOCK TABLE payments IN ACCESS EXCLUSIVE MODE`, nil, "payments")
	slow = append(slow, c.at(r.at(r.n)).sending(http.MethodGet, "/billing"))
	until(r.t, "a reader to stop at the table", func() bool { return l.waiting() > 0 })
	return slow, l.release
}

// grace is how long a request that was on its way during a rotation may take. It is the portal's promise, not a wish of
// this test: a machine that needs longer cannot be judged by.
const grace = 2 * time.Second

// arrived does with an answer what the browser does, and reports whether it says that the plan is in the basket. began
// is when the deed did; zero for a request that the portal had taken before it.
func (r *rounder) arrived(c *client, a *answer, began time.Time) (kept bool) {
	r.t.Helper()
	c.keep(a)
	location := a.header.Get("Location")
	method, path, _ := strings.Cut(a.what, " ")
	switch {
	case a.status == http.StatusOK, a.status == http.StatusSeeOther && path == "/session/extend":
	case a.status == http.StatusSeeOther && location == "/plans":
		return true
	case a.status == http.StatusTemporaryRedirect && location == path:
		r.askedAgain++
		if r.goesOn && c.at(r.at(r.n)).get(path).status != http.StatusOK {
			r.signedOut++
		}
	case method == http.MethodPost && (a.status == http.StatusSeeOther || a.status == http.StatusServiceUnavailable):
		r.askedAgain++ // refused in so many words: nobody believes that the plan is in the basket
	case !r.goesOn && a.status == http.StatusSeeOther && strings.HasPrefix(location, "/login"):
	case r.goesOn && !began.IsZero() && time.Since(began) > grace:
		r.tooLate++
	case r.goesOn && a.status == http.StatusSeeOther:
		r.signedOut++
	default:
		r.t.Errorf("round %d: %s answered %d to %q", r.n, a.what, a.status, location)
	}
	return false
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
		if !c.hasPlan() {
			r.lost++
		}
	}
	c.post("/logout").location("/signed-out")
}

func (r *rounder) report() {
	r.t.Helper()
	r.t.Logf("%d rounds: %d old tokens alive, %d browsers left on an old token, %d people signed out by another tab, "+
		"%d of %d acknowledged changes of the basket lost; %d requests asked again",
		*rounds, r.oldAlive, r.onOldToken, r.signedOut, r.lost, r.kept, r.askedAgain)
	if r.tooLate > 0 {
		r.t.Logf("%d requests were on their way for more than %s: not judged", r.tooLate, grace)
	}
	if n := r.oldAlive + r.onOldToken + r.signedOut + r.lost; n > 0 {
		r.t.Errorf("%d faults, want 0", n)
	}
	if *rounds > 1 && r.kept == 0 {
		r.t.Error("no change of the basket was ever acknowledged")
	}
}

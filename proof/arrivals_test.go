package proof

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

// grace is how long a request that was on its way during a rotation may take. It is the portal's promise, not a wish of
// this test: a machine that needs longer cannot be judged by.
const grace = 2 * time.Second

// An outcome is what an answer of a round says to the browser. Whatever is none of these is a fault, however late it is.
type outcome int

const (
	wrong      outcome = iota
	done               // or, for "Stay signed in", asked again: both lead to the account
	stored             // the value, in so many words
	notNow             // "not now", as it may be on a slow machine: nobody believes that the value is in the bag
	askAgain           // the same page, or the one that a form comes back to
	overtaken          // "Stay signed in", when somebody else was first
	turnedAway         // as somebody who is not signed in
)

func outcomeOf(a *webtest.Answer) outcome {
	location := a.Header.Get("Location")
	method, path, _ := strings.Cut(a.What, " ")
	signIn := "/login?" + url.Values{"next": {wayBack(a)}}.Encode()
	switch {
	case method == http.MethodGet && a.StatusCode == http.StatusOK,
		path == "/session/extend" && a.StatusCode == http.StatusSeeOther && location == "/account":
		return done
	case method == http.MethodPost && path == probe.Bag && a.StatusCode == http.StatusSeeOther && location == probe.Bag:
		return stored
	case a.StatusCode == http.StatusServiceUnavailable && a.Header.Get("Retry-After") != "":
		return notNow
	case method == http.MethodGet && a.StatusCode == http.StatusTemporaryRedirect && location == path,
		path == probe.Bag && a.StatusCode == http.StatusSeeOther && location == wayBack(a):
		return askAgain
	case path == "/session/extend" && a.StatusCode == http.StatusSeeOther && location == signIn:
		return overtaken
	case method == http.MethodGet && a.StatusCode == http.StatusSeeOther && location == signIn,
		path == "/session/extend" && a.StatusCode == http.StatusSeeOther && location == "/signed-out":
		return turnedAway
	}
	return wrong
}

// wayBack is where the browser is led that asks again: forms of the rounds have no page under their own address.
func wayBack(a *webtest.Answer) string {
	if path, isPage := strings.CutPrefix(a.What, "GET "); isPage {
		return path
	}
	return "/account"
}

// arrived does with an answer what the browser does, and reports whether it says that the value is in the bag.
// rotated is when the session was; zero for a request that the portal had taken before that.
func (r *rounder) arrived(c *webtest.Client, a *webtest.Answer, rotated time.Time) (kept bool) {
	r.t.Helper()
	c.Keep(a)
	out := outcomeOf(a)
	if !rotated.IsZero() && out == turnedAway && time.Since(rotated) > grace {
		r.tooLate++
		return false
	}
	r.judged++
	switch out {
	case wrong:
		r.t.Errorf("round %d: %s answered %d to %q", r.n, a.What, a.StatusCode, a.Header.Get("Location"))
	case askAgain:
		r.askedAgain++
		if r.goesOn && r.via(c, r.n).Get(wayBack(a)).StatusCode != http.StatusOK {
			r.signedOut++
		}
	case overtaken: // the way to sign in leads whoever is signed in to where they came from
		if r.goesOn {
			r.via(c, r.n).Get(a.Header.Get("Location")).Leads(wayBack(a))
		}
	case turnedAway:
		if r.goesOn {
			r.signedOut++
		}
	case notNow:
		r.refused++
	}
	return out == stored
}

// rotatedAt is when a session of this person was rotated last, zero if theirs are over.
func (r *rounder) rotatedAt() (at time.Time) {
	r.t.Helper()
	if !r.goesOn {
		return at
	}
	err := r.facts.QueryRowContext(r.t.Context(), `
		SELECT rotated_at FROM sessions JOIN users ON users.id = user_id WHERE email = $1 ORDER BY rotated_at DESC LIMIT 1`, r.email).Scan(&at)
	if err != nil {
		r.t.Fatal(err)
	}
	return at
}

package proof

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// grace is how long a request that was on its way during a rotation may take. It is the portal's promise, not a wish of
// this test: a machine that needs longer cannot be judged by.
const grace = 2 * time.Second

// An outcome is what an answer of a round says to the browser. Whatever is none of these is a fault, however late it is.
type outcome int

const (
	fault      outcome = iota
	done               // or, for "Stay signed in", asked again: both lead to the account
	inBasket           // the plan, in so many words
	refused            // "not now", as it may be on a slow machine: nobody believes that the plan is in the basket
	askAgain           // the same page, or the one that a form comes back to
	overtaken          // "Stay signed in", when somebody else was first
	turnedAway         // as somebody who is not signed in
)

func outcomeOf(a *answer) outcome {
	location := a.header.Get("Location")
	method, path, _ := strings.Cut(a.what, " ")
	signIn := "/login?" + url.Values{"next": {wayBack(a)}}.Encode()
	switch {
	case method == http.MethodGet && a.status == http.StatusOK,
		path == "/session/extend" && a.status == http.StatusSeeOther && location == "/account":
		return done
	case path == "/basket" && a.status == http.StatusSeeOther && location == "/plans":
		return inBasket
	case a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != "":
		return refused
	case method == http.MethodGet && a.status == http.StatusTemporaryRedirect && location == path,
		path == "/basket" && a.status == http.StatusSeeOther && location == wayBack(a):
		return askAgain
	case path == "/session/extend" && a.status == http.StatusSeeOther && location == signIn:
		return overtaken
	case method == http.MethodGet && a.status == http.StatusSeeOther && location == signIn,
		path == "/session/extend" && a.status == http.StatusSeeOther && location == "/signed-out":
		return turnedAway
	}
	return fault
}

// wayBack is where the browser is led that asks again: forms of the rounds have no page under their own address.
func wayBack(a *answer) string {
	if path, isPage := strings.CutPrefix(a.what, "GET "); isPage {
		return path
	}
	return "/account"
}

// arrived does with an answer what the browser does, and reports whether it says that the plan is in the basket.
// rotated is when the session was; zero for a request that the portal had taken before that.
func (r *rounder) arrived(c *client, a *answer, rotated time.Time) (kept bool) {
	r.t.Helper()
	c.keep(a)
	out := outcomeOf(a)
	if !rotated.IsZero() && out == turnedAway && time.Since(rotated) > grace {
		r.tooLate++
		return false
	}
	r.judged++
	switch out {
	case fault:
		r.t.Errorf("round %d: %s answered %d to %q", r.n, a.what, a.status, a.header.Get("Location"))
	case askAgain:
		r.askedAgain++
		if r.goesOn && c.at(r.at(r.n)).get(wayBack(a)).status != http.StatusOK {
			r.signedOut++
		}
	case overtaken: // the way to sign in leads whoever is signed in to where they came from
		if r.goesOn {
			c.at(r.at(r.n)).get(a.header.Get("Location")).location(wayBack(a))
		}
	case turnedAway:
		if r.goesOn {
			r.signedOut++
		}
	case refused:
		r.refused++
	}
	return out == inBasket
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

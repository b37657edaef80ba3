package proof

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

// grace is how long the portal accepts the previous token of a request that was in flight during a rotation. A slower
// answer proves nothing and is counted as too late.
const grace = 2 * time.Second

// An outcome is how the portal answered a request of a round. Any other answer is a fault, however late it is.
type outcome int

const (
	wrong       outcome = iota
	done                // or, for "Stay signed in", asked again: both lead to the account
	stored              // the value, in so many words
	notNow              // a 503 of a slow machine, which does not claim that the value is in the bag
	retry               // the same page, or the one that a form comes back to
	conflict            // "Stay signed in", when somebody else was first
	notSignedIn         // as somebody who is not signed in
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
		return retry
	case path == "/session/extend" && a.StatusCode == http.StatusSeeOther && location == signIn:
		return conflict
	case method == http.MethodGet && a.StatusCode == http.StatusSeeOther && location == signIn,
		path == "/session/extend" && a.StatusCode == http.StatusSeeOther && location == "/signed-out":
		return notSignedIn
	}
	return wrong
}

// wayBack is where a retry leads: to the page itself, and for a form to /account, because the forms of the rounds have
// no page at their own path.
func wayBack(a *webtest.Answer) string {
	if path, isPage := strings.CutPrefix(a.What, "GET "); isPage {
		return path
	}
	return "/account"
}

// arrived handles an answer as the browser does, and reports whether it says that the value is in the bag. rotated is
// when the session was rotated; zero for a request that the portal received before that.
func (r *raceRunner) arrived(c *webtest.Client, a *webtest.Answer, rotated time.Time) (kept bool) {
	r.t.Helper()
	c.Keep(a)
	out := outcomeOf(a)
	if !rotated.IsZero() && out == notSignedIn && time.Since(rotated) > grace {
		r.tooLate++
		return false
	}
	r.judged++
	switch out {
	case wrong:
		r.t.Errorf("round %d: %s answered %d to %q", r.n, a.What, a.StatusCode, a.Header.Get("Location"))
	case retry:
		r.retried++
		if r.goesOn && r.via(c, r.n).Get(wayBack(a)).StatusCode != http.StatusOK {
			r.signedOut++
		}
	case conflict: // the sign-in page redirects a browser that is signed in to next
		if r.goesOn {
			r.via(c, r.n).Get(a.Header.Get("Location")).Leads(wayBack(a))
		}
	case notSignedIn:
		if r.goesOn {
			r.signedOut++
		}
	case notNow:
		r.unavailable++
	}
	return out == stored
}

// rotatedAt is when a session of this person was rotated last, zero if theirs are over.
func (r *raceRunner) rotatedAt() (at time.Time) {
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

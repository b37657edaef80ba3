package handlers

import (
	"crypto/sha256"
	"net/http"
	"sync"

	"github.com/go-chi/chi/v5/middleware"

	"example.com/gatehouse/internal/audit"
)

// Nobody guesses 256 random bits. Who tries costs the database a read each time, so tokens that turn out to be nobody's
// are counted by network, and beyond the limit a token is no longer looked up (ASVS v5.0.0-6.3.1, 16.3.3). One that was
// good a while ago still is: a neighbour who guesses signs nobody out.

// beginLookUp takes a look-up of a token from the limits of its network. Unless the token is nobody's, it is to be given
// back.
func (a *app) beginLookUp(r *http.Request, token string) (attempt, error) {
	t := attempt{limiter: a.Attempts}
	if a.genuine.has(token) {
		return t, nil
	}
	wait := t.takeFrom(r, "token", perUnknownToken)
	if wait == 0 {
		return t, nil
	}
	a.reportLimit(r, "session token", clientOf(r).Customer())
	return t, statusError{code: http.StatusTooManyRequests, heading: "Too many unknown cookies", retryAfter: wait,
		text: "Your network sent many cookies that this portal never gave out, so we did not look at yours. Please try again in " +
			words(wait) + "."}
}

// limitGuesses stands before a route that is opened by the key of a letter. A key that was never sent, which is a 404, is
// taken from the limits of the network; beyond them keys are no longer looked up.
func (a *app) limitGuesses(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := attempt{limiter: a.Attempts}
		if wait := t.takeFrom(r, "key", perUnknownKey); wait > 0 {
			a.reportLimit(r, "key of a letter", clientOf(r).Customer())
			a.fail(w, r, statusError{code: http.StatusTooManyRequests, heading: "Too many links", retryAfter: wait,
				text: "Your network followed many links that do not work. Please try again in " + words(wait) + "."})
			return
		}
		sw := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(sw, r)
		if sw.Status() != http.StatusNotFound {
			t.giveBack(r.Context())
		}
	})
}

// genuine remembers tokens that were somebody's when they were last looked up, by their hash and without saying whose. It
// decides nothing but whether a token may be looked up.
type genuine struct {
	mu          sync.Mutex
	young, aged map[[sha256.Size]byte]struct{}
}

// maxGenuine is how many tokens are remembered since the last change of generations, and again from before it.
const maxGenuine = 50_000

func newGenuine() *genuine { return &genuine{young: map[[sha256.Size]byte]struct{}{}} }

func (g *genuine) has(token string) bool {
	id := sha256.Sum256([]byte(token))
	g.mu.Lock()
	defer g.mu.Unlock()
	_, young := g.young[id]
	_, aged := g.aged[id]
	if aged && !young {
		g.put(id)
	}
	return young || aged
}

func (g *genuine) add(token string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.put(sha256.Sum256([]byte(token)))
}

func (g *genuine) put(id [sha256.Size]byte) {
	if len(g.young) >= maxGenuine {
		g.young, g.aged = map[[sha256.Size]byte]struct{}{}, g.young
	}
	g.young[id] = struct{}{}
}

// settleLookUp runs once it is known whether the token is a visitor's: a token that is neither a session's nor a
// visitor's, forgotten long ago or invented, is logged and stays counted.
func (a *app) settleLookUp(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.Bag.UnknownToken(r.Context()) {
			a.Audit.Report(r.Context(), audit.SessionUnknownToken, "", "", "", clientOf(r))
		} else if x := exchangeOf(r); x.lookUp.taken != nil {
			x.lookUp.giveBack(r.Context())
			if token, ok := a.Bag.Token(r); ok && !a.Bag.Unavailable(r.Context()) {
				a.genuine.add(token)
			}
		}
		next.ServeHTTP(w, r)
	})
}

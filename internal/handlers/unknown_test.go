package handlers

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/internal/store/storetest"
	"example.com/gatehouse/webtest"
)

func inventedToken() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Tokens that are nobody's are looked up only so often for one network; whoever was signed in there stays so, and so does
// a visitor with a bag (ASVS v5.0.0-16.3.3).
func TestGuessingTokens(t *testing.T) {
	t.Parallel()
	s, statements := storetest.CountingSQLite(t)
	p, elsewhere := portalOn(t, backend{store: s, bags: s.Bags()}, nil), portalOn(t, backend{store: s, bags: s.Bags()}, nil)
	u, token := p.newUser("Toko"), ""
	inTime(t, elsewhere, func(*testing.T) { token = elsewhere.signedIn(u).Token() })
	inTime(t, p, func(t *testing.T) {
		neighbour, visitor := p.holding(token), p.browser() // whose token another process issued
		neighbour.Get("/account").Want(http.StatusOK)
		visitor.keeps("lantern")
		visitor.bag().Says("lantern")
		guess := func(path string) *webtest.Answer {
			b := p.holding(inventedToken())
			return b.Get(path)
		}
		for i := range guard.UnknownTokens.Burst {
			path := []string{probe.Bag, "/session/state", "/account"}[i%3]
			if got := guess(path).StatusCode; got == http.StatusTooManyRequests {
				t.Fatalf("guess %d: got 429", i)
			}
		}
		for _, path := range []string{probe.Bag, "/session/state", "/account"} {
			statements.Taken()
			res := guess(path).Want(http.StatusTooManyRequests)
			if wait, err := strconv.Atoi(res.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 2 {
				t.Errorf("%s: Retry-After %q, want 1 or 2 seconds", path, res.Header.Get("Retry-After"))
			}
			if n := statements.Taken(); n != 0 {
				t.Errorf("%s: a token that is not looked up took %d statements, want none", path, n)
			}
			if len(res.Header.Values("Set-Cookie")) > 0 {
				t.Errorf("%s: a cookie nobody looked at was changed", path)
			}
		}
		neighbour.Get("/account").Want(http.StatusOK)
		visitor.bag().Says("lantern")
		p.browser().bag() // without a cookie there is nothing to look up
		p.holding(inventedToken()).at("2001:db8:ffff:ffff::1").bag()
		if n := strings.Count(p.log.String(), `"msg":"session_unknown_token"`); n < 2 || n > guard.UnknownTokens.Burst+1 {
			t.Errorf("%d unknown tokens in the log, want at most as many as were looked up", n)
		}
		if n := strings.Count(p.log.String(), `"msg":"excess_rate_limit_exceeded"`); n != 1 {
			t.Errorf("%d refusals in the log, want 1 a minute", n)
		}
	})
}

// Whoever gets a token while somebody in the same network guesses goes on with it, and nobody is kept from signing out.
func TestTokensIssuedWhileOthersGuess(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	elsewhere := portalOn(t, backend{store: p.store, bags: p.store.Bags()}, nil)
	u, token := p.newUser("Issa"), ""
	inTime(t, elsewhere, func(*testing.T) { token = elsewhere.signedIn(u).Token() })
	inTime(t, p, func(t *testing.T) {
		flooded := func() *portal {
			t.Helper()
			for range 2 * guard.UnknownTokens.Burst {
				if p.holding(inventedToken()).Get("/account").StatusCode == http.StatusTooManyRequests {
					return p
				}
			}
			t.Fatal("no guess was refused")
			return nil
		}
		b := flooded().browser()
		b.SignIn(u.Email, password)
		flooded()
		b.Get("/account").Want(http.StatusOK)
		b.Post("/reauth", "password", password).Want(http.StatusSeeOther)
		flooded()
		b.Get("/account").Want(http.StatusOK)
		b.Post("/logout").Leads("/signed-out")
		visitor := flooded().browser()
		visitor.keeps("lantern")
		flooded()
		visitor.bag().Says("lantern")

		unknown := p.holding(token)
		unknown.Get("/account").Want(http.StatusTooManyRequests)
		unknown.Post("/logout").Leads("/signed-out")
		if n := p.sessionsOf(u); n != 0 {
			t.Errorf("%d sessions after the sign-outs, want none", n)
		}
	})
}

// A browser whose cookie is stale never notices: the first answer takes the cookie away.
func TestStaleCookie(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.holding(inventedToken())
	for range 2 * guard.UnknownTokens.Burst {
		b.bag()
	}
	if b.Token() != "" {
		t.Error("the stale cookie was left in the browser")
	}
	busy := p.signedIn(p.newUser("Bea")) // nor do people who are signed in, however much they ask
	for range 2 * guard.UnknownTokens.Burst {
		busy.Get("/session/state").Want(http.StatusOK)
	}
}

// One-time tokens that were never sent are looked up only so often for one network; one that is good costs nothing.
func TestGuessingOneTimeTokens(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		email := webtest.Email()
		p.browser().Post("/signup", "name", "Kim", "email", email, "password", password).Want(http.StatusSeeOther)
		link := linkIn(t, p.email(email, "confirm/"))
		b := p.browser()
		for i := range guard.OneTimeTokens.Burst {
			b.Get(link).Leads("/email/confirm")
			if path := "/email/confirm/" + rand.Text(); i%2 == 0 {
				b.Get(path).Want(http.StatusNotFound)
			} else {
				b.Post(path).Want(http.StatusNotFound)
			}
		}
		res := b.Get("/email/confirm/" + rand.Text()).Want(http.StatusTooManyRequests)
		b.Post(link).Want(http.StatusTooManyRequests)
		wait, _ := strconv.Atoi(res.Header.Get("Retry-After"))
		time.Sleep(time.Duration(wait) * time.Second)
		b.Post(link).Want(http.StatusSeeOther)
	})
}

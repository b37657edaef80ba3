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
	"example.com/gatehouse/webtest"
)

func inventedToken() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Tokens that are nobody's are counted by network, and beyond the limit their pages are refused. The log does not grow with
// them (ASVS v5.0.0-6.3.1, 16.3.3).
func TestGuessingTokens(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		paths := []string{probe.Bag, "/account", "/signed-out"}
		for i := range guard.UnknownTokens.Burst {
			if got := p.holding(inventedToken()).Get(paths[i%3]).StatusCode; got == http.StatusTooManyRequests {
				t.Fatalf("guess %d: got 429", i)
			}
		}
		for _, path := range paths {
			b := p.holding(inventedToken())
			res := b.Get(path).Want(http.StatusTooManyRequests)
			if wait, err := strconv.Atoi(res.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 2 {
				t.Errorf("%s: Retry-After %q, want 1 or 2 seconds", path, res.Header.Get("Retry-After"))
			}
			if b.Get(path); b.Token() != "" {
				t.Errorf("%s: the cookie is still there", path)
			}
		}
		p.browser().bag() // without a cookie nothing is guessed
		p.holding(inventedToken()).at("2001:db8:ffff:ffff::1").bag()
		if n := strings.Count(p.log.String(), `"msg":"session_unknown_token"`); n != guard.UnknownTokens.Burst+1 {
			t.Errorf("%d unknown tokens in the log, want as many as were not refused", n)
		}
		if n := strings.Count(p.log.String(), `"msg":"excess_rate_limit_exceeded"`); n != 1 {
			t.Errorf("%d refusals in the log, want 1 a minute", n)
		}
	})
}

// Whoever has a token goes on with it while somebody in the same network guesses, whichever instance issued it and however
// long ago; nobody is kept from signing in or out.
func TestTokensWhileOthersGuess(t *testing.T) {
	t.Parallel()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			on := open(t)
			p := portalOn(t, on, nil)
			u, other := p.newUser("Issa"), p.newUser("Otto")
			visitor, before, elsewhere := p.browser(), p.signedIn(other), portalOn(t, on, nil).signedIn(other)
			visitor.keeps("lantern")
			p = portalOn(t, on, nil) // an instance that issued none of these
			guessed := func() {
				t.Helper()
				for range 2 * guard.UnknownTokens.Burst {
					if p.holding(inventedToken()).Get("/account").StatusCode == http.StatusTooManyRequests {
						return
					}
				}
				t.Fatal("no guess was refused")
			}
			for _, b := range []*browser{visitor, before, elsewhere} {
				guessed()
				b.moveTo(p)
				b.bag().Want(http.StatusOK)
			}
			visitor.bag().Says("lantern")
			for range 6 {
				b := p.browser()
				b.SignIn(u.Email, password)
				guessed()
				b.Get("/account").Want(http.StatusOK).Says("Issa")
				b.Post("/reauth", "password", password).Want(http.StatusSeeOther)
				guessed()
				b.Get("/account").Want(http.StatusOK)
				b.Post("/logout").Leads("/signed-out")
			}
			elsewhere.Post("/logout").Leads("/signed-out")
			if n := p.sessionsOf(u) + p.sessionsOf(other); n != 1 {
				t.Errorf("%d sessions after the sign-outs, want the one that was not ended", n)
			}
		})
	}
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

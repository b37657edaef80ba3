package handlers

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/ratelimit"
	"example.com/gatehouse/webtest"
)

// Sign-out ends the row, deletes the cookie and asks the browser to forget; a copy of the token opens nothing on any
// page afterwards (ASVS v5.0.0-7.4.1, 14.3.1).
func TestSignOut(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Sigrid")
	b, other := p.signedIn(u), p.signedIn(u)
	token := b.Token()
	res := b.Post("/logout")
	res.Leads("/signed-out")
	if got := res.Header.Get("Clear-Site-Data"); got != `"storage"` {
		t.Errorf("Clear-Site-Data: %q", got)
	}
	if line := cookieLine(res); !strings.Contains(line, "Max-Age=0") || !strings.Contains(line, "HttpOnly") {
		t.Errorf("the cookie was not deleted: %q", line)
	}
	b.Get("/signed-out").Says("You are signed out")
	p.checkDead(token)
	if !other.Alive() {
		t.Error("the other session ended too")
	}
	p.endedOnce(u.ID, "signed_out")
	p.browser().Post("/logout").Leads("/signed-out")
}

// checkDead replays a token on every GET route.
func (p *portal) checkDead(token string) {
	p.t.Helper()
	_ = chi.Walk(p.app.routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if method != "GET" {
			return nil
		}
		b := p.holding(token)
		if res := b.Get(strings.NewReplacer("{handle}", "x", "{token}", "x", "*", "x").Replace(route)); strings.Contains(res.Body, `action="/logout"`) {
			p.t.Errorf("%s: a dead token is served as somebody signed in", route)
		}
		return nil
	})
}

func TestEndOthersAndAll(t *testing.T) {
	t.Parallel()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			p, q := portalOn(t, b, nil), portalOn(t, b, nil) // two instances before the same stores
			u, bystander := p.newUser("Enna"), p.newUser("Bea")
			here, there, third := p.signedIn(u), q.signedIn(u), q.signedIn(u)
			neighbour := q.signedIn(bystander)

			here.Get("/account/sessions").Says("Sign out 2 other sessions")
			here.Get("/account/sessions/end-others").Want(200).Says("Password")
			here.Post("/account/sessions/end-others", "password", "wrong, and long enough").Want(422).Says("That is not your password.")
			if !there.Alive() {
				t.Fatal("ended without the password")
			}
			here.Post("/account/sessions/end-others", "password", password).Leads("/account/sessions")
			here.Get("/account/sessions").Says("Signed out 2 other sessions.").Says("Only this device is signed in.")
			there.Follow(there.Get("/account")).Says("This device was signed out")
			if third.Alive() || !here.Alive() {
				t.Fatal("want every other session ended, and this one not")
			}

			again := q.signedIn(u)
			here.Get("/account/sessions/end-all").Want(200).SaysNot("Password") // elevated a moment ago
			token := here.Token()
			here.Post("/account/sessions/end-all").Leads("/signed-out")
			here.Get("/signed-out").Says("You are signed out")
			if p.replay(token).StatusCode == http.StatusOK {
				t.Error("a copy of this session's cookie still opens the account")
			}
			again.Follow(again.Get("/account")).Says("This device was signed out")
			if !neighbour.Alive() {
				t.Error("somebody else's session ended")
			}
		})
	}
}

// A session that is opened while the password is checked ends after it was opened, by the times that are stored.
func TestOpenedWhileOthersEnd(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		for _, path := range []string{"/account/sessions/end-others", "/account/sessions/end-all"} {
			u := p.newUser("Mia")
			b := p.signedIn(u)
			var opened *browser
			limits := p.limits.Limiter
			p.limits.Limiter = pausing{limits, func() {
				p.limits.Limiter = limits
				time.Sleep(time.Second)
				opened = p.signedIn(u)
			}}
			b.Post(path, "password", password).Want(http.StatusSeeOther)
			if opened == nil || opened.Alive() {
				t.Fatalf("%s: want a session opened meanwhile, and ended", path)
			}
			if n := p.count(`SELECT count(*) FROM sessions WHERE ended_at < created_at`); n != 0 {
				t.Errorf("%s: %d sessions ended before they began", path, n)
			}
		}
	})
}

// pausing does something before an attempt is counted.
type pausing struct {
	ratelimit.Limiter
	pause func()
}

func (l pausing) Take(ctx context.Context, key string, r ratelimit.Rule) time.Duration {
	l.pause()
	return l.Limiter.Take(ctx, key, r)
}

// A session that ended meanwhile is no error for whoever ends it.
func TestEndTwice(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Twyla")
	b, other := p.signedIn(u), p.signedIn(u)
	end := "/account/sessions/" + other.Handle() + "/end"
	b.Reauth(password).Want(http.StatusSeeOther)
	b.Post(end).Leads("/account/sessions")
	b.Get("/account/sessions").Says("Signed out Chrome on macOS. It can no longer use your account.").Says("Signed out from another device")
	b.Post(end).Leads("/account/sessions")
	b.Get("/account/sessions").Says("Chrome on macOS was already signed out.")
	b.Get(end).Leads("/account/sessions")
	p.endedOnce(u.ID, "revoked")
	b.Post("/account/sessions/" + b.Handle() + "/end").Leads("/signed-out") // ending this one is signing out
	if b.Alive() {
		t.Error("still signed in")
	}
}

// What somebody keeps after their session has ended is kept for them as for any visitor, and comes along when they sign
// in again.
func TestBagAfterEnd(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Latecomer")
	b := p.signedIn(u)
	old := b.Token()
	p.exec(`UPDATE sessions SET ended_at = $1, end_reason = 'revoked' WHERE ended_at IS NULL`, longAgo)
	b.keeps("lantern")
	if b.Token() == "" || b.Token() == old {
		t.Error("the dead cookie was not replaced by that of a visitor")
	}
	b.bag().Says("lantern")
	b.Get("/login").Says("signed out")
	b.SignIn(u.Email, password)
	b.bag().Says("Latecomer").Says("lantern")
	if p.replay(old).StatusCode == http.StatusOK {
		t.Error("the old token is alive")
	}
}

// Whatever ends the session of this very browser leaves nothing of it there, and leads to where the end is explained.
func TestEveryLogout(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	const storage = `"storage"` // never "cookies", which takes those of neighbouring hosts
	at := func(path string, fields ...string) func(*browser, auth.User) (string, []string) {
		return func(*browser, auth.User) (string, []string) { return path, fields }
	}
	for _, way := range []struct {
		name, clears, leads string
		form                func(b *browser, u auth.User) (path string, fields []string)
	}{
		{"logout", storage, "/signed-out", at("/logout")},
		{"this one in the list", storage, "/signed-out", func(b *browser, _ auth.User) (string, []string) {
			return "/account/sessions/" + b.Handle() + "/end", nil
		}},
		{"all", storage, "/signed-out", at("/account/sessions/end-all")},
		{"deletion", storage, "/signed-out", at("/account/delete", "sure", "on", "password", password)},
		{"password reset", "", "/login?reset=yes", func(b *browser, u auth.User) (string, []string) {
			return b.forgets(u.Email), []string{"password", otherPassword}
		}},
		{"undone change of email", "", "/password/forgot?undone=yes", func(b *browser, u auth.User) (string, []string) {
			confirm, undo := b.moves(u, webtest.Email())
			b.confirmsEmail(confirm).Leads("/account/profile")
			return undo, nil
		}},
	} {
		t.Run(way.name, func(t *testing.T) {
			u := p.newUser("Lore")
			b := p.signedIn(u)
			b.Reauth(password).Want(http.StatusSeeOther)
			b.keeps("lantern")
			b.Post("/preferences", "theme", "dark")
			path, fields := way.form(b, u)
			token := b.Token()
			res := b.Post(path, fields...)
			res.Leads(way.leads)
			if got := res.Header.Get("Clear-Site-Data"); got != way.clears {
				t.Errorf("Clear-Site-Data is %q, want %q", got, way.clears)
			}
			if line := cookieLine(res); !strings.Contains(line, "Max-Age=0") {
				t.Errorf("the cookie was not deleted: %q", line)
			}
			for _, name := range []string{"__Host-pending", "__Host-look"} {
				if got := deletes(res, name); got != (way.clears != "") {
					t.Errorf("%s deleted: %v, want it with the storage", name, got)
				}
			}
			if deletes(res, "__Host-ended") {
				t.Error("the next page cannot say which session ended")
			}
			if p.replay(token).StatusCode == http.StatusOK {
				t.Error("a copy of the cookie still opens the account")
			}
			b.bag().SaysNot("lantern")
		})
	}
}

// deletes reports whether the answer deletes a cookie.
func deletes(res *webtest.Answer, name string) bool {
	return slices.ContainsFunc(res.Cookies(), func(c *http.Cookie) bool { return c.Name == name && c.MaxAge < 0 })
}

package handlers

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
)

// Sign-out ends the row, deletes the cookie and asks the browser to forget; a copy of the token opens nothing on any
// page afterwards (ASVS v5.0.0-7.4.1, 14.3.1).
func TestSignOut(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Sigrid")
	b, other := p.signedIn(u), p.signedIn(u)
	token := b.token()
	res := b.post("/logout")
	res.location("/signed-out")
	if got := res.Header.Get("Clear-Site-Data"); got != `"cookies", "storage"` {
		t.Errorf("Clear-Site-Data: %q", got)
	}
	if line := cookieLine(res); !strings.Contains(line, "Max-Age=0") || !strings.Contains(line, "HttpOnly") {
		t.Errorf("the cookie was not deleted: %q", line)
	}
	b.get("/signed-out").says("You are signed out")
	p.checkDead(token)
	if !other.alive() {
		t.Error("the other session ended too")
	}
	p.endedOnce(u.ID, "signed_out")
	p.browser().post("/logout").location("/signed-out")
}

// checkDead replays a token on every GET route.
func (p *portal) checkDead(token string) {
	p.t.Helper()
	_ = chi.Walk(p.app.routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if method != "GET" {
			return nil
		}
		b := p.browser()
		b.cookies["__Host-id"] = token
		if res := b.get(strings.NewReplacer("{handle}", "x", "{token}", "x", "*", "x").Replace(route)); strings.Contains(res.body, "/logout") {
			p.t.Errorf("%s: a dead token is served as somebody signed in", route)
		}
		return nil
	})
}

func TestEndOthersAndAll(t *testing.T) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			p, q := portalOn(t, b, nil), portalOn(t, b, nil) // two instances before the same stores
			u, bystander := p.newUser("Enna"), p.newUser("Bea")
			here, there, third := p.signedIn(u), q.signedIn(u), q.signedIn(u)
			neighbour := q.signedIn(bystander)

			here.get("/account/sessions").says("Sign out 2 other sessions")
			here.get("/account/sessions/end-others").want(200).says("Password")
			here.post("/account/sessions/end-others", "password", "wrong, and long enough").want(422).says("That is not your password.")
			if !there.alive() {
				t.Fatal("ended without the password")
			}
			here.post("/account/sessions/end-others", "password", password).location("/account/sessions")
			here.get("/account/sessions").says("Signed out 2 other sessions.").says("Only this device is signed in.")
			there.follow(there.get("/account")).says("This device was signed out")
			if third.alive() || !here.alive() {
				t.Fatal("want every other session ended, and this one not")
			}

			again := q.signedIn(u)
			here.get("/account/sessions/end-all").want(200).saysNot("Password") // elevated a moment ago
			token := here.token()
			here.post("/account/sessions/end-all").location("/signed-out")
			here.get("/signed-out").says("You are signed out")
			if p.replay(token).StatusCode == http.StatusOK {
				t.Error("a copy of this session's cookie still opens the account")
			}
			again.follow(again.get("/account")).says("This device was signed out")
			if !neighbour.alive() {
				t.Error("somebody else's session ended")
			}
		})
	}
}

// A session that ended meanwhile is no error for whoever ends it.
func TestEndTwice(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Twyla")
	b, other := p.signedIn(u), p.signedIn(u)
	end := "/account/sessions/" + other.handle() + "/end"
	b.reauth(password).want(http.StatusSeeOther)
	b.post(end).location("/account/sessions")
	b.get("/account/sessions").says("Signed out Chrome on macOS. It can no longer use your account.").says("Signed out from another device")
	b.post(end).location("/account/sessions")
	b.get("/account/sessions").says("Chrome on macOS was already signed out.")
	b.get(end).location("/account/sessions")
	p.endedOnce(u.ID, "revoked")
	b.post("/account/sessions/" + b.handle() + "/end").location("/signed-out") // ending this one is signing out
	if b.alive() {
		t.Error("still signed in")
	}
}

// What somebody chooses after their session has ended is kept for them as for any visitor, and comes along when they sign
// in again.
func TestBasketAfterEnd(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Latecomer")
	b := p.signedIn(u)
	old := b.token()
	p.exec(`UPDATE sessions SET ended_at = $1, end_reason = 'revoked' WHERE ended_at IS NULL`, longAgo)
	b.post("/basket", "plan", "hall").location("/plans")
	if b.token() == "" || b.token() == old {
		t.Error("the dead cookie was not replaced by that of a visitor")
	}
	b.get("/plans").says("In your basket")
	b.get("/login").says("signed out")
	b.signIn(u.Email, password)
	b.get("/account").says("Hall")
	if p.replay(old).StatusCode == http.StatusOK {
		t.Error("the old token is alive")
	}
}

package handlers

import (
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
)

// advises is what the overview suggests, as people read it.
func (b *browser) advises() string {
	b.p.t.Helper()
	return text(between(b.get("/account").want(200).body, `id="improve"`, `</section>`))
}

// TestAdvice changes one fact after the other, and reads what becomes of it.
func TestAdvice(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Addie")
	b := p.signedIn(u)
	const calm = "Nothing to improve"
	expect := func(want ...string) {
		t.Helper()
		got := b.advises()
		at := 0
		for _, w := range want { // in this order
			i := strings.Index(got[at:], w)
			if i < 0 {
				t.Fatalf("got %q, want %q", got, want)
			}
			at += i
		}
		if len(want) > 0 == strings.Contains(got, calm) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	ago := func(d time.Duration) time.Time { return time.Now().UTC().Add(-d).Truncate(time.Microsecond) }
	expect()

	p.exec(`UPDATE users SET password_changed_at = $1`, ago(oldPassword-time.Hour))
	expect()
	p.exec(`UPDATE users SET password_changed_at = $1`, ago(oldPassword))
	expect("Your password is more than a year old")

	kept := p.browser()
	kept.post("/login", "email", u.Email, "password", password, "remember", "on").want(303)
	handle := kept.handle()
	p.exec(`UPDATE sessions SET last_seen_at = $1 WHERE id = $2`, ago(unusedAfter-time.Hour), handle)
	expect("Your password")
	p.exec(`UPDATE sessions SET last_seen_at = $1 WHERE id = $2`, ago(unusedAfter), handle)
	expect("1 other session has not been used for 3 days or more", "Your password")

	for range testPolicy.SessionsPerUser - 3 {
		p.signedIn(u)
	}
	if got := b.advises(); strings.Contains(got, "taken") {
		t.Errorf("got %q with a place left", got)
	}
	p.signedIn(u)
	expect("1 other session has not been used", "All 5 sessions are taken", "Your password")
	b.reauth(password)
	b.post("/account/sessions/end-others").want(303)
	p.exec(`UPDATE users SET password_changed_at = $1`, ago(time.Hour))
	expect()
}

func TestAdviceOnManySessions(t *testing.T) {
	p := portalOn(t, sqliteBackend(t), func(_ *Options, policy *auth.Policy) { policy.SessionsPerUser = 20 })
	u := p.newUser("Manny")
	var b *browser
	for range manySessions - 1 {
		b = p.signedIn(u)
	}
	if got := b.advises(); !strings.Contains(got, "Nothing to improve") {
		t.Errorf("got %q", got)
	}
	p.signedIn(u)
	if got := b.advises(); !strings.Contains(got, "8 sessions at once are many") {
		t.Errorf("got %q", got)
	}
	// The session that is being looked from is never the forgotten one.
	s := auth.Session{ID: "this", LastSeenAt: time.Now().Add(-unusedAfter)}
	if got := adviceFor([]auth.Session{s}, "this", time.Now(), 20, time.Now()); got != nil {
		t.Errorf("got %q", got)
	}
	if got := adviceFor([]auth.Session{s}, "this", time.Now(), 1, time.Now()); got != nil {
		t.Errorf("with a limit of one: got %q", got)
	}
}

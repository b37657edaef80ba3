package handlers

import (
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/webtest"
)

// recommends is what the overview suggests, as people read it.
func (b *browser) recommends() string {
	b.p.t.Helper()
	return webtest.Text(between(b.Get("/account").Want(200).Body, `id="improve"`, `</section>`))
}

// TestRecommendations changes one fact after the other, and reads what becomes of it.
func TestRecommendations(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Addie")
	b := p.signedIn(u)
	const calm = "Nothing to improve"
	expect := func(want ...string) {
		t.Helper()
		got := b.recommends()
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
	const alone, old = "Your password alone opens your account.", "Your password is more than a year old"
	expect(alone)

	p.exec(`UPDATE users SET password_changed_at = $1`, ago(oldPassword-time.Hour))
	if got := b.recommends(); strings.Contains(got, old) {
		t.Errorf("got %q an hour before", got)
	}
	p.exec(`UPDATE users SET password_changed_at = $1`, ago(oldPassword))
	expect(alone, old)

	kept := p.browser()
	kept.Post("/login", "email", u.Email, "password", password, "remember", "on").Want(303)
	handle := kept.Handle()
	p.exec(`UPDATE sessions SET last_seen_at = $1 WHERE id = $2`, ago(unusedAfter-time.Hour), handle)
	if got := b.recommends(); strings.Contains(got, "not been used") {
		t.Errorf("got %q an hour before", got)
	}
	p.exec(`UPDATE sessions SET last_seen_at = $1 WHERE id = $2`, ago(unusedAfter), handle)
	expect("1 other session has not been used for 3 days or more", alone, old)

	for range testPolicy.SessionsPerUser - 3 {
		p.signedIn(u)
	}
	if got := b.recommends(); strings.Contains(got, "taken") {
		t.Errorf("got %q with a place left", got)
	}
	p.signedIn(u)
	expect("1 other session has not been used", "All 5 sessions are taken", alone, old)
	b.Reauth(password)
	b.Post("/account/sessions/end-others").Want(303)
	p.exec(`UPDATE users SET password_changed_at = $1`, ago(time.Hour))
	expect(alone)

	b.enrolApp()
	expect()
	for left, want := range map[int][]string{4: nil, 3: {"3 recovery codes are left"}, 1: {"1 recovery code is left"}, 0: {"No recovery code is left"}} {
		p.exec(`UPDATE recovery_codes SET used_at = NULL`)
		p.exec(`UPDATE recovery_codes SET used_at = $1 WHERE code_hash NOT IN (SELECT code_hash FROM recovery_codes ORDER BY code_hash LIMIT $2)`, ago(0), left)
		expect(want...)
	}
	p.exec(`UPDATE recovery_codes SET used_at = NULL`)
	p.exec(`UPDATE sessions SET flag = 'token_reused'`)
	if got := b.recommends(); !strings.Contains(got, "Nothing besides the above.") {
		t.Errorf("with a flagged session: got %q", got)
	}
}

func TestRecommendationOnManySessions(t *testing.T) {
	t.Parallel()
	p := portalOn(t, sqliteBackend(t), func(_ *Options, policy *settings) { policy.SessionsPerUser = 20 })
	u := p.newUser("Manny")
	var b *browser
	for range manySessions - 1 {
		b = p.signedIn(u)
	}
	if got := b.recommends(); strings.Contains(got, "at once are many") {
		t.Errorf("got %q", got)
	}
	p.signedIn(u)
	if got := b.recommends(); !strings.Contains(got, "8 sessions at once are many") {
		t.Errorf("got %q", got)
	}
	// The session that is being looked from is never the forgotten one.
	s := session.Session{ID: "this", LastSeenAt: time.Now().Add(-unusedAfter)}
	safe := auth.User{Passkeys: true, PasswordChangedAt: time.Now()}
	if got := recommend([]session.Session{s}, "this", safe, 10, 20, time.Now()); got != nil {
		t.Errorf("got %q", got)
	}
	if got := recommend([]session.Session{s}, "this", safe, 10, 1, time.Now()); got != nil {
		t.Errorf("with a limit of one: got %q", got)
	}
}

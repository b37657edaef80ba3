package handlers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/ratelimit"
	"example.com/gatehouse/webtest"
)

// A right password has not failed, also where a second step follows: however many people of one network have the same one,
// it counts neither against the network nor against the password (ASVS v5.0.0-6.3.1).
func TestRightPasswordsUseUpNoNetwork(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for range max(guard.SignIns.Burst, guard.Sprayed.Burst) + 1 {
		u := p.newUser("One of many")
		_, err := p.store.DB().Exec(`INSERT INTO totp_secrets (user_id, sealed, last_step, enrolled_at) VALUES ($1, $2, 0, $3)`, u.ID, []byte{}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		p.withPassword(u.Email)
	}
}

// Emails name a browser that nobody knows alike, whatever they are about.
func TestEmailsNameTheSender(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Uta")
	b := p.browser()
	b.Agent = "Something/1.0 (X11; Linux x86_64)"
	b.SignIn(u.Email, password)
	b.enrolApp()
	if message := strings.Join(strings.Fields(p.email(u.Email, "recovery codes")), " "); !strings.Contains(message, "from an unknown browser on Linux.") {
		t.Errorf("got %q", message)
	}
}

// A limit that is met again and again is one line a minute in the log, whichever it is.
func TestLimitsFloodNoLog(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Lia")
	b := p.signedIn(u)
	b.passkeyOf("Phone")
	var id string
	if err := p.store.DB().QueryRow(`SELECT id FROM passkeys WHERE user_id = $1`, u.ID).Scan(&id); err != nil {
		t.Fatal(err)
	}
	waiting := p.withPassword(u.Email)
	for reason, limited := range map[string]struct {
		key  string
		rule ratelimit.Rule
		ask  func() *webtest.Answer
	}{
		"password reset": {"forgot:" + customer(b.IP), guard.Resets.Rule, func() *webtest.Answer { return p.browser().Post("/password/forgot", "email", webtest.Email()) }},
		"email":          {"email:" + u.ID, guard.EmailChanges.Rule, func() *webtest.Answer { return b.Post("/account/email", "email", webtest.Email()) }},
		"passkey name":   {"passkey name:" + u.ID, guard.PasskeyNames.Rule, func() *webtest.Answer { return b.Post("/account/security/passkeys/"+id+"/rename", "name", "Other") }},
		"passkey":        {"passkey:" + customer(b.IP), guard.PasskeyAnswers.Rule, func() *webtest.Answer { return b.Post("/account/export", "assertion", "{}") }},
		"code":           {"code:" + u.ID, guard.Codes.Rule, func() *webtest.Answer { return waiting.Post("/login/verify", "code", "123456") }},
	} {
		for p.limits.Take(t.Context(), limited.key, limited.rule) == 0 {
		}
		for range 3 {
			limited.ask().Want(http.StatusTooManyRequests)
		}
		n := 0
		for line := range strings.Lines(p.log.String()) {
			if strings.Contains(line, `"excess_rate_limit_exceeded"`) && strings.Contains(line, `"reason":"`+reason+`"`) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s: %d lines for three refusals in a minute, want 1", reason, n)
		}
	}
}

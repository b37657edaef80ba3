package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// lookAtAdministration is what somebody with a role sees of other people's accounts.
func lookAtAdministration(t *testing.T, _ *program) {
	p := start(t, onSQLite(t)) // with figures of its own
	const email = "ada@example.org"
	p.enrol(t, email, "Ada Lovelace")
	p.spread(t, email)
	hostile := p.account(t, "Mallory")
	p.change(t, `UPDATE users SET name = $1, email = $2, disabled_at = created_at, delete_after = $4 WHERE email = $3`,
		`"><script>alert(1)</script> `+"\u202egnol\u202c "+strings.Repeat("W", 90), strings.Repeat("x", 60)+"@"+strings.Repeat("long.", 30)+"example.org", hostile, time.Now().UTC().AddDate(0, 0, 7).Truncate(time.Microsecond))
	grace := p.account(t, "Grace Hopper")
	p.change(t, `UPDATE users SET role = 'admin' WHERE email = $1`, grace)
	for range 3 {
		p.Client(t).Post("/login", "email", email, "password", webtest.OtherPassword).Want(http.StatusUnprocessableEntity)
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	for i := range 40 {
		p.change(t, `INSERT INTO events (id, user_id, session_id, kind, reason, ip, user_agent, at)
			SELECT $1, id, '', $2, '', '203.0.113.9', '', $3 FROM users WHERE email = $4`,
			"e"+strings.Repeat("i", i), []string{"authn_login_success", "authn_login_fail"}[i%3%2], now.Add(-time.Duration(i*i)*time.Minute), email)
	}
	p.Client(t).SignIn(email, webtest.Password).Post("/logout").Leads("/signed-out")
	b := p.looker(t, webtest.ChromeOnLinux, "203.0.113.24")
	b.open("/login")
	b.signIn(grace, webtest.Password)
	b.open("/account")
	b.follow("Administration")
	b.at("admin", http.StatusOK, func() int {
		b.fill("password", webtest.Password)
		return b.press("Confirm")
	})
	b.at("admin-numbers", http.StatusOK, func() int {
		status := b.open("/admin")
		evaluate[any](b.person, `document.querySelectorAll('details').forEach(d => d.open = true)`)
		return status
	})
	b.at("admin-people", http.StatusOK, func() int { return b.follow("People") })
	b.at("admin-people-found", http.StatusOK, func() int { return b.open("/admin/users?q=ada&show=flagged") })
	b.at("admin-people-none", http.StatusOK, func() int { return b.open("/admin/users?q=zebra") })
	b.at("admin-account", http.StatusOK, func() int {
		b.open("/admin/users?q=ada")
		return b.follow("Ada Lovelace")
	})
	b.at("admin-order-session", http.StatusOK, func() int {
		return b.open(evaluate[string](b.person, `document.querySelector('[data-session] a').pathname`))
	})
	b.at("admin-order-error", http.StatusUnprocessableEntity, func() int { return b.pressAnyway("Sign out this device") })
	b.at("admin-account-done", http.StatusOK, func() int {
		b.fill("reason", "She called: the phone is lost.")
		return b.press("Sign out this device")
	})
	b.at("admin-order-role", http.StatusOK, func() int { return b.open(b.path() + "/role") })
	b.at("admin-order-all", http.StatusOK, func() int { return b.open("/admin/sessions/end-all") })
	b.at("admin-events", http.StatusOK, func() int { return b.open("/admin/events") })
	b.at("admin-events-none", http.StatusOK, func() int { return b.open("/admin/events?kind=mfa_removed") })
	b.at("admin-people-hostile", http.StatusOK, func() int { return b.open("/admin/users?show=disabled") })
	b.at("admin-account-hostile", http.StatusOK, func() int {
		return b.open(evaluate[string](b.person, `document.querySelector('.events a').pathname`))
	})
	b.at("admin-activity", http.StatusOK, func() int { return b.open("/account/activity") })
	b.at("admin-403", http.StatusForbidden, func() int {
		p.change(b.t, `UPDATE users SET role = 'member' WHERE email = $1`, grace)
		return b.open("/admin")
	})
}

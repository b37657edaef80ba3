package handlers

import (
	"net/http"
	"strings"
	"testing"
)

// Without the key of an app's secret its codes cannot be checked. People are told so, and that a recovery code works, at the
// sign-in and inside; it is none of the wrong codes that a thief would try.
func TestAppWithoutItsKey(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u, app, codes := p.enrolled("Kay")
		p.exec(`UPDATE totp_secrets SET sealed = $1 WHERE user_id = $2`, []byte("\x01gone"+strings.Repeat("x", 60)), u.ID)
		b := p.withPassword(u.Email)
		b.Post("/login/verify", "code", app.code()).Want(http.StatusServiceUnavailable).Says("A recovery code works.").SaysNot("Reference")
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE user_id = $1 AND kind = 'mfa_fail'`, u.ID); n != 0 {
			t.Errorf("%d failed codes in the trail, want none", n)
		}
		if !strings.Contains(p.log.String(), "cannot be checked") {
			t.Error("the log does not say why")
		}
		b.Post("/login/verify", "code", codes[0]).Leads("/account")
		b.Post("/reauth", "password", password, "code", app.wrong(), "next", "/account").Want(http.StatusServiceUnavailable).
			Says("A recovery code works.").SaysNot("Reference")
		b.Post("/reauth", "password", password, "code", codes[1], "next", "/account").Leads("/account")
	})
}

// The tables of a newer program, which it changed while this one ran, are no fault to look for: the portal says that it is not
// available, and readyz that nobody should be sent here. It says no more to strangers.
func TestTablesOfANewerProgram(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Nora")
		b := p.signedIn(u)
		if got := p.browser().Get("/readyz").Want(http.StatusOK).Body; got != "ok\n" {
			t.Errorf("got %q, want ok", got)
		}
		p.exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)`)
		p.exec(`ALTER TABLE pending_sign_ins RENAME TO waiting_sign_ins`)
		p.exec(`ALTER TABLE events RENAME TO records`)
		b.Get("/account/activity").Want(http.StatusServiceUnavailable)
		p.browser().Post("/login", "email", u.Email, "password", password).Want(http.StatusServiceUnavailable)
		if got := p.browser().Get("/readyz").Want(http.StatusServiceUnavailable).Body; got != "unavailable\n" {
			t.Errorf("got %q, want the word alone", got)
		}
		if !strings.Contains(p.log.String(), "newer version") {
			t.Error("the log does not say why")
		}
	})
}

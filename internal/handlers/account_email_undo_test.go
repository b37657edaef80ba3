package handlers

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/webtest"
)

// What a thief has added since asking for another address goes with that address, and so does the password they know:
// nobody is in until the owner has chosen another one by email.
func TestUndoTakesBackWaysIn(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u, to := p.newUser("Vala"), webtest.Email()
		thief := p.signedIn(u)
		confirm, undo := thief.moves(u, to)
		thief.confirmsEmail(confirm).Leads("/account/profile")
		passkey := thief.passkeyOf("Theirs")
		thief.Post("/account/security/totp", "begin", "yes").Leads("/account/security/totp")
		app := newAuthenticator(t, thief.Get("/account/security/totp").Body)
		thief.Post("/account/security/totp", "code", app.code()).Want(http.StatusSeeOther)
		p.browser().opens(undo).Says("every app and passkey that was added since")
		p.browser().Post(undo).Leads("/password/forgot?undone=yes")

		again := p.browser()
		again.finish(passkey.answers(again.begin("/login/passkey/begin")), "").Want(http.StatusUnprocessableEntity)
		again.Post("/login", "email", u.Email, "password", password).Want(http.StatusUnprocessableEntity)
		if p.sessionsOf(u) != 0 {
			t.Fatal("the thief is in")
		}
		for _, table := range []string{"passkeys", "totp_secrets", "recovery_codes"} {
			if n := p.count(`SELECT count(*) FROM `+table+` WHERE user_id = $1`, u.ID); n != 0 {
				t.Errorf("%d rows of %s left", n, table)
			}
		}
		p.browser().Post(p.browser().forgets(u.Email), "password", otherPassword).Want(http.StatusSeeOther)
		p.browser().Post("/login", "email", u.Email, "password", otherPassword).Leads("/account")
	})
}

// A deletion that was asked for after another address goes with it, and the trail says so; one from before stands.
func TestUndoTakesBackADeletion(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u, elder := p.newUser("Dele"), p.newUser("Elda")
		thief := p.signedIn(u)
		_, undo := thief.moves(u, webtest.Email())
		thief.deletes().Leads("/signed-out")
		p.browser().Post(undo).Leads("/password/forgot?undone=yes")
		if n := p.count(`SELECT count(*) FROM users WHERE id = $1 AND delete_after IS NULL`, u.ID); n != 1 {
			t.Error("the account is still to be deleted")
		}
		if kinds := p.kinds(u.ID); !slices.Contains(kinds, string(audit.DeletionStopped)) {
			t.Errorf("events %q, want the end of the deletion", kinds)
		}

		_, undo = p.signedIn(elder).moves(elder, webtest.Email())
		p.exec(`UPDATE users SET delete_after = $1 WHERE id = $2`, time.Now().Add(account.DeletionGrace-time.Hour).UTC(), elder.ID)
		p.browser().Post(undo).Leads("/password/forgot?undone=yes")
		if n := p.count(`SELECT count(*) FROM users WHERE id = $1 AND delete_after IS NULL`, elder.ID); n != 0 {
			t.Error("a deletion from before the change was taken back")
		}
	})
}

// Recovery codes that were made after the change was asked for go with it, although an older passkey is left.
func TestUndoTakesNewerCodes(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Nora")
		b := p.signedIn(u)
		b.passkeyOf("Older")
		b.Post("/account/email", "email", webtest.Email()).Leads("/account/email")
		undo := linkIn(t, p.email(u.Email, "/email/undo/"))
		b.Post(recoveryCodesPage).Leads(recoveryCodesPage)
		p.browser().Post(undo).Want(http.StatusSeeOther)
		if passkeys, codes := p.count(`SELECT count(*) FROM passkeys`), p.count(`SELECT count(*) FROM recovery_codes`); passkeys != 1 || codes != 0 {
			t.Errorf("%d passkeys and %d codes left, want the older passkey and no code", passkeys, codes)
		}
	})
}

// What an account asked for before the change it goes on asking for: whoever reads the old address gets past none of it.
func TestUndoLeavesOlderFactors(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Olaf")
	b := p.signedIn(u)
	older := b.passkeyOf("Older")
	b.Post("/account/email", "email", webtest.Email()).Leads("/account/email")
	undo := linkIn(t, p.email(u.Email, "/email/undo/"))
	newer := newPasskeyDevice(t)
	b.enrol(newer, "Newer").Want(http.StatusSeeOther)
	p.browser().Post(undo).Want(http.StatusSeeOther)
	p.browser().Post(p.browser().forgets(u.Email), "password", otherPassword).Want(http.StatusSeeOther)
	p.browser().Post("/login", "email", u.Email, "password", otherPassword).Leads("/login/verify")
	again := p.browser()
	again.finish(newer.answers(again.begin("/login/passkey/begin")), "").Want(http.StatusUnprocessableEntity)
	again.finish(older.answers(again.begin("/login/passkey/begin")), "").Want(http.StatusOK)
	if n := p.count(`SELECT count(*) FROM recovery_codes WHERE user_id = $1`, u.ID); n != 10 {
		t.Errorf("%d recovery codes left, want all", n)
	}
}

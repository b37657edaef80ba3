package handlers

import (
	"net/http"
	"testing"
)

// What a thief has added since asking for another address goes with that address, and so does the password they know:
// nobody is in until the owner has chosen another one by letter.
func TestUndoTakesBackWaysIn(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, p *portal) {
		u, to := p.newUser("Vala"), newEmail()
		thief := p.signedIn(u)
		confirm, undo := thief.moves(u, to)
		thief.confirmsEmail(confirm).location("/account/profile")
		passkey := thief.passkeyOf("Theirs")
		thief.post("/account/security/totp", "begin", "yes").location("/account/security/totp")
		app := newAuthenticator(t, thief.get("/account/security/totp").body)
		thief.post("/account/security/totp", "code", app.code()).want(http.StatusSeeOther)
		p.browser().get(undo).want(http.StatusOK).says("every app and passkey that was added since")
		p.browser().post(undo).location("/password/forgot?undone=yes")

		again := p.browser()
		again.finish(passkey.answers(again.begin("/login/passkey/begin")), "").want(http.StatusUnprocessableEntity)
		again.post("/login", "email", u.Email, "password", password).want(http.StatusUnprocessableEntity)
		if p.sessionsOf(u) != 0 {
			t.Fatal("the thief is in")
		}
		for _, table := range []string{"passkeys", "totp_secrets", "recovery_codes"} {
			if n := p.count(`SELECT count(*) FROM `+table+` WHERE user_id = $1`, u.ID); n != 0 {
				t.Errorf("%d rows of %s left", n, table)
			}
		}
		p.browser().post(p.browser().forgets(u.Email), "password", otherPassword).want(http.StatusSeeOther)
		p.browser().post("/login", "email", u.Email, "password", otherPassword).location("/account")
	})
}

// What an account asked for before the change it goes on asking for: whoever reads the old address gets past none of it.
func TestUndoLeavesOlderFactors(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Olaf")
	b := p.signedIn(u)
	older := b.passkeyOf("Older")
	b.post("/account/email", "email", newEmail()).location("/account/email")
	undo := linkIn(t, p.letter(u.Email, "/email/undo/"))
	newer := newPasskeyDevice(t)
	b.enrol(newer, "Newer").want(http.StatusSeeOther)
	p.browser().post(undo).want(http.StatusSeeOther)
	p.browser().post(p.browser().forgets(u.Email), "password", otherPassword).want(http.StatusSeeOther)
	p.browser().post("/login", "email", u.Email, "password", otherPassword).location("/login/verify")
	again := p.browser()
	again.finish(newer.answers(again.begin("/login/passkey/begin")), "").want(http.StatusUnprocessableEntity)
	again.finish(older.answers(again.begin("/login/passkey/begin")), "").want(http.StatusOK)
	if n := p.count(`SELECT count(*) FROM recovery_codes WHERE user_id = $1`, u.ID); n != 10 {
		t.Errorf("%d recovery codes left, want all", n)
	}
}

package main

import (
	"net/http"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// linkTo waits for an email with a link that begins so, reads it in the development mailbox and follows it.
func (b *person) linkTo(path string) int {
	b.t.Helper()
	return b.open(b.linkIn(path))
}

// linkIn is the newest link in the mailbox that begins so.
func (b *person) linkIn(path string) string {
	b.t.Helper()
	var link string
	webtest.Until(b.t, "an email with a link to "+path, func() bool {
		b.open("/dev/mail")
		link = evaluate[string](b, `document.querySelector('a[href*="`+path+`"]')?.textContent ?? ''`)
		return link != ""
	})
	return link
}

// lookAtEmails goes through what begins or ends with an email.
func lookAtEmails(t *testing.T, _ *program) {
	p := start(t, onSQLite(t)) // with a mailbox of its own
	email := p.account(t, "Ada Lovelace")
	b := p.looker(t, webtest.ChromeOnLinux, p.Network+"::1")
	b.at("forgot", http.StatusOK, func() int { b.open("/login"); return b.follow("Forgot your password?") })
	b.at("forgot-error", http.StatusUnprocessableEntity, func() int { return b.pressAnyway("Send the email") })
	b.at("forgot-sent", http.StatusOK, func() int {
		b.open("/password/forgot")
		b.fill("email", email)
		return b.press("Send the email")
	})
	b.at("reset", http.StatusOK, func() int { return b.linkTo("/password/reset/") })
	b.at("reset-error", http.StatusUnprocessableEntity, func() int { return b.pressAnyway("Set the password") })
	b.at("login-reset", http.StatusOK, func() int {
		b.fill("password", webtest.OtherPassword)
		return b.press("Set the password")
	})
	b.at("link-reset", http.StatusOK, func() int { return b.linkTo("/password/reset/") })

	b.open("/login")
	b.signIn(email, webtest.OtherPassword)
	b.open("/reauth?next=%2Faccount%2Femail")
	b.fill("password", webtest.OtherPassword)
	b.press("Confirm")
	b.at("email", http.StatusOK, func() int { return b.open("/account/email") })
	b.at("email-error", http.StatusUnprocessableEntity, func() int { return b.pressAnyway("Send the email") })
	b.at("email-waiting", http.StatusOK, func() int {
		b.fill("email", "a.very.long.name.that.somebody.has@a-very-long-domain-indeed.example.org")
		return b.press("Send the email")
	})
	b.at("email-undo-early", http.StatusOK, func() int { return b.linkTo("/email/undo/") })
	b.at("email-confirm", http.StatusOK, func() int { return b.linkTo("/account/email/confirm/") })
	b.at("profile-moved", http.StatusOK, func() int { return b.press("Use this address") })
	b.at("link-email", http.StatusOK, func() int { return b.open("/account/email/confirm") })
	b.at("email-confirm-dead", http.StatusNotFound, func() int { return b.open("/account/email/confirm/nothing") })
	b.at("email-undo", http.StatusOK, func() int { return b.linkTo("/email/undo/") })
	b.at("forgot-undone", http.StatusOK, func() int { return b.press("This was not me") })
	b.at("link-undo", http.StatusOK, func() int { return b.linkTo("/email/undo/") })
	b.at("email-undo-dead", http.StatusNotFound, func() int { return b.open("/email/undo/nothing") })

	b.open("/login")
	b.signIn(p.account(t, "Ada Lovelace"), webtest.Password)
	b.open("/reauth?next=%2Faccount%2Femail")
	b.fill("password", webtest.Password)
	b.press("Confirm")
	b.at("email-confirm-taken", http.StatusConflict, func() int {
		b.open("/account/email")
		b.fill("email", "taken@example.org")
		b.press("Send the email")
		webtest.Until(b.t, "this email, and not only the one before", func() bool {
			b.open("/dev/mail")
			return evaluate[bool](b.person, `[...document.querySelectorAll('.email dd bdi')].some(e => e.textContent === 'taken@example.org')`)
		})
		b.linkTo("/account/email/confirm/")
		p.enrol(b.t, "taken@example.org", "Somebody Fast")
		return b.press("Use this address")
	})
}

// lookAtLeaving takes everything along, leaves, and stays after all.
func lookAtLeaving(t *testing.T, p *program) {
	b := p.looker(t, webtest.ChromeOnLinux, "203.0.113.24")
	email := p.account(t, "Ada Lovelace")
	b.open("/login")
	b.signIn(email, webtest.Password)
	b.at("export", http.StatusOK, func() int { return b.open("/account/export") })
	b.at("export-error", http.StatusUnprocessableEntity, func() int { return b.pressAnyway("Download the file") })
	b.at("delete", http.StatusOK, func() int { return b.open("/account/delete") })
	b.at("delete-error", http.StatusUnprocessableEntity, func() int { return b.pressAnyway("Delete my account") })
	b.at("delete-wrong-password", http.StatusUnprocessableEntity, func() int {
		b.click("#sure")
		b.fill("password", webtest.OtherPassword)
		return b.press("Delete my account")
	})
	b.at("delete-asked", http.StatusOK, func() int {
		b.fill("password", webtest.Password)
		b.press("Delete my account")
		b.isAt("/signed-out")
		b.open("/login")
		b.fill("email", email)
		b.fill("password", webtest.Password)
		return b.press("Sign in")
	})
	b.at("delete-stopped", http.StatusOK, func() int { return b.press("Keep my account") })
	b.at("signed-out-deleted", http.StatusOK, func() int {
		p.change(b.t, `UPDATE sessions SET ended_at = $1, end_reason = 'account_deleted' WHERE id = $2`,
			time.Now().UTC().Truncate(time.Microsecond), b.handle())
		return b.open("/signed-out")
	})
}

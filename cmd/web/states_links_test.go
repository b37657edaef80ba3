package main

import (
	"net/http"
	"testing"

	"example.com/gatehouse/webtest"
	"github.com/chromedp/chromedp"
)

// lookAtLinks goes through the links of emails that are over, or are followed in the browser of somebody else.
func lookAtLinks(t *testing.T, _ *program) {
	p := start(t, onSQLite(t)) // with a mailbox of its own
	ann, bob := p.account(t, "Ann Archer"), p.account(t, "Bob Baker")
	b := p.looker(t, webtest.ChromeOnLinux, p.Network+"::1")
	last := ""
	asks := func(email string) string {
		before := last
		b.open("/password/forgot")
		b.fill("email", email)
		b.press("Send the email")
		webtest.Until(b.t, "another email", func() bool { last = b.linkIn("/password/reset/"); return last != before })
		return last
	}
	old := asks(ann)
	b.open(asks(ann))
	shown := evaluate[string](b.person, `location.pathname + location.search`)
	b.at("link-replaced", http.StatusGone, func() int { return b.open(old) })
	b.open(asks(bob))
	b.at("reset-another", http.StatusOK, func() int { return b.open(shown) })
	b.at("409-another", http.StatusConflict, func() int {
		evaluate[chromedp.Void](b.person, `document.querySelector('main [name=account]').value = 'ANN'`)
		b.fill("password", webtest.OtherPassword)
		return b.press("Set the password")
	})
	b.follow("Go on with the other account")
	b.reads(bob)
	b.open("/login")
	b.signIn(ann, webtest.Password)
	b.at("link-reset-of-another", http.StatusOK, func() int {
		b.open("/password/reset")
		b.fill("password", webtest.OtherPassword)
		return b.press("Set the password")
	})
	b.reads("The password was set", bob, "You are signed in here as "+ann)

	other := p.person(t, webtest.FirefoxOnWindows, p.Network+"::2")
	other.open("/login")
	other.signIn(bob, webtest.OtherPassword)
	other.open("/reauth?next=%2Faccount%2Femail")
	other.fill("password", webtest.OtherPassword)
	other.press("Confirm")
	other.fill("email", "a.very.long.name.that.somebody.has@a-very-long-domain-indeed.example.org")
	other.press("Send the email")
	b.at("link-of-another-account", http.StatusForbidden, func() int { return b.linkTo("/account/email/confirm/") })
	b.at("link-expired", http.StatusGone, func() int {
		link := b.linkIn("/email/undo/")
		p.change(b.t, `UPDATE email_changes SET undo_until = asked_at`)
		p.change(b.t, `UPDATE sent_tokens SET expires_at = (SELECT asked_at FROM email_changes)`)
		return b.open(link)
	})
}

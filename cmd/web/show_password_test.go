package main

import (
	"testing"

	"example.com/gatehouse/webtest"
)

// TestShowPassword: with scripts every password can be read while it is typed, and is hidden again when it is sent.
func TestShowPassword(t *testing.T) {
	p := start(t, onSQLite(t))
	b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
	b.watch()
	email := p.account(t, "Ada Lovelace")
	shown := func(page string, want int) {
		t.Helper()
		b.open(page)
		if got := evaluate[int](b, `[...document.querySelectorAll('input[type=password]')].filter(e => document.querySelector('[data-show="' + e.id + '"]')?.checkVisibility()).length`); got != want {
			t.Errorf("%s: %d passwords can be shown, want %d", page, got, want)
		}
	}
	const rules = `document.getElementById('password').getAttribute('passwordrules') === 'minlength: 15; maxlength: 128;' &&
		document.getElementById('password-length').innerText.startsWith('15 to 128 characters.') &&
		document.getElementById('password-length').compareDocumentPosition(document.getElementById('password')) === Node.DOCUMENT_POSITION_PRECEDING`
	shown("/signup", 1)
	b.is(rules)
	shown("/login", 1)
	b.fill("email", email)
	b.fill("password", webtest.Password)
	b.click(`[data-show=password]`)
	b.is(`document.getElementById('password').type === 'text' && document.activeElement.id === 'password'`)
	b.is(`(document.querySelector("form[action=\"/login\"]").addEventListener('submit', e => { sessionStorage.sent = document.getElementById('password').type }), true)`)
	b.press("Sign in")
	b.isAt("/account")
	b.is(`sessionStorage.sent === 'password'`)
	shown("/account/security/password", 2)
	b.is(rules)
	shown("/reauth?next=%2Faccount%2Femail", 1)
	shown("/account/export", 1)
	shown("/account/delete", 1)
	shown("/account/sessions/end-all", 1)

	b.withoutScripts()
	b.open("/account/security/password")
	b.is(`!document.body.innerText.includes('Show password') && document.querySelectorAll('input[type=password]').length === 2`)
}

package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
)

// TestRecoveryCodesOnPaper: whoever finds the sheet in a drawer reads what it is for: which site, whose account, from when.
func TestRecoveryCodesOnPaper(t *testing.T) {
	p := start(t, onSQLite(t))
	b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
	b.withoutScripts()
	email := p.account(t, "Ada Lovelace")
	b.open("/login")
	b.signIn(email, webtest.Password)
	b.open("/account/security/totp")
	b.fill("password", webtest.Password)
	b.press("Confirm")
	b.press("Begin")
	app := b.readSecret()
	b.fill("code", app.code(t))
	b.press("Set up the app")
	b.isAt("/account/security/recovery-codes")
	callWith(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	b.reads("Gatehouse, "+strings.TrimPrefix(p.Origin, "http://"), "account "+email, "Made "+time.Now().UTC().Format("2 January 2006, "))
	if n := evaluate[int](b, `[...document.querySelectorAll('.codes li code')].filter(e => e.checkVisibility()).length`); n != 10 {
		t.Errorf("%d codes on paper, want 10", n)
	}
}

// TestExportSaysWhatItWas: the page that stays after a download keeps no password, and the next one says what was downloaded.
func TestExportSaysWhatItWas(t *testing.T) {
	p := start(t, onSQLite(t))
	b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
	b.watch()
	callWith(b, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorDeny})
	b.open("/login")
	b.signIn(p.account(t, "Ada Lovelace"), webtest.Password)
	b.open("/account/export")
	b.fill("password", webtest.Password)
	b.click(`form[action="/account/export"] .primary`)
	b.comes(`document.getElementById('password').value === '' && document.querySelector('[data-downloading]').checkVisibility()`)
	b.reads("Your browser saves it as gatehouse-account.json")
	webtest.Until(t, "what was downloaded", func() bool {
		return b.open("/account/profile") == http.StatusOK && b.says("You downloaded gatehouse-account.json: your account, 1 session, ")
	})
}

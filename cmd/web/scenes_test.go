package main

import (
	"fmt"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// TestSixScenes goes through the guided demo, from the first page to the last scene: with scripts and without, on a wide screen and
// on that of a phone. In short each of the four is in one of two walks.
func TestSixScenes(t *testing.T) {
	for _, way := range []struct {
		scripts bool
		width   int64
		short   bool
	}{{true, 360, true}, {false, 1280, true}, {true, 1280, false}, {false, 360, false}} {
		if !way.short && !*full {
			continue
		}
		t.Run(fmt.Sprintf("scripts %t, %d wide", way.scripts, way.width), func(t *testing.T) {
			t.Parallel()
			p := start(t, onSQLite(t))
			p.told = way.scripts // a second screen hears that it is signed out
			b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
			b.watch()
			b.see(way.width, "light")
			if !way.scripts {
				b.withoutScripts()
			}
			b.sixScenes(way.width)
		})
	}
}

func (b *person) sixScenes(width int64) {
	b.t.Helper()
	b.open("/")
	b.press("Try the demo")
	b.reads("Six things to see", "Three minutes")
	password := b.demoPassword()

	b.press("Sign a device out")
	b.reads("Asked and answered", "200 OK", "303 See Other", "revoked", "What changed, and why", "resumeEnded")
	b.fits(width)
	b.follow("Next: A second screen")
	b.secondScreen(password, width)
	b.follow("Next: A thief")
	b.press("Let a cookie be stolen")
	b.comes(`document.readyState === 'complete' && document.body.innerText.includes('Asked and answered')`)
	b.reads("GET /account from Firefox on Linux", "Location: /login?next=%2Faccount", "token_reused", "In your mailbox", "usedAgain")
	b.fits(width)
	b.follow("Next: The warning, now")
	b.warnedNow()
	b.endsNow(password)
	b.fits(width)

	b.open("/demo/scene/pay")
	b.paysOnce(password)
	b.fits(width)
	b.follow("Next: Change the password")
	b.click("main .actions .primary")
	b.arrives("/account/security/password")
	b.fill("current_password", password)
	b.fill("password", webtest.OtherPassword)
	b.press("Change password")
	b.open("/demo/scene/password")
	b.reads("Ended with it", "password_changed", "changeCredentials")
	b.fits(width)
}

func (b *person) demoPassword() string {
	b.t.Helper()
	return evaluate[string](b, `document.querySelector('.demo code').textContent`)
}

// fits says that nothing is wider than the window.
func (b *person) fits(width int64) {
	b.t.Helper()
	if got := evaluate[int64](b, `document.documentElement.scrollWidth`); got > width {
		wide := evaluate[string](b, `[...document.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName + '.' + e.className).join(' ')`)
		b.t.Errorf("%s is %d wide in a window of %d: %s", b.path(), got, width, wide)
	}
}

// secondScreen signs another browser in by a link, and out again from this one.
func (b *person) secondScreen(password string, width int64) {
	b.t.Helper()
	b.press("Make a link")
	b.reads("Open this in a private window", "It works once")
	b.fits(width)
	other := b.person(b.t, webtest.FirefoxOnWindows, b.Network+"::2")
	other.watch()
	if b.scriptless {
		other.withoutScripts()
	}
	other.open(evaluate[string](b, `document.querySelector('.secret').textContent`))
	other.press("Sign in here")
	other.isAt("/account")
	other.reads(password)
	if b.scriptless {
		b.follow("Look whether it was used")
	}
	b.comes(`document.readyState === 'complete' && document.body.innerText.includes('Firefox on Windows is signed in')`)
	b.follow("Sign it out")
	b.press("Sign out this session")
	b.isAt("/reauth")
	b.fill("password", password)
	b.press("Confirm")
	b.press("Sign out this session")
	b.isAt("/account/sessions")
	if b.scriptless {
		other.open("/account")
		other.isAt("/login")
		other.reads("This device was signed out")
	} else {
		other.thrown("This device was signed out")
	}
	b.open("/demo/scene/second-device")
	b.reads("end_reason", "revoked", "What changed, and why", "CheckDemoLink")
}

// warnedNow is warned at once, and stays.
func (b *person) warnedNow() {
	b.t.Helper()
	handle := b.handle()
	b.press("Leave me one minute")
	b.reads("Leave this page alone", "idle_expires_at")
	if b.scriptless {
		b.reads("You will be signed out at")
		b.click("noscript button")
		b.comes(`document.body.innerText.includes('You stay signed in.')`)
	} else {
		b.shows("banner")
		b.setEnd(b.t, handle, lastNotice-2*time.Second)
		b.open("/demo/scene/warning") // which looks, and extends nothing
		b.shows("dialog")
		b.unhurried(handle)
		b.key(enter)
		b.shows("")
	}
	b.extended(b.t, handle)
}

// endsNow lets the session end, reads why, and comes back.
func (b *person) endsNow(password string) {
	b.t.Helper()
	b.open("/demo/scene/warning")
	b.press("Let it end now")
	b.isAt("/login")
	b.reads("For your security, we signed you out", "You did not use Gatehouse for 30 minutes")
	b.press("Back to my demo")
	b.isAt("/demo/scene/expire")
	b.reads("end_reason", "idle", "What changed, and why", password)
}

// paysOnce pays with a press that is made twice, goes back and presses again: there is one payment.
func (b *person) paysOnce(password string) {
	b.t.Helper()
	b.follow("Choose a plan")
	b.press("Choose Hall")
	b.follow("Go to checkout")
	b.isAt("/reauth")
	b.fill("password", password)
	b.press("Confirm")
	b.click(`input[name=instrument][value="visa-4242"]`)
	b.fill("name", "Ada Lovelace")
	b.press("Save")
	b.isAt("/billing/checkout")
	b.fill("password", password)
	b.twice("Pay 12.00 EUR", 0)
	b.comes(`location.pathname.startsWith('/billing/receipts/') && document.readyState === 'complete'`)
	b.back()
	b.open("/demo/scene/pay")
	b.reads("Payments of this demo", "Hall, 12.00 EUR Paid", "answerAgain")
	if n := evaluate[int](b, `document.querySelectorAll('[aria-labelledby=payments] li').length`); n != 1 {
		b.t.Errorf("%d payments, want 1", n)
	}
}

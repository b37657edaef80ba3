package main

import (
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/webtest"
	"github.com/chromedp/cdproto/emulation"
)

// TestWalkInBrowser is the main job as people do it: on each backend, with scripts and without.
func TestWalkInBrowser(t *testing.T) {
	for name, on := range backends {
		for scripts, suffix := range map[bool]string{true: "", false: ", scripts off"} {
			if !*full && scripts != (name == "sqlite") {
				continue // both backends, and with and without scripts, are walked in two of the four
			}
			t.Run(name+suffix, func(t *testing.T) {
				t.Parallel()
				p := start(t, on(t))
				p.told = true
				mainJob(t, p, scripts)
			})
		}
	}
}

func mainJob(t *testing.T, p *program, scripts bool) {
	laptop := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
	desk := p.person(t, webtest.FirefoxOnWindows, p.Network+"::2")
	phone := p.person(t, webtest.SafariOnPhone, p.Network+"::3")
	if !scripts {
		for _, b := range []*person{laptop, desk, phone} {
			b.withoutScripts()
		}
	}
	email := webtest.Email()

	chooseAPlan(laptop)
	signUp(laptop, email)
	laptop.signIn(email, webtest.Password)
	laptop.isAt("/account")
	laptop.comesToRead("Ada Lovelace", "Basket Hall")
	if laptop.says("unless you open another page") == scripts { // the strip inside <noscript>
		t.Fatalf("scripts run: %t, want %t", !scripts, scripts)
	}

	desk.open("/account/security")
	desk.isAt("/login")
	desk.signIn(email, webtest.Password)
	desk.isAt("/account/security")
	endOneFromTheOther(laptop, desk)

	desk.signIn(email, webtest.Password)
	phone.open("/login")
	phone.signIn(email, webtest.Password)
	endOthers(laptop, desk, phone)

	desk.signIn(email, webtest.Password)
	changePassword(laptop, desk)

	desk.signIn(email, webtest.OtherPassword)
	endAll(desk, laptop)

	laptop.signIn(email, webtest.OtherPassword)
	laptop.press("Sign out")
	laptop.isAt("/signed-out")
	laptop.reads("You are signed out")
	laptop.open("/account/sessions")
	laptop.isAt("/login")
}

// withoutScripts is a browser in which no script of a page runs. What the tests ask it still does.
func (b *person) withoutScripts() {
	b.t.Helper()
	b.scriptless = true
	callWith(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

// comesToRead loads the page again until it has the words, some of which come from the bag: Redis may be late, and what a
// page has not read is there for the next one.
func (b *person) comesToRead(words ...string) {
	b.t.Helper()
	path := b.path()
	webtest.Until(b.t, "the words on "+path, func() bool {
		text := b.text()
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			return true
		}
		b.open(path)
		return false
	})
}

func chooseAPlan(b *person) {
	b.t.Helper()
	b.open("/plans")
	b.press("Choose Hall")
	b.isAt("/plans")
	b.comesToRead("Hall is in your basket.", "In your basket", "Your basket comes with you when you sign in")
}

func signUp(b *person, email string) {
	b.t.Helper()
	b.open("/signup")
	b.fill("name", "Ada Lovelace")
	b.fill("email", email)
	b.fill("password", webtest.Password)
	b.press("Create account")
	b.isAt("/signup/sent")
	b.follow("Read it in the development mailbox")
	webtest.Until(b.t, "an email", func() bool { // emails are sent after the answer
		b.open("/dev/mail")
		return evaluate[bool](b, `document.querySelector('a[href*="/email/confirm/"]') !== null`)
	})
	b.reads("Confirm your email address", email)
	b.follow(evaluate[string](b, `document.querySelector('a[href*="/email/confirm/"]').textContent`))
	b.reads("Confirm your address to make your account")
	b.press("Confirm my address")
	b.isAt("/login")
	b.reads("Your address is confirmed. You can sign in now.")
}

// endOneFromTheOther has to confirm the password in between.
func endOneFromTheOther(b, other *person) {
	b.t.Helper()
	b.follow("Devices")
	b.isAt("/account/sessions")
	b.reads("Chrome on Linux This device", "Firefox on Windows", b.Network+"::2")
	if n := evaluate[int](b, `document.querySelectorAll('[data-session]').length`); n != 2 {
		b.t.Fatalf("got %d session cards, want 2", n)
	}
	b.press("Sign out Firefox on Windows")
	b.isAt("/reauth")
	b.reads("Waiting for you", "Sign out Firefox on Windows")
	b.fill("password", webtest.Password)
	b.press("Confirm")
	b.reads("Firefox on Windows", "This ends it for good")
	b.press("Sign out this session")
	b.isAt("/account/sessions")
	b.comesToRead("Signed out Firefox on Windows. It can no longer use your account.", "Only this device is signed in")
	thrownOut(other, "This device was signed out", "Chrome on Linux signed this device out")
}

func endOthers(b, second, third *person) {
	b.t.Helper()
	b.open("/account/sessions")
	b.follow("Sign out 2 other sessions")
	b.reads("Firefox on Windows", "Safari on iPhone or iPad")
	b.press("Sign out 2 other sessions") // still confirmed: no password asked
	b.comesToRead("Signed out 2 other sessions. Only this device is signed in now.")
	thrownOut(second, "This device was signed out")
	thrownOut(third, "This device was signed out")
}

func changePassword(b, other *person) {
	b.t.Helper()
	b.open("/account/security/password")
	b.reads("This also signs out your 1 other session")
	b.fill("current_password", webtest.Password)
	b.fill("password", webtest.OtherPassword)
	b.press("Change password")
	b.isAt("/account/security")
	b.comesToRead("Your password was changed. Signed out 1 other session.")
	thrownOut(other, "Your password was changed", "Chrome on Linux")
	b.follow("Activity")
	b.reads("Password changed", "A session was ended by a password change")
}

// endAll asks for the password on the page itself, because this session has not confirmed it yet.
func endAll(b, other *person) {
	b.t.Helper()
	b.open("/account/sessions")
	b.follow("Sign out everywhere, including here")
	b.reads("Chrome on Linux", "Firefox on Windows This device")
	b.fill("password", webtest.OtherPassword)
	b.press("Sign out everywhere, including here")
	b.isAt("/signed-out")
	thrownOut(other, "This device was signed out", "Firefox on Windows signed this device out")
}

// thrownOut is somebody whose session is over: the page leaves by itself, and without scripts the next click tells.
func thrownOut(b *person, why ...string) {
	b.t.Helper()
	if b.scriptless {
		b.follow("Overview")
		b.isAt("/login")
		b.reads(why...)
		return
	}
	b.comes(`location.pathname === '/signed-out' && document.readyState === 'complete'`)
	b.reads(why...)
	b.open("/login")
}

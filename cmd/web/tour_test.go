package main

import (
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// TestTour is an evening with the portal, as its visitors have it: a plan is chosen before anybody signs in, paid for
// with the password for that payment, and forgotten about; the warning comes, somebody stays, then nobody does; the page
// says why it ended, and after the next sign-in there is a suspicious session.
func TestTour(t *testing.T) {
	eachWay(t, func(t *testing.T, scripts bool) {
		p := start(t, onSQLite(t))
		b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
		b.watch()
		if !scripts {
			b.withoutScripts()
		}
		email := p.account(t, "Ada Lovelace")
		p.usedElsewhere(t, email)

		b.open("/plans")
		b.press("Choose Hall")
		b.follow("sign in")
		b.signIn(email, webtest.Password)
		b.isAt("/plans")
		payForHall(b)
		if scripts {
			warnThenLeave(b)
		} else {
			p.setEnd(t, b.handle(), -time.Second)
			b.follow("Overview")
			b.isAt("/login")
			b.reads("For your security, we signed you out", "You did not use Gatehouse for 30 minutes")
		}
		b.signIn(email, webtest.Password)
		endTheMarked(b)
	})
}

// usedElsewhere leaves a session that began in one browser and was used from another, in another network.
func (p *program) usedElsewhere(t testing.TB, email string) {
	c := p.Client(t)
	c.SignIn(email, webtest.Password)
	c.Agent, c.IP = webtest.FirefoxOnWindows, "198.51.100.7"
	c.Get("/account").Want(200)
}

func payForHall(b *person) {
	b.t.Helper()
	b.reads("In your basket")
	b.follow("Go to checkout")
	b.isAt("/reauth")
	b.fill("password", webtest.Password)
	b.press("Confirm")
	b.isAt("/billing/payment-method")
	b.click(`input[name=instrument][value="visa-4242"]`)
	b.fill("name", "Ada Lovelace")
	b.press("Save")
	b.isAt("/billing/checkout")
	b.reads("12.00 EUR", "Test Visa ending 4242", "For 12.00 EUR to")
	b.fill("password", webtest.Password)
	b.press("Pay 12.00 EUR")
	b.reads("Payment received", "Paid", "12.00 EUR")
	b.follow("All payments")
	b.reads("Hall, 12.00 EUR Paid")
}

// warnThenLeave stays when the warning comes, and does not when it comes again.
func warnThenLeave(b *person) {
	b.t.Helper()
	handle := b.handle()
	b.setEnd(b.t, handle, lastNotice-2*time.Second)
	b.open("/account")
	b.shows("dialog")
	b.unhurried(handle)
	b.reads("Are you still there?")
	b.key(enter)
	b.shows("")
	b.extended(b.t, handle)

	b.open("/account")
	b.learns(handle, 4*time.Second)
	b.thrown("For your security, we signed you out")
	b.reads("You did not use Gatehouse for 30 minutes")
	b.follow("Sign in")
}

func endTheMarked(b *person) {
	b.t.Helper()
	b.open("/account")
	b.reads("One of your sessions looks suspicious")
	b.follow("Chrome on macOS")
	b.reads("Needs an answer")
	b.reads("This session began in Chrome on macOS and was used from Firefox on Windows.")
	b.press("Sign out Chrome on macOS")
	b.isAt("/reauth")
	b.fill("password", webtest.Password)
	b.press("Confirm")
	b.press("Sign out this session")
	b.isAt("/account/sessions")
	b.reads("Signed out Chrome on macOS. It can no longer use your account.", "Only this device is signed in")
}

// TestVisitWithoutScripts goes through what somebody who tries the demo finds, with scripts switched off: a flagged
// session, what to do about it, the trail, a form that comes back as it was typed, and another colour scheme.
func TestVisitWithoutScripts(t *testing.T) {
	p := start(t, onSQLite(t))
	b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
	b.withoutScripts()
	b.open("/")
	b.press("Try the demo")
	b.isAt("/account")
	password := evaluate[string](b, `document.querySelector('.demo code').textContent`)

	b.follow("Was this you? On Edge on Windows")
	b.press("Yes, it was me")
	b.isAt("/reauth")
	b.reads("Waiting for you", "Say whether it was you, on Edge on Windows")
	b.fill("password", password)
	b.press("Confirm")
	b.reads("Was this you?") // the press is not repeated by itself
	b.press("Yes, it was me")
	b.isAt("/account/sessions")
	b.reads("The session is no longer flagged.")

	b.follow("Activity")
	b.fill("q", "replaced cookie")
	b.press("Filter")
	b.reads("A replaced cookie of a session was used again")
	evaluate[any](b, `document.querySelector('a[href$="/recognise"]').click()`)
	b.comes(`location.pathname.endsWith('/recognise') && document.readyState === 'complete'`)
	b.reads("Was this you?", "Usual for your account")
	b.press("No, secure my account")
	b.reads("1. Sign out Edge on Windows", "2. Change your password")
	b.press("Sign out Edge on Windows")
	b.isAt("/account/secure")
	b.reads("Signed out Edge on Windows.", "Its cookie opens nothing")

	b.open("/account/session")
	b.reads("Inside this session", "Ends it after 30 minutes without use")

	b.follow("Profile")
	b.fill("name", " the Second")
	p.setEnd(t, b.handle(), -time.Second)
	b.press("Save")
	b.isAt("/login")
	b.reads("What you typed is kept")
	b.fill("email", demoAddress(t, p))
	b.fill("password", password)
	b.press("Sign in")
	b.isAt("/account/profile")
	b.reads("Check it, then send it again")
	b.press("Save")
	b.reads("the Second")

	b.press("Dark")
	if got := evaluate[string](b, `getComputedStyle(document.documentElement).colorScheme`); got != "dark" {
		t.Errorf("color-scheme: got %q, want dark", got)
	}
}

// demoAddress is the address of the one demo account there is.
func demoAddress(t testing.TB, p *program) (email string) {
	t.Helper()
	p.ask(t, `SELECT email FROM users WHERE demo_until IS NOT NULL`, nil, &email)
	return email
}

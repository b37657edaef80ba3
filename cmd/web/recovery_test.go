package main

import (
	"testing"

	"example.com/gatehouse/webtest"
)

// eachWay runs a walk with scripts and without. The short form is without: with scripts TestPages goes the same ways.
func eachWay(t *testing.T, walk func(t *testing.T, scripts bool)) {
	for scripts, name := range map[bool]string{true: "scripts on", false: "scripts off"} {
		if scripts && !*full {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			walk(t, scripts)
		})
	}
}

// withAndWithoutScripts runs a walk on a program of its own, each way.
func withAndWithoutScripts(t *testing.T, walk func(t *testing.T, p *program, b *person)) {
	eachWay(t, func(t *testing.T, scripts bool) {
		p := start(t, onSQLite(t))
		b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
		if !scripts {
			b.withoutScripts()
		}
		walk(t, p, b)
	})
}

// TestForgottenPasswordInBrowser goes from the sign-in page through the email to the account, with another password.
func TestForgottenPasswordInBrowser(t *testing.T) {
	withAndWithoutScripts(t, func(t *testing.T, p *program, b *person) {
		email := p.account(t, "Ada Lovelace")
		elsewhere := p.Client(t)
		elsewhere.SignIn(email, webtest.Password)
		b.open("/login")
		b.follow("Forgot your password?")
		b.fill("email", email)
		b.press("Send the email")
		b.isAt("/password/forgot/sent")
		b.follow("Read it in the development mailbox")
		b.linkTo("/password/reset/")
		b.isAt("/password/reset") // the key is in the bag
		b.reads(email)
		b.fill("password", "short")
		b.press("Set the password")
		b.reads("Use at least 15 characters")
		b.fill("password", webtest.OtherPassword)
		b.press("Set the password")
		b.isAt("/login")
		b.reads("Your password was changed and every device signed out.")
		elsewhere.Get("/account").Leads("/login?next=%2Faccount")
		b.open("/password/reset")
		b.reads("The password was set", email)
		b.follow("Sign in")
		b.signIn(email, webtest.Password)
		b.reads("do not match")
		b.open("/login")
		b.signIn(email, webtest.OtherPassword)
		b.isAt("/account")
		b.follow("Activity")
		b.reads("Password set with a link from an email")
	})
}

// TestChangeOfAddressInBrowser asks, confirms, and takes it back from the old address.
func TestChangeOfAddressInBrowser(t *testing.T) {
	withAndWithoutScripts(t, func(t *testing.T, p *program, b *person) {
		email, to := p.account(t, "Ada Lovelace"), webtest.Email()
		b.open("/login")
		b.signIn(email, webtest.Password)
		b.follow("Profile")
		b.follow("Change address")
		b.isAt("/reauth")
		b.fill("password", webtest.Password)
		b.press("Confirm")
		b.isAt("/account/email")
		b.fill("email", to)
		b.press("Send the email")
		b.reads("An email is on its way to the new address.", "A change waits to be confirmed", to)
		b.linkTo("/account/email/confirm/")
		b.isAt("/account/email/confirm")
		b.press("Use this address")
		b.isAt("/account/profile")
		b.reads("Your address was changed.", to)

		old := p.person(t, webtest.FirefoxOnWindows, p.Network+"::2")
		old.linkTo("/email/undo/")
		old.press("This was not me")
		old.isAt("/password/forgot")
		old.reads("Your address stays as it was", "so it stopped working")
		b.follow("Overview")
		b.isAt("/login")
		b.signIn(email, webtest.Password)
		b.reads("do not match")
		old.fill("email", email)
		old.press("Send the email")
		old.linkTo("/password/reset/")
		old.fill("password", webtest.OtherPassword)
		old.press("Set the password")
		old.isAt("/login")
		b.open("/login")
		b.signIn(email, webtest.OtherPassword)
		b.follow("Profile")
		b.reads(email)
	})
}

// TestLeavingInBrowser deletes the account, and keeps it.
func TestLeavingInBrowser(t *testing.T) {
	withAndWithoutScripts(t, func(t *testing.T, p *program, b *person) {
		email := p.account(t, "Ada Lovelace")
		b.open("/login")
		b.signIn(email, webtest.Password)
		b.follow("Profile")
		b.follow("Delete account")
		b.click("#sure")
		b.fill("password", webtest.Password)
		b.press("Delete my account")
		b.isAt("/signed-out")
		b.reads("This account is to be deleted")
		b.follow("Sign in")
		b.signIn(email, webtest.Password)
		b.isAt("/account/delete")
		b.follow("Devices") // it leads nowhere else
		b.isAt("/account/delete")
		b.press("Keep my account")
		b.isAt("/account")
		b.reads("Your account stays, with everything in it.")
	})
}

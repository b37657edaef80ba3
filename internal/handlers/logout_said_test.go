package handlers

import (
	"testing"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/webtest"
)

// Who signs out reads what ended: this device, how many others, and which.
func TestSignOutSaysWhatEnded(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Enna")
	here := p.signedInWith(u, webtest.ChromeOnLinux)
	p.signedInWith(u, webtest.FirefoxOnWindows)
	p.signedInWith(u, webtest.SafariOnPhone)
	here.Post("/account/sessions/end-others", "password", password).Leads("/account/sessions")
	page := here.Get("/account/sessions").Says("Signed out 2 other sessions. Only this device is signed in now. What ended: ")
	page.Says("Firefox on Windows").Says("Safari on iPhone or iPad")

	p.signedInWith(u, webtest.FirefoxOnWindows)
	here.Post("/account/sessions/end-all").Leads("/signed-out")
	here.Get("/signed-out").Says("Chrome on Linux was signed out at").Says("Signed out with it: 1 other session Firefox on Windows").SaysNot("Safari")

	alone := p.signedInWith(u, webtest.ChromeOnLinux)
	p.signedInWith(u, webtest.FirefoxOnWindows)
	alone.Post("/logout").Leads("/signed-out")
	alone.Get("/signed-out").Says("Chrome on Linux was signed out at").SaysNot("other session").SaysNot("Firefox")
}

func (p *portal) signedInWith(u auth.User, agent string) *browser {
	p.t.Helper()
	b := p.browser()
	b.Agent = agent
	b.Post("/login", "email", u.Email, "password", password)
	return b
}

package handlers

import (
	"testing"
	"time"

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

// The bars of a session say when it ends by each limit, not how much of it is used.
func TestBarsSayWhenASessionEnds(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Enna")
	inTime(t, p, func(t *testing.T) {
		other := p.signedIn(u)
		time.Sleep(4 * time.Minute)
		kept := p.browser()
		kept.Post("/login", "email", u.Email, "password", password, "remember", "on")
		now := time.Now().UTC()
		page := kept.Get("/account/sessions").Says("Ends in 26 min if unused")
		page.Says("Ends for good at " + now.Add(24*time.Hour-4*time.Minute).Format("15:04 UTC"))
		page.Says("Ends in 7 d if unused").Says("Ends for good at " + now.Add(30*24*time.Hour).Format("15:04 UTC on 2 January"))
		other.Get("/account").Says("Ends in 30 min if unused")
	})
}

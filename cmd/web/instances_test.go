package main

import (
	"net/http"
	"strings"
	"testing"

	"example.com/gatehouse/webtest"
)

// TestTwoInstances puts two portals before one PostgreSQL and one Redis, as behind a load balancer that sends each
// request where it likes.
func TestTwoInstances(t *testing.T) {
	t.Parallel()
	data := onServers(t)
	one, two := start(t, data), start(t, data)
	email := one.account(t, "Ada Lovelace")

	desk := one.Client(t)
	desk.Agent = webtest.FirefoxOnWindows
	desk.Get("/plans").Want(http.StatusOK)
	webtest.Until(t, "a plan to be taken", func() bool { // Redis may be late: then the portal says so, and keeps what it has not read
		a := desk.Post("/basket", "plan", "hall")
		if a.StatusCode != http.StatusServiceUnavailable {
			a.Leads("/plans")
		}
		return a.StatusCode != http.StatusServiceUnavailable
	})
	comesToSay(at(desk, two), "/plans", "Hall is in your basket.")
	at(desk, one).SignIn(email, webtest.Password)
	comesToSay(at(desk, two), "/account", "Hall")

	laptop := two.Client(t)
	laptop.SignIn(email, webtest.Password)
	before := laptop.At(one.Origin)
	laptop.Reauth(webtest.Password).Leads("/account/sessions")
	at(laptop, one).Get("/account").Want(http.StatusOK)
	webtest.Until(t, "the replaced cookie to be refused everywhere", func() bool {
		return before.Get("/account").StatusCode == http.StatusSeeOther
	})

	end := "/account/sessions/" + desk.Handle() + "/end"
	at(laptop, one).Post(end).Leads("/account/sessions") // confirmed through the one counts at the other
	at(desk, two).Get("/account").Leads("/login?next=%2Faccount")
	at(desk, one).Get("/login").Says("This device was signed out").Says("Chrome on macOS signed this device out")
	comesToSay(laptop, "/account/sessions", "Signed out Firefox on Windows.")

	desk.SignIn(email, webtest.Password)
	at(laptop, two).Post("/account/security/password", "current_password", webtest.Password, "password", webtest.OtherPassword).Leads("/account/security")
	at(desk, one).Get("/account").Leads("/login?next=%2Faccount")
	again := one.Client(t)
	again.SignIn(email, webtest.OtherPassword)
	at(again, two).Post("/logout").Leads("/signed-out")
	if status := at(again, one).Get("/account").StatusCode; status != http.StatusSeeOther {
		t.Errorf("signed out through the one, got %d from the other, want %d", status, http.StatusSeeOther)
	}
}

// comesToSay asks until the page has the words, which come from the bag.
func comesToSay(c *webtest.Client, path, words string) {
	c.T.Helper()
	webtest.Until(c.T, path+" to say "+words, func() bool {
		return strings.Contains(c.Get(path).Want(http.StatusOK).Text(), words)
	})
}

// at takes the browser to another instance, with its cookies.
func at(c *webtest.Client, p *program) *webtest.Client {
	c.Origin = p.Origin
	return c
}

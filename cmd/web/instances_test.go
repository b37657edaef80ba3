package main

import (
	"maps"
	"net/http"
	"strings"
	"testing"
)

// TestTwoInstances puts two portals before one PostgreSQL and one Redis, as behind a load balancer that sends each
// request where it likes.
func TestTwoInstances(t *testing.T) {
	t.Parallel()
	data := onServers(t)
	one, two := start(t, data), start(t, data)
	email := one.account(t, "Ada Lovelace")

	desk := one.client(t)
	desk.agent = firefoxOnWindows
	desk.get("/plans").want(http.StatusOK)
	until(t, "a plan to be taken", func() bool { // Redis may be late: then the portal says so, and keeps what it has not read
		a := desk.post("/basket", "plan", "hall")
		if a.status != http.StatusServiceUnavailable {
			a.location("/plans")
		}
		return a.status != http.StatusServiceUnavailable
	})
	desk.at(two).comesToSay("/plans", "Hall is in your basket.")
	desk.at(one).signIn(email, password)
	desk.at(two).comesToSay("/account", "Hall")

	laptop := two.client(t)
	laptop.signIn(email, password)
	before := laptop.at(one)
	before.cookies = maps.Clone(laptop.cookies)
	laptop.reauth()
	laptop.at(one).get("/account").want(http.StatusOK)
	until(t, "the replaced cookie to be refused everywhere", func() bool {
		return before.get("/account").status == http.StatusSeeOther
	})

	end := "/account/sessions/" + desk.handle() + "/end"
	laptop.at(one).post(end).location("/account/sessions") // confirmed through the one counts at the other
	desk.at(two).get("/account").location("/login?next=%2Faccount")
	desk.at(one).get("/login").says("This device was signed out").says("Chrome on macOS signed this device out")
	laptop.comesToSay("/account/sessions", "Signed out Firefox on Windows.")

	desk.signIn(email, password)
	laptop.at(two).post("/account/security/password", "current_password", password, "password", otherPassword).location("/account/security")
	desk.at(one).get("/account").location("/login?next=%2Faccount")
	again := one.client(t)
	again.signIn(email, otherPassword)
	again.at(two).post("/logout").location("/signed-out")
	if status := again.at(one).get("/account").status; status != http.StatusSeeOther {
		t.Errorf("signed out through the one, got %d from the other, want %d", status, http.StatusSeeOther)
	}
}

// comesToSay asks until the page has the words, which come from the bag.
func (c *client) comesToSay(path, words string) {
	c.t.Helper()
	until(c.t, path+" to say "+words, func() bool { return strings.Contains(c.get(path).want(http.StatusOK).text(), words) })
}

// at is the same browser at another instance. The cookies stay those of the browser.
func (c *client) at(p *program) *client {
	return &client{program: p, t: c.t, cookies: c.cookies, agent: c.agent, ip: c.ip}
}

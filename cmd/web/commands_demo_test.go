package main

import (
	"regexp"
	"slices"
	"testing"
)

// A demo account is told in its own mailbox what an operator did, of itself and of everybody.
func TestDemoIsTold(t *testing.T) {
	t.Parallel()
	p := start(t, onSQLite(t))
	c := p.Client(t)
	c.Post("/demo")
	password := regexp.MustCompile(`<code>([^<]+)</code>`).FindStringSubmatch(c.Get("/account").Body)
	var id, email string
	p.ask(t, `SELECT id, email FROM users WHERE demo_until IS NOT NULL`, nil, &id, &email)
	for _, order := range [][]string{{"user", "disable", "--id=" + id}, {"user", "enable", "--id=" + id}} {
		if _, err := p.operate(t, slices.Concat(order, whyFlags)...); err != nil {
			t.Fatal(err)
		}
	}
	c.SignIn(email, password[1])
	if _, err := p.operate(t, slices.Concat([]string{"sessions", "end-all"}, whyFlags)...); err != nil {
		t.Fatal(err)
	}
	c.SignIn(email, password[1])
	c.Get("/demo/mail").Says("An operator switched off your account").Says("An operator signed out everybody")
	var left int
	if p.ask(t, `SELECT count(*) FROM letters`, nil, &left); left != 0 {
		t.Errorf("%d emails would leave", left)
	}
}

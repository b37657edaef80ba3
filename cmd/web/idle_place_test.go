package main

import (
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// TestIdleKeepsThePlace: whoever was idle comes back to the page that they left, with what they had chosen there.
func TestIdleKeepsThePlace(t *testing.T) {
	const place = "/account/activity?kind=sign-ins"
	p := start(t, onSQLite(t))
	for _, scripts := range []bool{true, false} {
		b := p.runningOut(t, place, 20*time.Minute)
		email := p.emailOf(t, b.handle())
		if scripts {
			b.learns(b.handle(), 2*time.Second)
			b.thrown("For your security, we signed you out")
			b.follow("Sign in")
		} else {
			b.withoutScripts()
			b.open(place)
			p.setEnd(t, b.handle(), -time.Second)
			b.open(place)
		}
		b.isAt("/login")
		b.signIn(email, webtest.Password)
		if at := evaluate[string](b, `location.pathname + location.search`); at != place {
			t.Errorf("scripts %t: came back to %s, want %s", scripts, at, place)
		}
	}
}

// Who signs out in one tab is not led back by the other.
func TestSignOutKeepsNoPlace(t *testing.T) {
	p := start(t, onSQLite(t))
	b := p.runningOut(t, "/account/activity?kind=sign-ins", 20*time.Minute)
	p.endAs(t, b.handle(), "signed_out", b.handle())
	b.later(61 * time.Second)
	b.thrown("You are signed out")
	if link := evaluate[string](b, `[...document.links].find(a => a.innerText === 'Sign in' && a.closest('main')).getAttribute('href')`); link != "/login" {
		t.Errorf("Sign in leads to %s", link)
	}
}

package handlers

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
)

// A letter's link opens an account once, for whoever signed up with it, until its time is up.
func TestConfirm(t *testing.T) {
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		email := newEmail()
		b := p.browser()
		b.post("/signup", "name", "First", "email", email, "password", password).want(303)
		first := linkIn(t, p.letter(email, "confirm/"))
		b.post("/signup", "name", "Second", "email", email, "password", otherPassword).want(303)

		for range 3 { // scanners look
			b.get(first).want(http.StatusOK)
		}
		if n := p.count(`SELECT count(*) FROM users`); n != 0 {
			t.Fatal("looking at the link made an account")
		}
		b.post(first).location("/login?confirmed=yes")
		b.get("/login?confirmed=yes").want(200).says("confirmed")
		b.signIn(email, password) // the password of that sign-up, not of the other
		p.browser().post("/login", "email", email, "password", otherPassword).want(422)
		b.get(first).want(http.StatusNotFound)
		if n := p.count(`SELECT count(*) FROM signups`); n != 0 {
			t.Errorf("%d sign-ups left for a confirmed address, want 0", n)
		}

		late := newEmail()
		b.post("/signup", "name", "Late", "email", late, "password", password).want(303)
		link := linkIn(t, p.letter(late, "confirm/"))
		time.Sleep(auth.SignUpValid)
		b.get(link).want(http.StatusNotFound)
		b.post(link).want(http.StatusNotFound)
	})
}

// Whoever signs up with somebody else's address gets no account out of it: it is made when its reader confirms, and
// a sign-up for a taken address changes nothing.
func TestSignUpWithForeignAddress(t *testing.T) {
	p := newPortal(t)
	victim := p.newUser("Vic")
	b := p.browser()
	b.post("/signup", "name", "Mallory", "email", strings.ToUpper(victim.Email), "password", otherPassword).want(303)
	letter := p.letter(victim.Email, "account")
	if strings.Contains(letter, "/email/confirm/") || strings.Contains(letter, "Mallory") {
		t.Errorf("the letter helps a stranger:\n%s", letter)
	}
	p.browser().post("/login", "email", victim.Email, "password", otherPassword).want(422)
	p.browser().signIn(victim.Email, password)
	for range perReader.Burst + 3 {
		b.post("/signup", "name", "Mallory", "email", victim.Email, "password", otherPassword).want(303)
	}
	waiting := newEmail()
	for range perReaderHere.Burst + 3 {
		b.post("/signup", "name", "Mallory", "email", waiting, "password", otherPassword).want(303)
	}
	if n := p.count(`SELECT count(*) FROM signups`); n != perReaderHere.Burst {
		t.Errorf("%d sign-ups wait for one address, want %d: no more than there are letters", n, perReaderHere.Burst)
	}
	if n := p.count(`SELECT count(*) FROM events WHERE kind = 'sign_up_address_taken'`); n != perReaderHere.Burst {
		t.Errorf("%d events in the victim's trail, want %d", n, perReaderHere.Burst)
	}
	elsewhere := p.browser() // the owner of the address, who wants an account, is not kept from it
	elsewhere.ip = "2001:db8:ffff:fffe::1"
	elsewhere.post("/signup", "name", "Owner", "email", waiting, "password", password).want(303)
	if n := p.count(`SELECT count(*) FROM signups`); n != perReaderHere.Burst+1 {
		t.Error("a stranger used up the letters of somebody who wants one")
	}
}

// Fields that the form does not have change nothing (ASVS v5.0.0-8.2.3, 15.3.3).
func TestMassAssignment(t *testing.T) {
	p := newPortal(t)
	email := newEmail()
	b := p.browser()
	b.post("/signup", "name", "Ann", "email", email, "password", password, "role", "admin", "confirmed", "1", "id", "x").want(303)
	b.post(linkIn(t, p.letter(email, "confirm/")), "role", "admin").want(303)
	if n := p.count(`SELECT count(*) FROM users WHERE role = 'admin'`); n != 0 {
		t.Error("somebody made an administrator of themselves")
	}
}

// Sign-ups cost a hash each, so they are limited by network; whoever waits is told how long, and loses only secrets.
func TestSignUpLimit(t *testing.T) {
	p := newPortal(t)
	b := p.browser()
	for range perSignUp.Burst {
		if p.app.Attempts.Take(t.Context(), "sign-up:"+network(b.ip), perSignUp) != 0 {
			t.Fatal("the limit was used up before")
		}
	}
	res := b.post("/signup", "name", "Nora", "email", newEmail(), "password", password).want(http.StatusTooManyRequests)
	if res.Header.Get("Retry-After") == "" || !strings.Contains(res.body, `value="Nora"`) || strings.Contains(res.body, password) {
		t.Errorf("Retry-After %q; want what was typed back, but for the password", res.Header.Get("Retry-After"))
	}
	if n := p.count(`SELECT count(*) FROM signups`); n != 0 {
		t.Errorf("%d sign-ups stored, want 0", n)
	}
	elsewhere := p.browser()
	elsewhere.ip = "2001:db8:aaaa:bbbb::1"
	elsewhere.post("/signup", "name", "Otis", "email", newEmail(), "password", password).want(http.StatusSeeOther)
}

// The rules of a password hold for whoever calls, not only for the form.
func TestRegisterChecksThePassword(t *testing.T) {
	p := newPortal(t)
	_, err := p.auth.Register(t.Context(), auth.Application{Name: "Weak", Email: newEmail(), Password: "too short"}, auth.Client{})
	if _, ok := errors.AsType[auth.PasswordError](err); !ok {
		t.Errorf("got %v, want a PasswordError", err)
	}
}

// Somebody who reads a letter for a sign-up that was not theirs learns it from the letter and from the page: when it was
// asked for, and from what. What the stranger typed stands in neither.
func TestConfirmSaysWhoAsked(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, p *portal) {
		email := newEmail()
		stranger := p.browser()
		stranger.agent = firefoxOnWindows
		stranger.post("/signup", "name", "Call 0800", "email", email, "password", password).want(303)
		letter := strings.Join(strings.Fields(p.letter(email, "confirm/")), " ")
		page := p.browser().get(linkIn(t, letter)).want(200).says("from Firefox on Windows").says("Do not press")
		if !strings.Contains(letter, "from Firefox on Windows, somebody") || strings.Contains(letter+page.body, "0800") {
			t.Errorf("got\n%s", letter)
		}
	})
}

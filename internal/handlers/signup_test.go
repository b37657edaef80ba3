package handlers

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
)

// Nothing tells an address that has an account from one that has none: status, headers and page are the same byte for
// byte, at sign-up and at sign-in (ASVS v5.0.0-6.3.8). The durations are compared by the number of hashes instead of
// by the clock: one in each case, see TestOneHashEach.
func TestNoEnumeration(t *testing.T) {
	p := newPortal(t)
	known, disabled := p.newUser("Kay"), p.newUser("Dis")
	p.exec(`UPDATE users SET disabled_at = $1 WHERE id = $2`, longAgo, disabled.ID)
	pending := newEmail()
	p.browser().post("/signup", "name", "P", "email", pending, "password", password).want(303)

	signIn := func(email, password string) *answer {
		return p.browser().post("/login", "email", email, "password", password).want(422)
	}
	want := signIn(known.Email, "a wrong password, but long")
	for what, got := range map[string]*answer{
		"unknown": signIn(newEmail(), "a wrong password, but long"), "disabled, right password": signIn(disabled.Email, password),
		"unconfirmed, right password": signIn(pending, password), "no address": signIn("not an address", password), "empty": signIn("", ""),
	} {
		sameAnswer(t, what, got, want)
	}
	signUp := func(email string) *answer {
		return p.browser().post("/signup", "name", "N", "email", email, "password", otherPassword).want(303)
	}
	want = signUp(newEmail())
	for what, email := range map[string]string{"known": known.Email, "disabled": disabled.Email, "pending": pending} {
		sameAnswer(t, what, signUp(email), want)
	}
	p.letter(known.Email, "/login")
	for range 2 { // throttled alike
		for range perAccountHere.Burst {
			p.browser().guess(known.Email)
			p.browser().guess("nobody@example.org")
		}
	}
	a, b := p.browser().guess(known.Email).want(429), p.browser().guess("nobody@example.org").want(429)
	a.Header.Del("Retry-After") // both honest, a moment apart
	b.Header.Del("Retry-After")
	sameAnswer(t, "throttled", a, b)
}

func sameAnswer(t *testing.T, what string, got, want *answer) {
	t.Helper()
	if got.StatusCode != want.StatusCode || !maps.EqualFunc(got.Header, want.Header, slices.Equal) {
		t.Errorf("%s: got %d %v, want %d %v", what, got.StatusCode, got.Header, want.StatusCode, want.Header)
	}
	if withoutTyped(got.body) != withoutTyped(want.body) {
		t.Errorf("%s: another page:\n%s\nwant\n%s", what, text(got.body), text(want.body))
	}
}

// withoutTyped is a page without what the person typed, and without the seconds of a wait.
func withoutTyped(body string) string {
	for _, quoted := range []string{`value="`} {
		parts := strings.Split(body, quoted)
		for i := range parts[1:] {
			_, parts[i+1], _ = strings.Cut(parts[i+1], `"`)
		}
		body = strings.Join(parts, quoted)
	}
	before, after, found := strings.Cut(body, "try again in ")
	if found {
		_, after, _ = strings.Cut(after, ".")
	}
	return before + after
}

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

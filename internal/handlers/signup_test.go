package handlers

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/store/storetest"
	"example.com/gatehouse/webtest"
)

// An email's link opens an account once, for whoever signed up with it, until its time is up.
func TestConfirm(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		email := webtest.Email()
		b := p.browser()
		b.Post("/signup", "name", "First", "email", email, "password", password).Want(303)
		first := linkIn(t, p.email(email, "confirm/"))
		b.Post("/signup", "name", "Second", "email", email, "password", otherPassword).Want(303)

		for range 3 { // scanners look
			b.opens(first)
		}
		if n := p.count(`SELECT count(*) FROM users`); n != 0 {
			t.Fatal("looking at the link made an account")
		}
		b.Post(first).Leads("/login?confirmed=yes")
		b.Get("/login?confirmed=yes").Want(200).Says("confirmed")
		b.SignIn(email, password) // the password of that sign-up, not of the other
		p.browser().Post("/login", "email", email, "password", otherPassword).Want(422)
		b.Get(first).Want(http.StatusOK).SaysNot("Confirm my address")
		if n := p.count(`SELECT count(*) FROM signups`); n != 0 {
			t.Errorf("%d sign-ups left for a confirmed address, want 0", n)
		}

		late := webtest.Email()
		b.Post("/signup", "name", "Late", "email", late, "password", password).Want(303)
		link := linkIn(t, p.email(late, "confirm/"))
		time.Sleep(account.SignUpValid)
		b.Get(link).Want(http.StatusGone)
		b.Post(link).Want(http.StatusGone)
	})
}

// Whoever signs up with somebody else's address gets no account out of it: it is made when its reader confirms, and
// a sign-up for a taken address changes nothing.
func TestSignUpWithAddressOfAnother(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	victim := p.newUser("Vic")
	b := p.browser()
	b.Post("/signup", "name", "Mallory", "email", strings.ToUpper(victim.Email), "password", otherPassword).Want(303)
	message := p.email(victim.Email, "account")
	if strings.Contains(message, "/email/confirm/") || strings.Contains(message, "Mallory") {
		t.Errorf("the email helps a stranger:\n%s", message)
	}
	p.browser().Post("/login", "email", victim.Email, "password", otherPassword).Want(422)
	p.browser().SignIn(victim.Email, password)
	waiting := webtest.Email()
	for i := range guard.EmailsHere.Burst + 3 { // alike, whether or not there is an account; the victim has one email from above
		taken := b.Post("/signup", "name", "Mallory", "email", victim.Email, "password", otherPassword)
		if want := map[bool]int{true: http.StatusSeeOther, false: http.StatusTooManyRequests}[i < guard.EmailsHere.Burst-1]; taken.StatusCode != want {
			t.Errorf("sign-up %d for a taken address: got %d, want %d", i+1, taken.StatusCode, want)
		}
		free := b.Post("/signup", "name", "Mallory", "email", waiting, "password", otherPassword)
		if want := map[bool]int{true: http.StatusSeeOther, false: http.StatusTooManyRequests}[i < guard.EmailsHere.Burst]; free.StatusCode != want {
			t.Errorf("sign-up %d for a free address: got %d, want %d", i+1, free.StatusCode, want)
		}
	}
	if n := p.count(`SELECT count(*) FROM signups`); n != guard.EmailsHere.Burst {
		t.Errorf("%d sign-ups wait for one address, want %d: no more than there are emails", n, guard.EmailsHere.Burst)
	}
	if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'sign_up_address_taken'`); n != guard.EmailsHere.Burst {
		t.Errorf("%d events in the victim's trail, want %d", n, guard.EmailsHere.Burst)
	}
	elsewhere := p.browser() // the owner of the address, who wants an account, is not kept from it
	elsewhere.IP = "2001:db8:ffff:fffe::1"
	elsewhere.Post("/signup", "name", "Owner", "email", waiting, "password", password).Want(303)
	if n := p.count(`SELECT count(*) FROM signups`); n != guard.EmailsHere.Burst+1 {
		t.Error("a stranger used up the emails of somebody who wants one")
	}
}

// Fields that the form does not have change nothing (ASVS v5.0.0-8.2.3, 15.3.3).
func TestMassAssignment(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	email := webtest.Email()
	b := p.browser()
	b.Post("/signup", "name", "Ann", "email", email, "password", password, "role", "admin", "confirmed", "1", "id", "x").Want(303)
	b.Post(linkIn(t, p.email(email, "confirm/")), "role", "admin").Want(303)
	if n := p.count(`SELECT count(*) FROM users WHERE role = 'admin'`); n != 0 {
		t.Error("somebody made an administrator of themselves")
	}
}

// Sign-ups cost a hash each, so they are limited by network; whoever waits is told how long, and loses only secrets.
func TestSignUpLimit(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.browser()
	for range guard.SignUps.Burst {
		if p.limits.Take(t.Context(), "sign-up:"+customer(b.IP), guard.SignUps.Rule) != 0 {
			t.Fatal("the limit was used up before")
		}
	}
	res := b.Post("/signup", "name", "Nora", "email", webtest.Email(), "password", password).Want(http.StatusTooManyRequests)
	if res.Header.Get("Retry-After") == "" || !strings.Contains(res.Body, `value="Nora"`) || strings.Contains(res.Body, password) {
		t.Errorf("Retry-After %q; want what was typed back, but for the password", res.Header.Get("Retry-After"))
	}
	if n := p.count(`SELECT count(*) FROM signups`); n != 0 {
		t.Errorf("%d sign-ups stored, want 0", n)
	}
	elsewhere := p.browser()
	elsewhere.IP = "2001:db8:aaaa:bbbb::1"
	elsewhere.Post("/signup", "name", "Otis", "email", webtest.Email(), "password", password).Want(http.StatusSeeOther)
}

// Whoever sends the value of one form with a cookie of their own each time repeats no press, and does not get past the limit.
func TestSignUpPaysForItsHash(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b, email := p.browser(), webtest.Email()
	page, counts := b.Get("/signup"), newCountingLimiter(p.limits.Limiter)
	p.limits.Limiter = counts
	for range 3 {
		b.Submit(page, "/signup", "name", "Mallory", "email", email, "password", password)
		b = p.browser()
		b.keeps("lantern") // has a cookie of its own
	}
	if n := counts.taken["sign-up:"+customer(b.IP)]; n != 3 {
		t.Errorf("%d taken from the limit of the network, want 3", n)
	}
}

// The rules of a password hold for whoever calls, not only for the form.
func TestRegisterChecksThePassword(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	err := p.accounts.Register(t.Context(), account.Application{Name: "Weak", Email: webtest.Email(), Password: "too short"}, device.Client{})
	if _, ok := errors.AsType[auth.PasswordError](err); !ok {
		t.Errorf("got %v, want a PasswordError", err)
	}
}

// Somebody who reads an email for a sign-up that was not theirs learns it from the email and from the page: when it was
// asked for, and from what. What the stranger typed stands in neither.
func TestConfirmSaysWhoAsked(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		email := webtest.Email()
		stranger := p.browser()
		stranger.Agent = webtest.FirefoxOnWindows
		stranger.Post("/signup", "name", "Call 0800", "email", email, "password", password).Want(303)
		message := strings.Join(strings.Fields(p.email(email, "confirm/")), " ")
		page := p.browser().opens(linkIn(t, message)).Says("from Firefox on Windows").Says("Do not press")
		if !strings.Contains(message, "from Firefox on Windows, somebody") || strings.Contains(message+page.Body, "0800") {
			t.Errorf("got\n%s", message)
		}
	})
}

// While there is no room for another email nobody can sign up, and is told so, whether or not the address has an account.
func TestSignUpWithoutRoom(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	known := p.newUser("Kay").Email
	storetest.FillOutbox(t, p.store)
	for _, email := range []string{known, webtest.Email()} {
		res := p.browser().Post("/signup", "name", "Ann", "email", email, "password", password).Want(http.StatusServiceUnavailable)
		res.Says("so nothing was changed")
	}
}

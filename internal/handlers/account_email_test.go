package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/webtest"
)

// moves asks for a change of address and returns the links in the emails: to confirm it, and to stop it.
func (b *browser) moves(u auth.User, to string) (confirm, stop string) {
	b.p.t.Helper()
	b.Reauth(password).Want(http.StatusSeeOther)
	const confirms, stops = "/account/email/confirm/", "/email/undo/"
	old, there := len(b.p.textsTo(u.Email, stops)), len(b.p.textsTo(to, confirms))
	b.Post("/account/email", "email", to).Leads("/account/email")
	return linkIn(b.p.t, b.p.nextEmail(to, confirms, there)), linkIn(b.p.t, b.p.nextEmail(u.Email, stops, old))
}

func (b *browser) confirmsEmail(link string) *webtest.Answer {
	b.p.t.Helper()
	b.Follow(b.Get(link)).Want(http.StatusOK)
	return b.Post("/account/email/confirm")
}

func TestChangeOfAddress(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u, to := p.newUser("Mona"), webtest.Email()
		b, other := p.signedIn(u), p.signedIn(u)
		reset := p.browser().forgets(u.Email)
		confirm, stop := b.moves(u, to)
		b.Get("/account/email").Says("An email is on its way").Says("A change waits to be confirmed").Says(to)

		p.browser().opens(stop).Says("stays " + u.Email) // looking stops nothing
		stranger := p.browser()
		stranger.Follow(stranger.Get(confirm)).Want(http.StatusSeeOther) // to sign in
		stranger.Post("/account/email/confirm").Want(http.StatusSeeOther)
		somebody := p.signedIn(p.newUser("Mallory"))
		somebody.Follow(somebody.Get(confirm)).Want(http.StatusForbidden)
		somebody.Post("/account/email/confirm").Want(http.StatusForbidden)
		p.browser().SignIn(u.Email, password) // nothing has changed yet

		before := b.Token()
		page := b.Follow(b.Get(confirm)).Want(http.StatusOK).Says(to)
		if strings.Contains(page.Body, strings.TrimPrefix(confirm, "/account/email/confirm/")) {
			t.Error("the token is in the page")
		}
		b.Post("/account/email/confirm").Leads("/account/profile")
		b.Get("/account/profile").Says("Your address was changed.").Says(to)
		if b.Token() == before || p.replay(before).StatusCode == http.StatusOK {
			t.Error("the token stays")
		}
		if other.Alive() || p.browser().Get(reset).StatusCode != http.StatusGone {
			t.Error("another session or an email from before lives on")
		}
		other.Get("/signed-out").Says("signed this device out")
		b.Get("/account/session").Says("because you changed your address")
		p.browser().Post("/login", "email", u.Email, "password", password).Want(422)
		p.browser().SignIn(to, password)
		p.email(u.Email, "began to use another address")
		b.Get(confirm).Want(http.StatusOK).SaysNot("Use this address")
		b.Post("/account/email/confirm").Leads("/account/email/confirm")
	})
}

// The email takes somebody who is not signed in through the sign-in, and on.
func TestConfirmAddressAfterSigningIn(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, to := p.newUser("Sina"), webtest.Email()
	confirm, _ := p.signedIn(u).moves(u, to)
	phone := p.browser()
	phone.Get(confirm).Leads("/account/email/confirm")
	phone.Get("/account/email/confirm").Leads("/login?next=%2Faccount%2Femail%2Fconfirm")
	phone.Post("/login", "email", u.Email, "password", password, "next", "/account/email/confirm").Leads("/account/email/confirm")
	phone.Get("/account/email/confirm").Want(http.StatusOK).Says(to)
	phone.Post("/account/email/confirm").Leads("/account/profile")
	p.browser().SignIn(to, password)
}

// The old address takes a change back for a week, before and after it took effect and whatever else was changed: all
// sessions end, emails from before are dead, and a new password is asked for.
func TestUndoChangeOfAddress(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u, to := p.newUser("Vic"), webtest.Email()
		thief := p.signedIn(u)
		confirm, stop := thief.moves(u, to)
		victim := p.signedIn(u)
		p.browser().Post(stop).Leads("/password/forgot?undone=yes")
		if thief.Alive() || victim.Alive() {
			t.Error("a session survived")
		}
		p.browser().Post("/login", "email", u.Email, "password", password).Want(422)
		p.browser().Post(p.browser().forgets(u.Email), "password", password).Want(http.StatusSeeOther) // the same again
		thief.SignIn(u.Email, password)
		thief.Get(confirm).Want(http.StatusGone)
		p.browser().Post(stop).Leads(stop) // once
		thief.Get("/account").Want(http.StatusOK)

		confirm, _ = thief.moves(u, to)
		thief.confirmsEmail(confirm).Leads("/account/profile")
		thief.changePasswordTo(otherPassword).Want(http.StatusSeeOther)
		reset := p.browser().forgets(to)
		undo := linkIn(t, p.email(u.Email, "began to use another address"))
		p.browser().opens(undo).Says("it is " + u.Email + " again")
		p.browser().Post(undo).Leads("/password/forgot?undone=yes")
		if thief.Alive() || p.browser().Get(reset).StatusCode != http.StatusGone {
			t.Error("the thief is still in, or can come back by email")
		}
		thief.Get("/signed-out").Says("Somebody used the link of an email about your account")
		p.browser().Post("/login", "email", to, "password", otherPassword).Want(422)
		link := p.browser().forgets(u.Email)
		p.browser().Post(link, "password", "nine calm otters drift").Want(http.StatusSeeOther)
		p.browser().SignIn(u.Email, "nine calm otters drift")
	})
}

// The older address wins: undoing a change forgets those after it, so that a later address cannot take it back.
func TestOlderAddressWins(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	u, second, third := p.newUser("Olga"), webtest.Email(), webtest.Email()
	b := p.signedIn(u)
	confirm, stop := b.moves(u, second)
	b.confirmsEmail(confirm).Want(http.StatusSeeOther)
	moved := u
	moved.Email = second
	confirm, later := b.moves(moved, third)
	b.confirmsEmail(confirm).Want(http.StatusSeeOther)
	p.browser().Post(stop).Want(http.StatusSeeOther)
	p.browser().Post(later).Want(http.StatusGone)
	p.browser().forgets(u.Email)
}

func TestChangeOfAddressDies(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Tim")
	inTime(t, p, func(t *testing.T) {
		p.limits.Limiter = limiterOff{}
		b := p.signedIn(u)
		dead := func(what, link string) {
			t.Helper()
			if got := b.Get(link).StatusCode; got != http.StatusGone {
				t.Errorf("%s: got %d, want 410", what, got)
			}
		}
		to := webtest.Email()
		first, _ := b.moves(u, to)
		second, _ := b.moves(u, webtest.Email())
		dead("a newer one was asked for", first)
		b.changePasswordTo(password).Want(http.StatusSeeOther)
		dead("the password was changed", second)
		third, stop := b.moves(u, to)
		b.Follow(b.Get(third)).Want(http.StatusOK)
		p.exec(`UPDATE users SET disabled_at = $1 WHERE id = $2`, longAgo, u.ID)
		p.browser().Get(stop).Want(http.StatusGone)
		p.browser().Post(stop).Want(http.StatusGone)
		p.exec(`UPDATE users SET disabled_at = NULL WHERE id = $1`, u.ID)
		time.Sleep(account.EmailChangeValid)
		b.SignIn(u.Email, password)
		dead("a day went by", third)
		b.Post("/account/email/confirm").Want(http.StatusGone)
		time.Sleep(account.EmailUndoValid - account.EmailChangeValid - time.Second)
		p.browser().opens(stop)
		time.Sleep(time.Second)
		p.browser().Get(stop).Want(http.StatusGone)
		p.browser().Post(stop).Want(http.StatusGone)
		if err := p.sweepAll(p.t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := p.count(`SELECT count(*) FROM email_changes WHERE asked_at <= $1`, time.Now().Add(-account.EmailUndoValid).UTC()); n != 0 {
			t.Errorf("%d changes are kept beyond their time", n)
		}
	})
}

// Whether the new address has an account shows in its email alone. One that gets an account before it is confirmed is
// refused, and nothing is lost.
func TestTakenAddress(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u, other := p.newUser("Tara"), p.newUser("Theo")
		b := p.signedIn(u)
		b.Reauth(password).Want(http.StatusSeeOther)
		want := b.Post("/account/email", "email", webtest.Email()).Want(http.StatusSeeOther)
		sameAnswer(t, "taken", b.Post("/account/email", "email", other.Email), want)
		if message := p.email(other.Email, "another account"); strings.Contains(message, "/confirm/") {
			t.Errorf("the email helps:\n%s", message)
		}
		to := webtest.Email()
		confirm, _ := b.moves(u, to)
		if _, err := p.accounts.CreateUser(t.Context(), "Fast", to, password, auth.RoleMember); err != nil {
			t.Fatal(err)
		}
		b.confirmsEmail(confirm).Want(http.StatusConflict).Says("That address is taken")
		if !b.Alive() {
			t.Error("the session is lost")
		}
		b.Get("/account/profile").Says(u.Email)
	})
}

func TestAddressMistakes(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Mia")
	b := p.signedIn(u)
	b.Get("/account/email").Leads("/reauth?next=%2Faccount%2Femail")
	b.Post("/account/email", "email", webtest.Email()).Want(http.StatusSeeOther)
	if n := p.count(`SELECT count(*) FROM email_changes`); n != 0 {
		t.Fatal("asked for without a re-authentication")
	}
	b.Reauth(password).Want(http.StatusSeeOther)
	for email, words := range map[string]string{
		"": "Write an address like", "mia(at)example.org": "Write an address like", strings.ToUpper(u.Email): "That is your address already",
		"visitor-x@demo.example": "No email arrives",
	} {
		if res := b.Post("/account/email", "email", email).Want(422).Says(words); email != "" && !strings.Contains(res.Body, `value="`+email+`"`) {
			t.Errorf("%s: what was typed is lost", email)
		}
	}
	if n := p.count(`SELECT count(*) FROM email_changes`); n != 0 {
		t.Errorf("%d changes, want none", n)
	}
	for range guard.EmailChanges.Burst {
		b.Post("/account/email", "email", webtest.Email()).Want(http.StatusSeeOther)
	}
	b.Post("/account/email", "email", webtest.Email()).Want(http.StatusTooManyRequests).Says("Please try again in")

	visitor := p.browser()
	visitor.Post("/demo").Want(http.StatusSeeOther)
	p.exec(`UPDATE sessions SET elevated_until = $1 WHERE user_id LIKE 'demo-%'`, time.Now().UTC().Add(time.Hour).Truncate(time.Microsecond))
	visitor.Get("/account/email").Want(http.StatusOK).Says("Nothing leaves a demo")
	visitor.Post("/account/email", "email", webtest.Email()).Want(422).Says("its new address has to end in @demo.example")
}

// A new address that was typed in a session which had timed out is kept for its person.
func TestAddressIsKeptAsDraft(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Hedi")
	b := p.signedIn(u)
	to := webtest.Email()
	p.exec(`UPDATE sessions SET idle_expires_at = $1 WHERE user_id = $2`, longAgo, u.ID)
	res := b.Post("/account/email", "email", to).Want(http.StatusSeeOther)
	back, err := url.Parse(res.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(back.Query().Get("next"), "/account/email?held=") {
		t.Fatalf("sent to %s, %v", back, err)
	}
	next := back.Query().Get("next")
	b.Post("/login", "email", u.Email, "password", password, "next", next).Leads(next)
	b.Get(next).Want(http.StatusSeeOther) // it asks for the password first
	b.Reauth(password).Want(http.StatusSeeOther)
	if page := b.Get(next).Want(http.StatusOK); !strings.Contains(page.Body, `value="`+to+`"`) {
		t.Error("what was typed is lost")
	}
	if n := p.count(`SELECT count(*) FROM email_changes`); n != 0 {
		t.Error("it was sent by itself")
	}
}

package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
)

// moves asks for a change of address and returns the links in the letters: to confirm it, and to stop it.
func (b *browser) moves(u auth.User, to string) (confirm, stop string) {
	b.p.t.Helper()
	b.reauth(password).want(http.StatusSeeOther)
	const confirms, stops = "/account/email/confirm/", "/email/undo/"
	old, there := len(b.p.textsTo(u.Email, stops)), len(b.p.textsTo(to, confirms))
	b.post("/account/email", "email", to).location("/account/email")
	return linkIn(b.p.t, b.p.nextLetter(to, confirms, there)), linkIn(b.p.t, b.p.nextLetter(u.Email, stops, old))
}

func (b *browser) confirmsEmail(link string) *answer {
	b.p.t.Helper()
	b.follow(b.get(link)).want(http.StatusOK)
	return b.post("/account/email/confirm")
}

func TestChangeOfAddress(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, p *portal) {
		u, to := p.newUser("Mona"), newEmail()
		b, other := p.signedIn(u), p.signedIn(u)
		reset := p.browser().forgets(u.Email)
		confirm, stop := b.moves(u, to)
		b.get("/account/email").says("A letter is on its way").says("A change waits for its letter").says(to)

		p.browser().get(stop).want(http.StatusOK).says("stays " + u.Email) // looking stops nothing
		stranger := p.browser()
		stranger.follow(stranger.get(confirm)).want(http.StatusSeeOther) // to sign in
		stranger.post("/account/email/confirm").want(http.StatusSeeOther)
		somebody := p.signedIn(p.newUser("Mallory"))
		somebody.follow(somebody.get(confirm)).want(http.StatusNotFound)
		somebody.post("/account/email/confirm").want(http.StatusNotFound)
		p.browser().signIn(u.Email, password) // nothing has changed yet

		before := b.token()
		page := b.follow(b.get(confirm)).want(http.StatusOK).says(to)
		if strings.Contains(page.body, strings.TrimPrefix(confirm, "/account/email/confirm/")) {
			t.Error("the key is in the page")
		}
		b.post("/account/email/confirm").location("/account/profile")
		b.get("/account/profile").says("Your address was changed.").says(to)
		if b.token() == before || p.replay(before).StatusCode == http.StatusOK {
			t.Error("the token stays")
		}
		if other.alive() || p.browser().get(reset).StatusCode != http.StatusNotFound {
			t.Error("another session or a letter from before lives on")
		}
		other.get("/signed-out").says("signed this device out")
		b.get("/account/session").says("because you changed your address")
		p.browser().post("/login", "email", u.Email, "password", password).want(422)
		p.browser().signIn(to, password)
		p.letter(u.Email, "began to use another address")
		b.get(confirm).want(http.StatusNotFound)
		b.post("/account/email/confirm").want(http.StatusNotFound)
	})
}

// The letter takes somebody who is not signed in through the sign-in, and on.
func TestConfirmAddressAfterSigningIn(t *testing.T) {
	p := newPortal(t)
	u, to := p.newUser("Sina"), newEmail()
	confirm, _ := p.signedIn(u).moves(u, to)
	phone := p.browser()
	phone.get(confirm).location("/account/email/confirm")
	phone.get("/account/email/confirm").location("/login?next=%2Faccount%2Femail%2Fconfirm")
	phone.post("/login", "email", u.Email, "password", password, "next", "/account/email/confirm").location("/account/email/confirm")
	phone.get("/account/email/confirm").want(http.StatusOK).says(to)
	phone.post("/account/email/confirm").location("/account/profile")
	p.browser().signIn(to, password)
}

// The old address takes a change back for a week, before and after it took effect and whatever else was changed: all
// sessions end, letters from before are dead, and a new password is asked for.
func TestUndoChangeOfAddress(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, p *portal) {
		u, to := p.newUser("Vic"), newEmail()
		thief := p.signedIn(u)
		confirm, stop := thief.moves(u, to)
		victim := p.signedIn(u)
		p.browser().post(stop).location("/password/forgot?undone=yes")
		if thief.alive() || victim.alive() {
			t.Error("a session survived")
		}
		p.browser().post("/login", "email", u.Email, "password", password).want(422)
		p.browser().post(p.browser().forgets(u.Email), "password", password).want(http.StatusSeeOther) // the same again
		thief.signIn(u.Email, password)
		thief.get(confirm).want(http.StatusNotFound)
		p.browser().post(stop).want(http.StatusNotFound) // once

		confirm, _ = thief.moves(u, to)
		thief.confirmsEmail(confirm).location("/account/profile")
		thief.changePasswordTo(otherPassword).want(http.StatusSeeOther)
		reset := p.browser().forgets(to)
		undo := linkIn(t, p.letter(u.Email, "began to use another address"))
		p.browser().get(undo).want(http.StatusOK).says("it is " + u.Email + " again")
		p.browser().post(undo).location("/password/forgot?undone=yes")
		if thief.alive() || p.browser().get(reset).StatusCode != http.StatusNotFound {
			t.Error("the thief is still in, or can come back by letter")
		}
		thief.get("/signed-out").says("Somebody used the link of a letter about your account")
		p.browser().post("/login", "email", to, "password", otherPassword).want(422)
		link := p.browser().forgets(u.Email)
		p.browser().post(link, "password", "nine calm otters drift").want(http.StatusSeeOther)
		p.browser().signIn(u.Email, "nine calm otters drift")
	})
}

// The older address wins: undoing a change forgets those after it, so that a later address cannot take it back.
func TestOlderAddressWins(t *testing.T) {
	p := newPortal(t)
	p.app.Attempts = limiterOff{}
	u, second, third := p.newUser("Olga"), newEmail(), newEmail()
	b := p.signedIn(u)
	confirm, stop := b.moves(u, second)
	b.confirmsEmail(confirm).want(http.StatusSeeOther)
	moved := u
	moved.Email = second
	confirm, later := b.moves(moved, third)
	b.confirmsEmail(confirm).want(http.StatusSeeOther)
	p.browser().post(stop).want(http.StatusSeeOther)
	p.browser().post(later).want(http.StatusNotFound)
	p.browser().forgets(u.Email)
}

func TestChangeOfAddressDies(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Tim")
	inTime(t, p, func(t *testing.T) {
		p.app.Attempts = limiterOff{}
		b := p.signedIn(u)
		dead := func(what, link string) {
			t.Helper()
			if got := b.get(link).StatusCode; got != http.StatusNotFound {
				t.Errorf("%s: got %d, want 404", what, got)
			}
		}
		to := newEmail()
		first, _ := b.moves(u, to)
		second, _ := b.moves(u, newEmail())
		dead("a newer one was asked for", first)
		b.changePasswordTo(password).want(http.StatusSeeOther)
		dead("the password was changed", second)
		third, stop := b.moves(u, to)
		b.follow(b.get(third)).want(http.StatusOK)
		p.exec(`UPDATE users SET disabled_at = $1 WHERE id = $2`, longAgo, u.ID)
		p.browser().get(stop).want(http.StatusNotFound)
		p.browser().post(stop).want(http.StatusNotFound)
		p.exec(`UPDATE users SET disabled_at = NULL WHERE id = $1`, u.ID)
		time.Sleep(auth.EmailChangeValid)
		b.signIn(u.Email, password)
		dead("a day went by", third)
		b.post("/account/email/confirm").want(http.StatusNotFound)
		time.Sleep(auth.EmailUndoValid - auth.EmailChangeValid - time.Second)
		p.browser().get(stop).want(http.StatusOK)
		time.Sleep(time.Second)
		p.browser().get(stop).want(http.StatusNotFound)
		p.browser().post(stop).want(http.StatusNotFound)
		if err := p.auth.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := p.count(`SELECT count(*) FROM email_changes WHERE asked_at <= $1`, time.Now().Add(-auth.EmailUndoValid).UTC()); n != 0 {
			t.Errorf("%d changes are kept beyond their time", n)
		}
	})
}

// Whether the new address has an account shows in its letter alone. One that gets an account before it is confirmed is
// refused, and nothing is lost.
func TestTakenAddress(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, p *portal) {
		u, other := p.newUser("Tara"), p.newUser("Theo")
		b := p.signedIn(u)
		b.reauth(password).want(http.StatusSeeOther)
		want := b.post("/account/email", "email", newEmail()).want(http.StatusSeeOther)
		sameAnswer(t, "taken", b.post("/account/email", "email", other.Email), want)
		if letter := p.letter(other.Email, "another account"); strings.Contains(letter, "/confirm/") {
			t.Errorf("the letter helps:\n%s", letter)
		}
		to := newEmail()
		confirm, _ := b.moves(u, to)
		if _, err := p.auth.CreateUser(t.Context(), "Fast", to, password, auth.RoleMember); err != nil {
			t.Fatal(err)
		}
		b.confirmsEmail(confirm).want(http.StatusConflict).says("That address is taken")
		if !b.alive() {
			t.Error("the session is lost")
		}
		b.get("/account/profile").says(u.Email)
	})
}

func TestAddressMistakes(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Mia")
	b := p.signedIn(u)
	b.get("/account/email").location("/reauth?next=%2Faccount%2Femail")
	b.post("/account/email", "email", newEmail()).want(http.StatusSeeOther)
	if n := p.count(`SELECT count(*) FROM email_changes`); n != 0 {
		t.Fatal("asked for without a re-authentication")
	}
	b.reauth(password).want(http.StatusSeeOther)
	for email, words := range map[string]string{
		"": "Write an address like", "mia(at)example.org": "Write an address like", strings.ToUpper(u.Email): "That is your address already",
		"visitor-x@demo.example": "No letter arrives",
	} {
		if res := b.post("/account/email", "email", email).want(422).says(words); email != "" && !strings.Contains(res.body, `value="`+email+`"`) {
			t.Errorf("%s: what was typed is lost", email)
		}
	}
	if n := p.count(`SELECT count(*) FROM email_changes`); n != 0 {
		t.Errorf("%d changes, want none", n)
	}
	for range perEmailChange.Burst {
		b.post("/account/email", "email", newEmail()).want(http.StatusSeeOther)
	}
	b.post("/account/email", "email", newEmail()).want(http.StatusTooManyRequests).says("Please try again in")

	visitor := p.browser()
	visitor.post("/demo").want(http.StatusSeeOther)
	p.exec(`UPDATE sessions SET elevated_until = $1 WHERE user_id LIKE 'demo-%'`, time.Now().UTC().Add(time.Hour).Truncate(time.Microsecond))
	visitor.get("/account/email").want(http.StatusOK).says("A demo account has no mailbox")
	visitor.post("/account/email", "email", newEmail()).want(422).says("A demo account has no mailbox and sends no letters")
}

// A new address that was typed in a session which had timed out is kept for its person.
func TestAddressIsHeld(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Hedi")
	b := p.signedIn(u)
	to := newEmail()
	p.exec(`UPDATE sessions SET idle_expires_at = $1 WHERE user_id = $2`, longAgo, u.ID)
	res := b.post("/account/email", "email", to).want(http.StatusSeeOther)
	back, err := url.Parse(res.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(back.Query().Get("next"), "/account/email?held=") {
		t.Fatalf("sent to %s, %v", back, err)
	}
	next := back.Query().Get("next")
	b.post("/login", "email", u.Email, "password", password, "next", next).location(next)
	b.get(next).want(http.StatusSeeOther) // it asks for the password first
	b.reauth(password).want(http.StatusSeeOther)
	if page := b.get(next).want(http.StatusOK); !strings.Contains(page.body, `value="`+to+`"`) {
		t.Error("what was typed is lost")
	}
	if n := p.count(`SELECT count(*) FROM email_changes`); n != 0 {
		t.Error("it was sent by itself")
	}
}

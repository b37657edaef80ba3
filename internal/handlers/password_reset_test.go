package handlers

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/webtest"
)

// forgets asks for an email and returns the link in it.
func (b *browser) forgets(email string) string {
	b.p.t.Helper()
	const about = "/password/reset/"
	before := len(b.p.textsTo(email, about))
	b.Post("/password/forgot", "email", email).Leads("/password/forgot/sent")
	return linkIn(b.p.t, b.p.nextEmail(email, about, before))
}

// TestForgottenPassword goes from the email to a sign-in with another password: the link's page changes nothing, the
// token leaves the address, every session ends, nobody is signed in, and the link is dead (ASVS v5.0.0-6.4.3, 7.4.3).
func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Fay")
		laptop, phone, b := p.signedIn(u), p.signedIn(u), p.browser()
		link := b.forgets(u.Email)
		for range 3 { // scanners look
			scanner := p.browser()
			scanner.Get(link).Leads("/password/reset" + shownFor(u.ID))
		}
		res := b.Get(link)
		res.Leads("/password/reset" + shownFor(u.ID))
		if got := res.Header.Get("Referrer-Policy"); got != "no-referrer" {
			t.Errorf("Referrer-Policy %q, want no-referrer", got)
		}
		page := b.Follow(res).Want(http.StatusOK).Says(u.Email)
		if key := strings.TrimPrefix(link, "/password/reset/"); strings.Contains(page.Body, key) || page.Header.Get("Referrer-Policy") != "same-origin" {
			t.Error("the token is in the page, or the page hides its origin from its own form")
		}
		if !laptop.Alive() || !phone.Alive() || p.count(`SELECT count(*) FROM sessions`) != 2 {
			t.Fatal("looking at the link changed something")
		}
		b.Post("/password/reset", "password", otherPassword).Leads("/login?reset=yes")
		if b.Alive() || laptop.Alive() || phone.Alive() {
			t.Error("somebody is signed in after the reset")
		}
		laptop.Get("/signed-out").Says("It was set with the link of an email")
		b.Get("/login?reset=yes").Says("Sign in with the new one.")
		p.browser().Post("/login", "email", u.Email, "password", password).Want(422)
		p.browser().SignIn(u.Email, otherPassword)
		if told := p.email(u.Email, "was set with a link"); strings.Contains(told, otherPassword) {
			t.Error("the email holds the password")
		}
		b.Get("/password/reset").Want(http.StatusOK).SaysNot("Set the password")
		b.Get(link).Want(http.StatusOK).SaysNot("Set the password")
		b.Post(link, "password", password).Leads(link)
		p.browser().SignIn(u.Email, otherPassword)
		p.browser().Post("/password/reset", "password", password).Want(http.StatusNotFound)
	})
}

// The address in the email takes the form as well, for whoever has no bag.
func TestResetByItsAddress(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Ada")
	link := p.browser().forgets(u.Email)
	p.browser().Post(link, "password", "too short").Want(422).Says("at least 15")
	p.browser().Post(link, "password", u.Email+"!").Want(422).Says("made of your name")
	res := p.browser().Post(link, "password", "passwordpassword").Want(422)
	if strings.Contains(res.Body, "passwordpassword") {
		t.Error("the password came back")
	}
	p.browser().Post(link, "password", otherPassword).Leads("/login?reset=yes")
	p.browser().SignIn(u.Email, otherPassword)
}

// Somebody who is signed in and has forgotten the password can have an email too; their cookie goes with the session. A
// reset in a browser where somebody else is signed in leaves them alone.
func TestResetWhileSignedIn(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, other := p.newUser("Ida"), p.newUser("Otto")
	mine, theirs := p.signedIn(u), p.signedIn(other)
	link := mine.forgets(u.Email)
	mine.Follow(mine.Get(link)).Want(http.StatusOK)
	mine.Post("/password/reset", "password", otherPassword).Leads("/login?reset=yes")
	if mine.Token() != "" {
		t.Error("the cookie of the ended session stays")
	}
	link = theirs.forgets(u.Email)
	theirs.Follow(theirs.Get(link)).Want(http.StatusOK)
	theirs.Post("/password/reset", "password", password).Leads("/password/reset")
	if !theirs.Alive() {
		t.Error("somebody else was signed out")
	}
}

// Half an hour, to the nanosecond; a newer email kills the older, and so does every change of credentials.
func TestResetTokenDies(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Dee")
	inTime(t, p, func(t *testing.T) {
		p.limits.Limiter = limiterOff{}
		b := p.browser()
		works := func(link string) bool { return p.browser().Get(link).StatusCode == http.StatusSeeOther }
		first := b.forgets(u.Email)
		time.Sleep(account.ResetValid - time.Nanosecond)
		if !works(first) {
			t.Error("dead before its time")
		}
		time.Sleep(time.Nanosecond)
		b.Post(first, "password", otherPassword).Want(http.StatusGone)

		second := b.forgets(u.Email)
		third := b.forgets(u.Email)
		b.Post(second, "password", otherPassword).Want(http.StatusGone)
		signedIn := p.signedIn(u)
		signedIn.changePasswordTo(password).Want(http.StatusSeeOther)
		b.Post(third, "password", otherPassword).Want(http.StatusGone)

		fourth := b.forgets(u.Email)
		p.exec(`UPDATE users SET disabled_at = $1 WHERE id = $2`, longAgo, u.ID)
		b.Get(fourth).Want(http.StatusGone)
		b.Post(fourth, "password", otherPassword).Want(http.StatusGone)
		messages := len(p.textsTo(u.Email, ""))
		b.Post("/password/forgot", "email", u.Email).Leads("/password/forgot/sent")
		synctest.Wait()
		p.app.Outbox.Send(p.app.emails.AlreadyMember("last@example.org")) // emails leave in order
		p.email("last@example.org", "account")
		p.exec(`UPDATE users SET disabled_at = NULL WHERE id = $1`, u.ID)
		if got := len(p.textsTo(u.Email, "")); got != messages {
			t.Error("a disabled account got an email")
		}
		b.Post(fourth, "password", otherPassword).Leads("/login?reset=yes")
	})
}

// Of many requests with one token exactly one sets the password, on both databases (ASVS v5.0.0-2.3.4).
func TestResetOnce(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Una")
		link := p.browser().forgets(u.Email)
		var wg sync.WaitGroup
		places := make([]string, 6)
		for i := range places {
			wg.Go(func() {
				places[i] = p.browser().Post(link, "password", otherPassword).Want(http.StatusSeeOther).Header.Get("Location")
			})
		}
		wg.Wait()
		won := 0
		for _, place := range places {
			if place == "/login?reset=yes" {
				won++
			} else if place != link {
				t.Errorf("got %s, want the sign-in once and otherwise the page that says that it is done", place)
			}
		}
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'authn_password_change' AND user_id = $1`, u.ID); won != 1 || n != 1 {
			t.Errorf("%d of %d set the password with %d events, want one", won, len(places), n)
		}
	})
}

// A sign-in that was under way with the old password is refused after a reset, and a token made for the account as it was
// before a change is not stored after it.
func TestResetWinsOverSignIn(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Ova")
		link := p.browser().forgets(u.Email)
		proof, err := p.auth.CheckSignIn(t.Context(), auth.PasswordSignIn{Email: u.Email, Password: password}, device.Client{})
		if err != nil {
			t.Fatal(err)
		}
		p.browser().Post(link, "password", otherPassword).Want(http.StatusSeeOther)
		if _, err := p.sessions.SignIn(t.Context(), proof, session.SignInRequest{NewToken: session.NewToken{NewTokenHash: "late " + u.ID}}); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("a sign-in with the old password: got %v, want ErrConflict", err)
		}
		key := account.OneTimeToken{TokenHash: "late key " + u.ID, UserID: u.ID, Purpose: "reset", ExpiresAt: time.Now().Add(time.Hour)}
		e := audit.Event{ID: "e" + u.ID, UserID: u.ID, Kind: audit.PasswordResetRequested}
		if err := p.store.ReplaceOneTimeToken(t.Context(), key, u.Epoch, account.Press{}, e); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("a token for the account as it was before: got %v, want ErrConflict", err)
		}
	})
}

// Nothing tells an address with an account from one without: answer and headers are the same, and whoever has none gets
// no email (ASVS v5.0.0-6.3.8).
func TestForgottenPasswordTellsNothing(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	known, disabled, demo := p.newUser("Kay"), p.newUser("Dis"), p.browser()
	p.exec(`UPDATE users SET disabled_at = $1 WHERE id = $2`, longAgo, disabled.ID)
	demo.Post("/demo").Want(http.StatusSeeOther)
	var demoEmail string
	if err := p.store.DB().QueryRow(`SELECT email FROM users WHERE demo_until IS NOT NULL`).Scan(&demoEmail); err != nil {
		t.Fatal(err)
	}
	unknown := webtest.Email()
	want := p.browser().Post("/password/forgot", "email", known.Email).Want(303)
	for what, email := range map[string]string{"unknown": unknown, "disabled": disabled.Email, "demo": demoEmail, "other case": strings.ToUpper(known.Email)} {
		sameAnswer(t, what, p.browser().Post("/password/forgot", "email", email), want)
	}
	p.email(known.Email, "/password/reset/")
	for range guard.EmailsHere.Burst + 2 { // limited alike
		again, nobody := p.browser().Post("/password/forgot", "email", known.Email), p.browser().Post("/password/forgot", "email", unknown)
		for _, answer := range []*webtest.Answer{again, nobody} { // the first was asked for a moment earlier
			answer.Header.Del("Retry-After")
			answer.Body = regexp.MustCompile(`again in [^.]+\.`).ReplaceAllString(answer.Body, "again in a while.")
		}
		if again.StatusCode == nobody.StatusCode { // the owner's address was typed once more, in capitals
			sameAnswer(t, "again, unknown", nobody, again)
		}
	}
	for _, email := range []string{known.Email, unknown} {
		p.browser().Post("/password/forgot", "email", email).Want(http.StatusTooManyRequests).Says("we sent none this time")
	}
	for _, l := range p.outbox.Emails() {
		if l.To != known.Email {
			t.Errorf("an email went to %s", l.To)
		}
	}
	p.browser().Post("/password/forgot", "email", "no address").Want(422).Says("Write an address like")
}

// Emails are limited by reader, requests by network.
func TestForgottenPasswordLimits(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Lim")
	inTime(t, p, func(t *testing.T) {
		b := p.browser()
		for i := range guard.EmailsHere.Burst + 3 {
			answer := b.Post("/password/forgot", "email", u.Email)
			if limited := answer.StatusCode == http.StatusTooManyRequests; limited != (i >= guard.EmailsHere.Burst) {
				t.Errorf("email %d: got %d", i+1, answer.StatusCode)
			}
		}
		p.email(u.Email, "/password/reset/")
		for range guard.Resets.Burst - guard.EmailsHere.Burst - 3 {
			b.Post("/password/forgot", "email", webtest.Email()).Want(http.StatusSeeOther)
		}
		res := b.Post("/password/forgot", "email", u.Email).Want(http.StatusTooManyRequests).Says("Please try again in")
		if res.Header.Get("Retry-After") == "" || !strings.Contains(res.Body, u.Email) {
			t.Error("no Retry-After, or what was typed is lost")
		}
		time.Sleep(time.Minute) // what is done in the background of the answers may be waiting for SQLite
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'password_reset_requested'`); n != guard.EmailsHere.Burst {
			t.Errorf("%d emails for one reader, want %d", n, guard.EmailsHere.Burst)
		}
	})
}

// The link begins with the configured address, whatever the request says (WSTG-INPV-17).
func TestResetLinkIgnoresTheHost(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Hal")
	b := p.browser()
	r := b.NewRequest("POST", "/password/forgot", strings.NewReader("email="+u.Email))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, name := range []string{"X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-Host"} {
		r.Header.Set(name, "evil.example")
	}
	r.Header.Set("Origin", "https://evil.example")
	r.Host = "evil.example"
	b.Do(r)
	b.Post("/password/forgot", "email", u.Email).Want(http.StatusSeeOther)
	if message := p.email(u.Email, "/password/reset/"); strings.Contains(message, "evil") {
		t.Errorf("the request changed the email:\n%s", message)
	}
}

// While the bag is unavailable a password can be reset: nobody is kept from their account by a cache.
func TestResetWithoutBag(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Bea")
	b := p.browser()
	b.keeps("lantern")
	link := b.forgets(u.Email)
	p.exec(`ALTER TABLE bags RENAME TO gone_bags`)
	b.Follow(b.Get(link)).Want(http.StatusOK).Says(u.Email)
	b.Post("/password/reset", "password", otherPassword).Leads("/login?reset=yes")
	p.exec(`ALTER TABLE gone_bags RENAME TO bags`)
	p.browser().SignIn(u.Email, otherPassword)
}

// Whoever knows the cookie that was in a browser before the link of an email was followed there has nothing of the link.
func TestLinkIsNotUnderAnOlderToken(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Vic")
		shared := p.browser()
		shared.keeps("lantern")
		noted := p.holding(shared.Token())
		shared.Get(shared.forgets(u.Email)).Leads("/password/reset" + shownFor(u.ID))
		noted.Get("/password/reset").Want(http.StatusNotFound)
		noted.Post("/password/reset", "password", otherPassword).Want(http.StatusNotFound)
		shared.Get("/password/reset").Want(http.StatusOK).Says(u.Email)

		b := p.signedIn(u)
		confirm, _ := b.moves(u, webtest.Email())
		thief := p.holding(b.Token())
		b.Get(confirm).Leads("/account/email/confirm")
		thief.Get("/account/email/confirm").Want(http.StatusNotFound)
	})
}

// A form does to no other account what it was shown for, although another link was followed in the same browser.
func TestFormsNameTheirAccount(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ann, bob := p.newUser("Ann"), p.newUser("Bob")
	b := p.browser()
	tab := b.Follow(b.Get(b.forgets(ann.Email))).Want(http.StatusOK).Says(ann.Email)
	next := b.Follow(b.Get(b.forgets(bob.Email))).Want(http.StatusOK).Says(bob.Email)
	b.Submit(tab, "/password/reset", "password", otherPassword).Want(http.StatusConflict).Says("Nothing was changed")
	p.browser().SignIn(ann.Email, password)
	p.browser().SignIn(bob.Email, password)
	b.Submit(next, "/password/reset", "password", otherPassword).Leads("/login?reset=yes")
	p.browser().SignIn(bob.Email, otherPassword)

	vera, hers, _ := p.enrolled("Vera")
	walt, his, _ := p.enrolled("Walt", hers)
	two := p.withPassword(vera.Email)
	form := two.Get("/login/verify")
	two.Post("/login", "email", walt.Email, "password", password).Leads("/login/verify")
	two.Submit(form, "/login/verify", "code", hers.code()).Want(http.StatusConflict).Says("Nothing was changed")
	if n := p.count(`SELECT attempts_left FROM pending_sign_ins WHERE user_id = $1`, walt.ID); n != auth.PendingAttempts {
		t.Errorf("%d attempts left, want all", n)
	}
	two.Submit(two.Get("/login/verify"), "/login/verify", "code", his.code()).Leads("/account")
}

// A request that shows neither where it comes from nor that it is ours resets no password with the cookie of a link.
func TestResetFromAnotherSite(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, b := p.newUser("Rex"), p.browser()
	b.Get(b.forgets(u.Email)).Leads("/password/reset" + shownFor(u.ID))
	r := b.Request(http.MethodPost, "/password/reset", "password", otherPassword)
	r.Header.Del("Sec-Fetch-Site")
	r.Header.Del("Origin")
	b.Do(r).Want(http.StatusForbidden)
	p.browser().SignIn(u.Email, password)
}

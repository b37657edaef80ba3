package handlers

import (
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/webtest"
)

// Where a second factor is required whoever has none gets one and does nothing else; where somebody has one, they use it.
func secondFactorIsAsked(t *testing.T) {
	t.Run("required", TestSecondFactorRequired)
	p := newPortal(t)
	u, app, _ := p.enrolled("Mia")
	b := p.withPassword(u.Email)
	if b.Alive() || p.sessionsOf(u) != 0 {
		t.Error("the password alone opened the account")
	}
	b.Post("/login/verify", "code", app.code()).Leads("/account")
}

// After the password alone every route is as dead as before it, with everything else that could be valid for it.
func pathwaysAreEqual(t *testing.T) {
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	u, _, _ := p.enrolled("Paula")
	err := chi.Walk(p.app.routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		line := method + " " + route
		if route == "/static/*" {
			return nil
		}
		in := p.validFor(u, line)
		address := regexp.MustCompile(`{[a-z]+}`).ReplaceAllLiteralString(route, in.param)
		b := p.withPassword(u.Email)
		if method == "POST" {
			b.Post(address, in.form...)
		} else {
			b.Get(address)
		}
		if p.sessionsOf(u) != 0 || (b.Alive() && !strings.HasPrefix(line, "POST /demo")) {
			t.Errorf("%s opened the account after the password alone", line)
			p.exec(`UPDATE sessions SET ended_at = $1, end_reason = 'revoked' WHERE user_id = $2`, longAgo, u.ID)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	d := p.signedIn(p.newUser("Paola")).passkeyOf("Laptop")
	b := p.browser()
	b.finish(d.answers(b.begin(beginSignIn)), "").Want(http.StatusOK)
	d.flags &^= userVerified // one factor, where the other pathway asks for two
	b = p.browser()
	b.finish(d.answers(b.begin(beginSignIn)), "").Want(http.StatusUnprocessableEntity)
	if b.Alive() {
		t.Error("a passkey that did not verify its user signed in")
	}
}

// Emails of an account with a second factor lead to the sign-in, and that goes on asking for it.
func emailsPassNoSecondFactor(t *testing.T) {
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	u := p.newUser("Lisa")
	owner, to := p.signedIn(u), webtest.Email()
	owner.enrolApp()
	owner.Post("/account/email", "email", to).Leads("/account/email")
	confirm, stop := linkIn(t, p.email(to, "/account/email/confirm/")), linkIn(t, p.email(u.Email, "/email/undo/"))
	reader := p.browser()
	reader.Get(confirm)
	reader.Post("/account/email/confirm")
	owner.confirmsEmail(confirm).Leads("/account/profile")
	p.withPassword(to)
	link := reader.forgets(to)
	reader.Post(link, "password", otherPassword).Leads("/login?reset=yes")
	reader.Post("/login", "email", to, "password", otherPassword).Leads("/login/verify")
	reader.Post(stop).Leads("/password/forgot?undone=yes")
	reader.Post(reader.forgets(u.Email), "password", password).Leads("/login?reset=yes")
	b := p.withPassword(u.Email)
	for what, one := range map[string]*browser{"the reader": reader, "whoever has the password": b} {
		if one.Alive() || p.sessionsOf(u) != 0 {
			t.Errorf("%s got in without a second factor", what)
		}
	}
}

// A sign-in from elsewhere, one after many failures, and one that stops at the second step are told.
func suspicionIsTold(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Susi")
	p.signInFrom(u, webtest.ChromeOnMac, "198.51.100.7")
	p.signInFrom(u, firefoxOnLinux, "203.0.113.9")
	p.email(u.Email, "A sign-in from a new device")
	for range 5 {
		p.browser().at("198.51.100.7").guess(u.Email)
	}
	p.signInFrom(u, webtest.ChromeOnMac, "203.0.113.9")
	p.email(u.Email, "A sign-in after many that failed")
	half, app, _ := p.enrolled("Hal")
	b := p.withPassword(half.Email)
	for range guard.WrongCodes.Burst + 1 {
		b.Post("/login/verify", "code", app.wrong())
	}
	p.email(half.Email, "Somebody knows your password")
}

// Each change of the ways into an account is an email to its owner, and one of the address goes to both, without a secret.
func changesAreTold(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Cleo")
	inTime(t, p, func(t *testing.T) {
		p.limits.Limiter = limiterOff{}
		b, to := p.signedIn(u), webtest.Email()
		wantEmail := func(email, about string) {
			t.Helper()
			if message := p.email(email, about); strings.Contains(message, password) || strings.Contains(message, otherPassword) {
				t.Errorf("the email about %q holds a password", about)
			}
		}
		confirm, _ := b.moves(u, to)
		wantEmail(u.Email, "/email/undo/")
		wantEmail(to, "/account/email/confirm/")
		b.confirmsEmail(confirm).Leads("/account/profile")
		wantEmail(u.Email, "began to use another address")
		b.changePasswordTo(otherPassword).Want(http.StatusSeeOther)
		wantEmail(to, "password")
		p.browser().Post(p.browser().forgets(to), "password", password).Leads("/login?reset=yes")
		wantEmail(to, "was set with a link")
		b.SignIn(to, password)
		b.enrolApp()
		wantEmail(to, "A second step was set up")
		d := newPasskeyDevice(t)
		b.enrol(d, "Laptop").Want(http.StatusSeeOther)
		wantEmail(to, "A passkey was added")
		b.Post(recoveryCodesPage).Want(http.StatusSeeOther)
		wantEmail(to, "You have new recovery codes")
		b.Post(passkeysPage + "/" + p.passkeyID(d) + "/remove").Want(http.StatusSeeOther)
		wantEmail(to, "A passkey was removed")
		b.Post("/account/security/totp/remove").Want(http.StatusSeeOther)
		wantEmail(to, "A second step was removed")
	})
}

// A reset is good once, for half an hour, for its account, until a newer one or a change of the password; and the code is
// asked afterwards as before.
func resetsAreBound(t *testing.T) {
	p := newPortal(t)
	u, other := p.newUser("Resi"), p.newUser("Rosa")
	inTime(t, p, func(t *testing.T) {
		p.limits.Limiter = limiterOff{}
		owner, b := p.signedIn(u), p.browser()
		app, _ := owner.enrolApp()
		dead := func(what, link string) {
			t.Helper()
			if got := b.Post(link, "password", otherPassword); got.StatusCode != http.StatusGone {
				t.Errorf("%s: got %d, want 410", what, got.StatusCode)
			}
		}
		older := b.forgets(u.Email)
		newer := b.forgets(u.Email)
		dead("a newer one was asked for", older)
		time.Sleep(account.ResetValid)
		dead("half an hour went by", newer)
		owner = p.withPassword(u.Email)
		owner.Post("/login/verify", "code", app.code()).Leads("/account")
		link := b.forgets(u.Email)
		time.Sleep(time.Minute)
		owner.Post("/account/security/password", "current_password", password, "code", app.code(), "password", password).Leads("/account/security")
		dead("the password was changed", link)
		link = b.forgets(u.Email)
		b.Post("/email/confirm/" + path.Base(link)).Want(http.StatusNotFound)
		b.Post(link, "password", otherPassword, "email", other.Email).Leads("/login?reset=yes")
		b.Post(link, "password", password).Leads(link) // it was used
		p.browser().Post("/login", "email", u.Email, "password", password).Want(http.StatusUnprocessableEntity)
		if b.Alive() || owner.Alive() {
			t.Error("somebody is signed in after the reset")
		}
		p.browser().SignIn(other.Email, password)
		b.Post("/login", "email", u.Email, "password", otherPassword).Leads("/login/verify")
		time.Sleep(time.Minute)
		if b.Alive() {
			t.Error("the reset passed the second factor")
		}
		b.Post("/login/verify", "code", app.code()).Leads("/account")
	})
}

// Whoever has lost a factor shows another one or a recovery code, at the sign-in and before the lost one is replaced. The
// password and every email together do neither.
func lostFactorsAreReplaced(t *testing.T) {
	t.Run("emails", emailsPassNoSecondFactor)
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	u := p.newUser("Lotta")
	b := p.signedIn(u)
	_, codes := b.enrolApp()
	d := newPasskeyDevice(t)
	b.enrol(d, "Laptop").Want(http.StatusSeeOther)
	b = p.withPassword(u.Email)
	b.Post("/login/verify", "code", codes[0]).Leads("/account")
	b.Post("/account/security/totp", "begin", "yes").Leads("/reauth?next=%2Faccount%2Fsecurity%2Ftotp")
	b.Post("/reauth", "password", password).Want(http.StatusUnprocessableEntity)
	b.Post("/account/security/totp/remove").Want(http.StatusSeeOther)
	if p.count(`SELECT count(*) FROM totp_secrets`) != 1 {
		t.Fatal("the app was removed by the password and the recovery code of the sign-in")
	}
	b.Post("/reauth", "assertion", d.answers(b.begin(beginConfirm)), "next", "/account/security/totp").Leads("/account/security/totp")
	b.Post("/account/security/totp", "begin", "yes").Leads("/account/security/totp")
	app := newAuthenticator(t, b.Get("/account/security/totp").Body)
	b.Post("/account/security/totp", "code", app.code()).Leads("/account/security")
	p.withPassword(u.Email).Post("/login/verify", "code", app.code()).Leads("/account")
}

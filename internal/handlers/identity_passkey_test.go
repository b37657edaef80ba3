package handlers

import (
	"net/http"
	"strings"
	"testing"

	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/webtest"
)

// A passkey alone confirms who sends a form, in every form that asks (ASVS v5.0.0-7.5.1). A password alone does not.
func TestPasskeyConfirms(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		p.limits.Limiter = limiterOff{}
		for path, c := range map[string]struct {
			fields []string // beside those that show who sends it
			field  string   // of the password
			want   string
		}{
			"/reauth":                      {[]string{"next", "/account/sessions"}, "password", "/account/sessions"},
			"/account/sessions/end-others": {nil, "password", "/account/sessions"},
			"/account/sessions/end-all":    {nil, "password", "/signed-out"},
			"/account/security/password":   {[]string{"password", otherPassword}, "current_password", "/account/security"},
		} {
			owner := p.signedIn(p.newUser("Confirmer"))
			d := owner.passkeyOf("Laptop")
			b := p.browser()
			b.finish(d.answers(b.begin(beginSignIn)), "").Want(http.StatusOK)
			page := b.Get(path).Want(http.StatusOK)
			if !strings.Contains(page.Body, `data-passkey="confirm" hidden`) || !strings.Contains(page.Body, "/static/passkey.") {
				t.Errorf("%s does not ask for a passkey", path)
			}
			b.Post(path, append([]string{c.field, password}, c.fields...)...).Want(http.StatusUnprocessableEntity).Says("recovery code")
			b.Post(path, append([]string{"assertion", "{}"}, c.fields...)...).Want(http.StatusUnprocessableEntity).Says("That passkey was not accepted.")
			answer := d.answers(b.begin(beginConfirm))
			token := b.Token()
			b.Post(path, append([]string{"assertion", answer}, c.fields...)...).Leads(c.want)
			if path != "/account/sessions/end-all" {
				if b.Token() == token || !b.Alive() {
					t.Errorf("%s: not alive under another token", path)
				}
				b.Post("/account/security/password", "assertion", answer, "password", password).Want(http.StatusUnprocessableEntity)
			}
		}
	})
}

// An answer counts in the session it was asked for, for one form, from the person signed in.
func TestPasskeyConfirmsHere(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	owner := p.signedIn(p.newUser("Owner"))
	d := owner.passkeyOf("Laptop")
	b, other := p.browser(), p.browser()
	for _, one := range []*browser{b, other} {
		one.finish(d.answers(one.begin(beginSignIn)), "").Want(http.StatusOK)
	}
	mallory := p.signedIn(p.newUser("Mallory"))
	theirs := mallory.passkeyOf("Theirs")
	asked := b.begin(beginConfirm)
	unverified := *d
	unverified.flags &^= userVerified
	for what, answer := range map[string]string{
		"another session": d.answers(other.begin(beginConfirm)), "a sign-in": d.answers(b.begin(beginSignIn)),
		"somebody else": theirs.answers(asked), "unverified": unverified.answers(asked), "no answer": "[]",
	} {
		b.Post("/reauth", "assertion", answer, "next", "/account").Want(http.StatusUnprocessableEntity)
		if strings.Contains(b.Get("/account").Body, "Confirmed until") {
			t.Errorf("%s: confirmed", what)
		}
	}
	if !strings.Contains(p.log.String(), `"msg":"reauth_fail"`) {
		t.Error("no reauth_fail in the log")
	}
	b.Get("/account/activity").Says("A passkey that was given to confirm it is you was refused")
	owner.Post("/account/security/password", "assertion", d.answers(owner.begin(beginEnrol)), "password", otherPassword).Want(http.StatusUnprocessableEntity)
	owner.Post(finishEnrol, "credential", newPasskeyDevice(t).makes(owner.begin(beginConfirm)), "name", "x").Want(http.StatusUnprocessableEntity)
	answer := d.answers(asked) // the wrong ones have not used it up
	b.Post("/reauth", "assertion", answer, "next", "/account").Leads("/account")
	b.Post("/account/security/password", "assertion", answer, "password", otherPassword).Want(http.StatusUnprocessableEntity)
	mallory.postJSON(beginConfirm, struct{}{}).Want(http.StatusOK)
	p.signedIn(p.newUser("None")).postJSON(beginConfirm, struct{}{}).Want(http.StatusNotFound)
}

// Somebody at the second step may use a passkey in place of a code. What waited is gone, and its wishes are kept.
func TestPasskeyAsSecondStep(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		p.limits.Limiter = limiterOff{}
		u := p.newUser("Second")
		d := p.signedIn(u).passkeyOf("Laptop")
		b := p.browser()
		b.Post("/login", "email", u.Email, "password", password, "next", "/account/sessions", "remember", "on").Leads("/login/verify")
		page := b.Get("/login/verify").Want(http.StatusOK).Body
		if !strings.Contains(page, `data-next="/account/sessions"`) || !strings.Contains(page, "data-remember") {
			t.Error("the page does not carry what was wished for")
		}
		b.finish(d.answers(b.begin(beginSignIn)), "/account/sessions").Want(http.StatusOK)
		if n := p.count(`SELECT count(*) FROM pending_sign_ins`); n != 0 {
			t.Errorf("%d sign-ins wait", n)
		}
		b.Get("/login/verify").Leads("/login")
		b.Get("/account/sessions").Says("with passkey")
	})
}

// A session that waits because it was used from elsewhere is confirmed by a passkey, too.
func TestPasskeyConfirmsClient(t *testing.T) {
	t.Parallel()
	p := portalOn(t, sqliteBackend(t), func(_ *Options, policy *settings) { policy.OnClientChange = session.ClientChangeReauth })
	b := p.signedIn(p.newUser("Mover"))
	d := b.passkeyOf("Laptop")
	b.Agent = webtest.FirefoxOnWindows
	b.Get("/account").Leads("/reauth?next=%2Faccount")
	b.Post("/reauth", "assertion", d.answers(b.begin(beginConfirm)), "next", "/account").Leads("/account")
	b.Get("/account").Want(http.StatusOK)
}

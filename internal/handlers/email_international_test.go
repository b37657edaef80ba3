package handlers

import (
	"net/http"
	"strings"
	"testing"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/webtest"
)

// addressForms are one address as people type it, the readable form first, and the form under which it is looked up.
func addressForms() (forms []string, key string) {
	local, _, _ := strings.Cut(webtest.Email(), "@")
	key = local + "@xn--bcher-kva.example"
	return []string{local + "@bücher.example", key, strings.ToUpper(local) + "@BÜＣher。example"}, key
}

// joins signs up and confirms.
func (b *browser) joins(email, readable string) {
	b.p.t.Helper()
	b.Post("/signup", "name", "Ann", "email", email, "password", password).Leads("/signup/sent")
	b.Post(linkIn(b.p.t, b.p.email(readable, "confirm/"))).Leads("/login?confirmed=yes")
}

// Whichever form of an address an account has, each form is that account everywhere, and pages show the readable one.
func TestInternationalAddress(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		p.limits.Limiter = limiterOff{}
		for typed := range 2 {
			forms, key := addressForms()
			p.browser().joins(forms[typed], forms[0])
			pass := password
			for i, form := range forms {
				b := p.browser()
				b.Post("/login", "email", form, "password", pass).Leads("/account")
				b.Get("/account").Says(forms[0]).SaysNot("xn--")
				b.Reauth(pass)
				b.Post("/account/email", "email", form).Want(http.StatusUnprocessableEntity).Says("That is your address already.")
				p.browser().Post("/signup", "name", "Ann", "email", form, "password", password).Leads("/signup/sent")
				p.nextEmail(forms[0], "You already have an account", i)
				before := len(p.textsTo(forms[0], "/password/reset/"))
				b.Post("/logout")
				b.Post("/password/forgot", "email", form).Leads("/password/forgot/sent")
				link := linkIn(t, p.nextEmail(forms[0], "/password/reset/", before))
				pass = strings.Repeat(otherPassword, i+1)
				b.Post(link, "password", pass).Leads("/login?reset=yes")
				if _, err := p.accounts.CreateUser(t.Context(), "Ann", form, password, auth.RoleMember); err == nil {
					t.Errorf("an operator made a second account of %s", form)
				}
			}
			if n := p.count(`SELECT count(*) FROM users WHERE email_key = $1`, key); n != 1 {
				t.Errorf("%d accounts under %s, want 1", n, key)
			}
		}
	})
}

// The change to an international address ends with one key too.
func TestChangeToInternationalAddress(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	forms, key := addressForms()
	b := p.signedIn(p.newUser("Ann"))
	b.Reauth(password)
	b.Post("/account/email", "email", forms[1]).Leads("/account/email")
	b.Get("/account/email").Says(forms[0]).SaysNot("xn--")
	link := linkIn(t, p.email(forms[0], "/account/email/confirm"))
	b.Get(link)
	b.Post("/account/email/confirm").Leads("/account/profile")
	p.browser().SignIn(forms[0], password)
	if n := p.count(`SELECT count(*) FROM users WHERE email_key = $1 AND email = $2`, key, forms[0]); n != 1 {
		t.Errorf("%d accounts under %s, want 1", n, key)
	}
}

// Accounts from before keep working, under the form they were stored with and under the other, and nobody gets a second one.
func TestAddressesFromBefore(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		p.limits.Limiter = limiterOff{}
		hash, err := p.app.Auth.HashPassword(t.Context(), password)
		if err != nil {
			t.Fatal(err)
		}
		store := func(email string) {
			u := auth.User{ID: audit.NewID(), Email: email, NormalizedEmail: email, Name: "Ann", Role: auth.RoleMember, PasswordHash: hash, CreatedAt: audit.Now()}
			u.PasswordChangedAt = u.CreatedAt
			if err := p.store.CreateUser(t.Context(), u, audit.NewEvent(audit.UserCreated, u.ID, "", device.Client{})); err != nil {
				t.Fatal(err)
			}
		}
		for stored := range 2 {
			forms, _ := addressForms()
			store(forms[stored])
			for _, form := range forms {
				b := p.browser()
				b.Post("/login", "email", form, "password", password).Leads("/account")
				b.Get("/account").Says(forms[0]).SaysNot("xn--")
			}
			if _, err := p.accounts.CreateUser(t.Context(), "Ann", forms[1-stored], password, auth.RoleMember); err == nil {
				t.Errorf("an operator made a second account of %s", forms[stored])
			}
		}
		forms, _ := addressForms()
		store(forms[0])
		store(forms[1]) // both forms, each an account of its own
		for _, form := range []string{forms[0], forms[1], "ann@foo_bar.example", "änn@example.org"} {
			if !strings.HasSuffix(form, "cher.example") && !strings.HasSuffix(form, "kva.example") {
				store(form)
			}
			p.browser().Post("/login", "email", form, "password", password).Leads("/account")
		}
		if n := p.count(`SELECT count(DISTINCT user_id) FROM sessions`); n != 6 {
			t.Errorf("%d accounts were signed in to, want 6", n)
		}
	})
}

// An address at which no email would arrive is refused at once, and stays in the form.
func TestUndeliverableAddress(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	const domain, local = "after the @", "before the @"
	b := p.signedIn(p.newUser("Ann"))
	b.Reauth(password)
	for email, says := range map[string]string{
		"ann@foo_bar.example": domain, "ann@xn--a.example": domain, "ann@-foo.example": domain, "ann@xn--bcher-kva.123": domain,
		"ann@" + strings.Repeat("ü", 60) + ".example": domain, "ann@" + strings.Repeat("a", 64) + ".example": domain,
		"änn@example.org": local, "ann\u0661@bücher.example": local, "ann": "name@example.com", "ann@localhosts": "name@example.com",
	} {
		kept := `value="` + email + `"`
		for _, res := range []*webtest.Answer{
			p.browser().Post("/signup", "name", "Ann", "email", email, "password", password),
			b.Post("/account/email", "email", email),
		} {
			if res.Want(http.StatusUnprocessableEntity).Says(says); !strings.Contains(res.Body, kept) {
				t.Errorf("%s is not in the form any more", email)
			}
		}
		if says != local { // an account from before may have one
			p.browser().Post("/password/forgot", "email", email).Want(http.StatusUnprocessableEntity).Says(says)
		}
		if _, err := p.accounts.CreateUser(t.Context(), "Ann", email, password, auth.RoleMember); err == nil {
			t.Errorf("an operator made an account of %s", email)
		}
	}
}

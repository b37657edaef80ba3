package handlers

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/webtest"
)

// What counts is wrong codes in a row: a right one, or a recovery code, ends the row (docs/security/attempts.md).
func TestCodesInARow(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Rowena")
	inTime(t, p, func(t *testing.T) {
		app, codes := p.signedIn(u).enrolApp()
		forget := func() { // how often the password was given
			p.limits.Reset(t.Context(), "account here:"+device.Client{IP: p.browser().IP}.Largest()+":"+u.NormalizedEmail)
			p.limits.Reset(t.Context(), "account:"+u.NormalizedEmail)
			p.limits.Reset(t.Context(), "address:"+customer(p.browser().IP))
		}
		fail := func(n int) {
			t.Helper()
			for range n {
				p.withPassword(u.Email).Post("/login/verify", "code", app.wrong()).Want(http.StatusUnprocessableEntity)
				forget() // a recovery code would do it, and end the row of codes with it
			}
		}
		for _, right := range []func() string{app.code, func() string { return codes[0] }} {
			fail(guard.Codes.Burst - 1)
			time.Sleep(time.Minute)
			p.withPassword(u.Email).Post("/login/verify", "code", right()).Leads("/account")
		}
		fail(guard.Codes.Burst)
		b := p.withPassword(u.Email)
		for _, minutes := range []int{1, 2} {
			res := b.Post("/login/verify", "code", app.code()).Want(http.StatusTooManyRequests)
			if got := res.Header.Get("Retry-After"); got != strconv.Itoa(60*minutes) {
				t.Errorf("Retry-After %s, want %d minutes", got, minutes)
			}
			time.Sleep(time.Duration(minutes) * time.Minute)
			b.Post("/login/verify", "code", app.wrong()).Want(http.StatusUnprocessableEntity)
		}
	})
}

// While the codes of an account wait nothing else does: not its recovery codes, its passkey, nor a reset of its password.
func TestWaitOfCodesLocksNobodyOut(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Lock")
	owner := p.signedIn(u)
	app, codes := owner.enrolApp()
	d := newPasskeyDevice(t)
	owner.enrol(d, "Laptop").Want(http.StatusSeeOther)
	for range guard.Codes.LockAfter {
		p.limits.Take(t.Context(), "code:"+u.ID, guard.Codes.Rule)
	}
	locked := p.withPassword(u.Email)
	locked.Post("/login/verify", "code", app.code()).Want(http.StatusTooManyRequests).Says("or use a recovery code")
	b := p.browser()
	b.finish(d.answers(b.begin(beginSignIn)), "").Want(http.StatusOK)
	link := p.browser().forgets(u.Email)
	p.browser().Post(link, "password", otherPassword).Leads("/login?reset=yes")
	b.Post("/login", "email", u.Email, "password", otherPassword).Leads("/login/verify")
	b.Post("/login/verify", "code", codes[0]).Leads("/account")
}

// Whatever takes a code spends it: afterwards the code opens nothing.
func TestCodeIsSpent(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		p.limits.Limiter = limiterOff{}
		for name, use := range map[string]func(b *browser, email, code string) *webtest.Answer{
			"sign-in": func(_ *browser, email, code string) *webtest.Answer {
				return p.withPassword(email).Post("/login/verify", "code", code)
			},
			"re-authentication": func(b *browser, _, code string) *webtest.Answer {
				return b.Post("/reauth", "password", password, "code", code)
			},
			"end of the others": func(b *browser, _, code string) *webtest.Answer {
				return b.Post("/account/sessions/end-others", "password", password, "code", code)
			},
			"end of all": func(b *browser, _, code string) *webtest.Answer {
				return b.Post("/account/sessions/end-all", "password", password, "code", code)
			},
			"password": func(b *browser, _, code string) *webtest.Answer {
				return b.Post("/account/security/password", "current_password", password, "password", otherPassword, "code", code)
			},
			"payment": func(b *browser, _, code string) *webtest.Answer {
				b.Post("/basket", "plan", "porch")
				return b.Submit(b.Get("/billing/checkout"), "/billing/checkout", "password", password, "code", code)
			},
			"export": func(b *browser, _, code string) *webtest.Answer {
				return b.Post(exportPath, "password", password, "code", code)
			},
			"deletion": func(b *browser, _, code string) *webtest.Answer {
				return b.Post(deletePage, "sure", "on", "password", password, "code", code)
			},
		} {
			u, _, codes := p.enrolled("Vera")
			b := p.withPassword(u.Email)
			b.Post("/login/verify", "code", codes[0]).Leads("/account")
			if got := use(b, u.Email, codes[1]).StatusCode; got != http.StatusSeeOther && got != http.StatusOK {
				t.Fatalf("%s: got %d", name, got)
			}
			if n := p.count(`SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL`, u.ID); n != 8 {
				t.Errorf("%s: %d codes are left, want 8", name, n)
			}
			if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE user_id = $1 AND kind = 'recovery_code_used'`, u.ID); n != 2 {
				t.Errorf("%s: %d events of used codes, want 2", name, n)
			}
			again := p.browser()
			now := password
			if name == "password" {
				now = otherPassword
			}
			again.Post("/login", "email", u.Email, "password", now).Leads("/login/verify")
			again.Post("/login/verify", "code", codes[1]).Want(http.StatusUnprocessableEntity)
		}
	})
}

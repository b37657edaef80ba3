package handlers

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/ratelimit"
	"example.com/gatehouse/webtest"
)

// Every payment takes the password, right after a re-authentication too, and the answer opens nothing else.
func TestPaymentTakesThePassword(t *testing.T) {
	t.Parallel()
	onTills(t, func(t *testing.T, p *portal, k *bank) {
		u, b := p.payer("visa-4242")
		b.Get("/billing/payment-method").Want(http.StatusOK) // re-authenticated a moment ago
		shown := b.reviewed()
		b.confirm(shown, "").Want(422).Says("Enter your password.")
		b.confirm(shown, otherPassword).Want(422).Says("That is not your password.")
		p.settled(0, 0, 0)
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'payment_confirm_fail' AND user_id = $1`, u.ID); n != 1 || k.charges() != 0 {
			t.Errorf("%d failed confirmations and %d charges, want 1 and 0", n, k.charges())
		}
		other := p.signedIn(u)
		other.Post("/basket", "plan", "keep")
		token := other.Token()
		other.confirm(other.reviewed(), password).Want(http.StatusSeeOther)
		p.settled(1, 0, 0)
		other.Get("/billing/payment-method").Leads("/reauth?next=%2Fbilling%2Fpayment-method")
		if other.Token() != token {
			t.Error("paying rotated the token")
		}
	})
}

// Guessing in the review counts like guessing anywhere else in the session.
func TestPaymentGuesses(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	k := p.till(nil)
	_, b := p.payer("visa-4242")
	shown := b.reviewed()
	for range 3 {
		b.confirm(shown, otherPassword).Want(422)
	}
	b.Reauth(otherPassword).Want(422)
	b.confirm(shown, otherPassword).Want(422)
	if res := b.confirm(shown, password).Want(http.StatusTooManyRequests); res.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	p.settled(0, 0, 0)
	if k.charges() != 0 {
		t.Error("the bank was asked")
	}
}

// A payment takes the code beside the password, and a recovery code in its place (ASVS v5.0.0-7.5.1).
func TestPaymentTakesTheCode(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Cody")
	k := p.till(nil)
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		app, codes := b.enrolApp()
		b.method("visa-4242")
		b.Post("/basket", "plan", "hall").Leads("/plans")
		b.Get("/billing/checkout").Want(http.StatusOK).Says("Six digits from your authenticator app")
		shown := b.reviewed()
		send := func(code string) *webtest.Answer {
			shown.Set("code", code)
			return b.confirm(shown, password)
		}
		send("").Want(http.StatusUnprocessableEntity).Says("Enter the code that your app shows.")
		send(app.wrong()).Want(http.StatusUnprocessableEntity).Says("That code is not right")
		send(app.ofStep(app.last)).Want(http.StatusUnprocessableEntity).Says("That code is not right")
		p.settled(0, 0, 0)
		if k.charges() != 0 {
			t.Error("the bank was asked")
		}
		time.Sleep(2 * time.Minute) // for the limit of the session
		send(codes[0]).Leads("/billing/receipts/" + shown.Get("order"))
		b.Get("/billing").Says("9 of 10 are left")
		p.settled(1, 0, 0)
	})
}

// A payment is confirmed by an answer of its own: one given to open the window pays nothing, and one pays once.
func TestPasskeyPays(t *testing.T) {
	t.Parallel()
	onTills(t, func(t *testing.T, p *portal, _ *bank) {
		_, b := p.payer("visa-4242")
		d := b.passkeyOf("Laptop")
		shown := b.reviewed()
		shown.Del("assertion")
		earlier := d.answers(b.begin(beginConfirm))
		b.Post("/reauth", "assertion", earlier, "next", "/account").Leads("/account")
		p.settled(0, 0, 0)
		b.confirmBy(shown, earlier).Want(http.StatusUnprocessableEntity)
		b.confirm(shown, password).Want(http.StatusUnprocessableEntity)
		p.settled(0, 0, 0)
		good := d.answers(b.begin(beginConfirm))
		var wg sync.WaitGroup
		for range 3 {
			twin := p.holding(b.Token())
			wg.Go(func() { twin.confirmBy(shown, good) })
		}
		wg.Wait()
		p.settled(1, 0, 0)
	})
}

func (b *browser) confirmBy(shown url.Values, assertion string) *webtest.Answer {
	b.p.t.Helper()
	sent := url.Values{"assertion": {assertion}}
	maps.Copy(sent, shown)
	r := b.NewRequest("POST", "/billing/checkout", strings.NewReader(sent.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.Do(r)
}

// racing runs something between the check of the password and the payment: a right password resets its limit.
type racing struct {
	limiterOff
	act func()
}

func (r racing) Reset(context.Context, ...string) { r.act() }

var _ ratelimit.Limiter = racing{}

// A session that is over pays nothing, and neither does one that ends while its password is being checked.
func TestPayingSessionEnds(t *testing.T) {
	t.Parallel()
	for what, act := range map[string]func(p *portal, other, b *browser){
		"revoked": func(_ *portal, other, b *browser) {
			other.Post("/account/sessions/end-others").Want(http.StatusSeeOther)
		},
		"timed out": func(p *portal, _, b *browser) {
			p.exec(`UPDATE sessions SET idle_expires_at = $1 WHERE token_hash = $2`, time.Now().UTC().Add(-time.Second), auth.HashToken(b.Token()))
		},
		"rotated": func(p *portal, _, b *browser) {
			p.exec(`UPDATE sessions SET token_hash = 'another' WHERE token_hash = $1`, auth.HashToken(b.Token()))
		},
	} {
		t.Run(what, func(t *testing.T) {
			onTills(t, func(t *testing.T, p *portal, k *bank) {
				u, b := p.payer("visa-4242")
				other := p.signedIn(u)
				other.Reauth(password)
				shown := b.reviewed()
				p.limits.Limiter = racing{act: func() { act(p, other, b) }}
				b.confirm(shown, password).Want(http.StatusConflict).Says("nothing was changed")
				p.limits.Limiter = limiterOff{}
				p.settled(0, 0, 0)
				if what == "revoked" {
					b.confirm(shown, password).Leads("/login?next=%2Fbilling%2Fcheckout")
				}
				if n := p.count(`SELECT count(*) FROM payments`); n != 0 || k.charges() != 0 {
					t.Errorf("%d payments and %d charges, want none", n, k.charges())
				}
			})
		})
	}
}

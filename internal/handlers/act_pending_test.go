package handlers

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/webtest"
)

const pendingCookie = "__Host-" + brand.PendingCookie

// waiting says how many sign-ins of an account wait for their second step, and how many were recorded.
func (p *portal) waiting(u auth.User) string {
	rows := p.count(`SELECT count(*) FROM pending_sign_ins WHERE user_id = $1`, u.ID)
	return fmt.Sprintf("%d waiting, %d events", rows, p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE user_id = $1 AND kind = 'mfa_required'`, u.ID))
}

// rightPassword sends the form of that page from a browser as it is, and returns the pending sign-in that it got.
func (p *portal) rightPassword(from *browser, page *webtest.Answer, u auth.User, more ...string) (*webtest.Answer, string) {
	b := &browser{from.Twin(), p}
	res := b.Submit(page, "/login", append([]string{"email", u.Email, "password", password}, more...)...)
	return res, b.Cookies[pendingCookie]
}

// A right password that is sent again and again with one form is one sign-in that waits for its second step. It takes one
// attempt, and each answer has the cookie that finishes it.
func TestRightPasswordPressedAgain(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		for name, visit := range map[string]func(*browser){"new": func(*browser) {}, "with a bag": func(b *browser) { b.keeps("lantern") }} {
			u, app, _ := p.enrolled("Vera")
			b := p.browser()
			visit(b)
			page, tokens := b.Get("/login"), map[string]bool{}
			for i := range guard.AccountHere.Burst + 2 {
				res, token := p.rightPassword(b, page, u)
				res.Leads("/login/verify")
				tokens[token] = true
				if i > 0 { // the answer arrived, and the person went back to the form
					b.Cookies[pendingCookie] = token
				}
			}
			if got := p.waiting(u); got != "1 waiting, 1 events" || len(tokens) != 1 || tokens[""] {
				t.Errorf("%s: %s, %d tokens, want one of each", name, got, len(tokens))
			}
			for b.Cookies[pendingCookie] = range tokens {
				b.Post("/login/verify", "code", app.code()).Leads("/account")
			}
		}
	})
}

// Two instances that get it at the same moment save one sign-in.
func TestRightPasswordOnTwoInstances(t *testing.T) {
	t.Parallel()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			stores := open(t)
			p, q := portalOn(t, stores, nil), portalOn(t, stores, nil)
			for range 5 {
				u, _, _ := p.enrolled("Vera")
				b := p.browser()
				page := b.Get("/login")
				var tokens [2]string
				var all sync.WaitGroup
				for i, at := range []*portal{p, q} {
					from := &browser{b.Twin(), at}
					from.moveTo(at)
					all.Go(func() { _, tokens[i] = at.rightPassword(from, page, u) })
				}
				all.Wait()
				if got := p.waiting(u); got != "1 waiting, 1 events" || tokens[0] != tokens[1] || tokens[0] == "" {
					t.Errorf("%s, tokens %.5s and %.5s, want one sign-in", got, tokens[0], tokens[1])
				}
			}
		})
	}
}

// The cookie of a repeated answer lasts no longer than what it is of, and nobody else gets it.
func TestPendingOfAPressIsItsBrowsers(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		u, _, _ := p.enrolled("Vera")
		b := p.browser()
		b.keeps("lantern")
		page := b.Get("/login")
		_, token := p.rightPassword(b, page, u)
		time.Sleep(10 * time.Second)
		res, again := p.rightPassword(b, page, u)
		if line := strings.Join(res.Header.Values("Set-Cookie"), "\n"); again != token || !strings.Contains(line, "; Max-Age=590; ") {
			t.Errorf("got Set-Cookie %q, want the same with 590 seconds", line)
		}
		without := p.browser()
		without.Agent = b.Agent
		for who, got := range map[string]func() (*webtest.Answer, string){
			"without the cookie": func() (*webtest.Answer, string) { return p.rightPassword(without, page, u) },
			"another browser":    func() (*webtest.Answer, string) { return p.rightPassword(b.as(webtest.FirefoxOnWindows), page, u) },
			"other fields":       func() (*webtest.Answer, string) { return p.rightPassword(b, page, u, "more", "x") },
			"late":               func() (*webtest.Answer, string) { time.Sleep(act.Valid); return p.rightPassword(b, page, u) },
		} {
			if _, stolen := got(); stolen == token {
				t.Errorf("%s: got the pending sign-in", who)
			}
		}
	})
}

// Whoever has finished or lost what waited and goes back to the form signs in with it, also within half a minute.
func TestSameFormAfterItsPendingSignIn(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for name, over := range map[string]func(*browser, *authenticator){
		"finished": func(b *browser, app *authenticator) {
			b.Post("/login/verify", "code", app.code()).Leads("/account")
			b.Post("/logout").Leads(signedOutPage)
		},
		"too many codes": func(b *browser, app *authenticator) {
			for range auth.PendingAttempts {
				b.Post("/login/verify", "code", app.wrong())
			}
		},
	} {
		u, app, _ := p.enrolled("Vera")
		b := p.browser()
		page := b.Get("/login")
		res, before := p.rightPassword(b, page, u)
		res.Leads("/login/verify")
		first := p.holding("")
		first.Cookies[pendingCookie] = before
		over(first, app)
		if _, token := p.rightPassword(b, page, u); token == "" || token == before {
			t.Errorf("%s: pending sign-in %.5s, before %.5s, want another", name, token, before)
		}
	}
}

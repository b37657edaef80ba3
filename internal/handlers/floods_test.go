package handlers

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/webtest"
)

// A flood is what one person, or one network, does to fill a table, and the most rows that come of it however often it is done at once.
type flood struct {
	ready func(p *portal) (again func(n int))
	most  int
}

// floods are of all tables that somebody else than an operator can write to, or of those of their rows that are bounded so.
var floods = map[string]flood{
	"acts": {func(p *portal) func(int) { // the same press
		x := actForms["profile"](p)
		return func(int) { x.send(&browser{x.b.Twin(), p}) }
	}, 1},
	"bags": {func(p *portal) func(int) {
		return func(int) { p.browser().Post("/basket", "plan", "hall") }
	}, guard.Baskets.Burst},
	"decoys": {func(p *portal) func(int) { // three for each press that names an address without an account
		return func(int) { p.browser().Post("/password/forgot", "email", webtest.Email()) }
	}, 3 * guard.Resets.Burst},
	"demo_emails": {func(p *portal) func(int) { // one to the address before, one to the other
		b := p.newDemoVisitor()
		_, made := b.demo()
		b.Reauth(made).Leads("/account/sessions")
		return func(n int) { b.Post("/account/email", "email", "flo-"+strconv.Itoa(n)+"@demo.example") }
	}, 2 * guard.EmailChanges.Burst},
	"demo_links": {func(p *portal) func(int) {
		b := p.newDemoVisitor()
		return func(int) { b.Post("/demo/scene/second-device") }
	}, guard.Asked.Burst},
	"demo_scenes": {func(p *portal) func(int) { // the latest run of each
		b := p.newDemoVisitor()
		return func(int) { b.Post("/demo/scene/second-device") }
	}, 1},
	"email_changes": {func(p *portal) func(int) {
		b := p.member()
		return func(int) { b.Post("/account/email", "email", webtest.Email()) }
	}, guard.EmailChanges.Burst},
	"events": {func(p *portal) func(int) {
		b := p.member()
		return func(n int) { b.Post("/account/profile", "name", "Flo "+strconv.Itoa(n)) }
	}, 1},
	"held_forms": {func(p *portal) func(int) {
		u := p.newUser("Flo")
		return func(n int) {
			b := p.signedIn(u)
			b.timeOut()
			b.Post("/account/profile", "name", "Flo "+strconv.Itoa(n))
		}
	}, 12},
	"letter_keys": {func(p *portal) func(int) {
		u := p.newUser("Flo")
		return func(int) { p.browser().Post("/password/forgot", "email", u.Email) }
	}, 1},
	"passkeys": {func(p *portal) func(int) {
		b := p.member()
		return func(int) {
			if res := b.postJSON(beginEnrol, struct{}{}); res.StatusCode == http.StatusOK {
				b.enrol(newPasskeyDevice(p.t), "Key")
			}
		}
	}, 20},
	"payment_methods": {func(p *portal) func(int) {
		b := p.member()
		return func(int) {
			b.Post("/billing/payment-method", "instrument", "mastercard-0002", "name", "Flo", "address", "1 Mint Lane")
		}
	}, 1},
	"payments": {func(p *portal) func(int) {
		_, b := p.payer("mastercard-0002")
		shown := b.reviewed()
		return func(int) { b.confirm(shown, password) }
	}, 1},
	"pending_sign_ins": {func(p *portal) func(int) {
		u, _, _ := p.enrolled("Flo")
		return func(int) { p.browser().Post("/login", "email", u.Email, "password", password) }
	}, guard.AccountHere.Burst},
	"recovery_codes": {func(p *portal) func(int) {
		b := p.member()
		return func(n int) {
			if n == 0 {
				b.enrolApp()
			}
			b.Post(recoveryCodesPage)
		}
	}, 10},
	"sent_tokens": {func(p *portal) func(int) {
		u := p.newUser("Flo")
		return func(int) { p.browser().Post("/password/forgot", "email", u.Email) }
	}, guard.EmailsHere.Burst},
	"session_news": {func(p *portal) func(int) {
		b := p.member()
		return func(int) { b.Post("/session/extend") }
	}, 1},
	"sessions WHERE ended_at IS NULL": {func(p *portal) func(int) {
		u := p.newUser("Flo")
		return func(int) { p.browser().Post("/login", "email", u.Email, "password", password) }
	}, testPolicy.SessionsPerUser},
	"signups": {func(p *portal) func(int) {
		return func(int) { p.browser().Post("/signup", "name", "Flo", "email", webtest.Email(), "password", password) }
	}, guard.SignUps.Burst},
	"spent_challenges": {func(p *portal) func(int) {
		d, b := p.signedIn(p.newUser("Flo")).passkeyOf("Laptop"), p.browser()
		assertion := d.answers(b.begin(beginSignIn))
		return func(int) { b.finish(assertion, "") }
	}, 1},
	"stray_events": {func(p *portal) func(int) { // that a guess failed, and that others were not looked at
		return func(int) { p.browser().guess("nobody@example.org") }
	}, 2},
	"totp_enrolments": {func(p *portal) func(int) {
		b := p.member()
		return func(int) { b.Post("/account/security/totp", "begin", "yes") }
	}, 1},
	"totp_secrets": {func(p *portal) func(int) {
		b := p.member()
		return func(int) {
			b.Post("/account/security/totp", "code", b.beginApp().code())
		}
	}, 1},
	"user_terms": {func(p *portal) func(int) {
		b := p.member()
		return func(n int) { b.Post("/account/profile", "name", "Flo Two"+strconv.Itoa(n)) } // two words
	}, 2},
	"users": {func(p *portal) func(int) {
		return func(int) { p.browser().Post("/demo") }
	}, guard.Demos.Burst},
}

// unflooded are the other tables, and why nobody but those who run the portal writes to them.
var unflooded = map[string]string{
	"development_keys": "made at the first start",
	"key_samples":      "made at a start with a new key",
	"goose_db_version": "written by migrations",
	"sqlite_sequence":  "SQLite's own",
	"letters":          "the outbox, which TestOneMemberDoesNotFillTheOutbox and the tests of package mail fill",
}

// member is a browser with a session of a new account, confirmed a moment ago.
func (p *portal) member() *browser {
	p.t.Helper()
	b := p.signedIn(p.newUser("Flo"))
	b.Reauth(password).Leads("/account/sessions")
	return b
}

// newDemoVisitor is a browser in a demo account.
func (p *portal) newDemoVisitor() *browser {
	p.t.Helper()
	b := p.browser()
	b.startDemo()
	return b
}

// No table grows with how often somebody asks: each has its bound, which docs/security/attempts.md says.
func TestFloods(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	flooded := map[string]bool{}
	for table := range floods {
		name, _, _ := strings.Cut(table, " ")
		flooded[name] = true
	}
	for _, table := range p.tables() {
		if !flooded[table] && unflooded[table] == "" {
			t.Errorf("add to floods what writes to the table %s, and how many rows at most", table)
		}
	}
	inTime(t, p, func(t *testing.T) {
		for table, f := range floods {
			p.prefix = webtest.Network()
			again, before := f.ready(p), p.count(`SELECT count(*) FROM `+table)
			for n := range 2*f.most + 5 {
				again(n)
				synctest.Wait() // for what is done after the answer
			}
			if n := p.count(`SELECT count(*) FROM `+table) - before; n != f.most {
				t.Errorf("%s: %d more rows, want %d", table, n, f.most)
			}
		}
	})
}

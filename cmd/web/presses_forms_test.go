package main

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"

	"example.com/gatehouse/webtest"
)

// TestDoublePressOfForms is TestDoublePress for what changes an account and leaves its session as it is.
func TestDoublePressOfForms(t *testing.T) {
	t.Parallel()
	p := start(t, onSQLite(t)).slowly(t)
	for _, pause := range pausesBetweenPresses() {
		t.Run(pause.String(), func(t *testing.T) {
			t.Parallel()
			b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
			callWith(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
			b.asksForEmailsTwice(p, pause)
			b.changesTwice(p, p.account(t, "Ada Lovelace"), pause)
		})
	}
}

// left counts what a form left: rows of a query about one address.
func (b *person) left(p *program, query, email string) (n int) {
	b.t.Helper()
	p.ask(b.t, query, []any{email}, &n)
	return n
}

// twiceFor presses the button twice, and waits until the form has left something and has led to its place. A second press that
// comes after the answer of the first is one on another page, and leads anywhere.
func (b *person) twiceFor(p *program, words string, pause time.Duration, query, email, place string) {
	b.t.Helper()
	b.twice(words, pause)
	webtest.Until(b.t, query, func() bool { return b.left(p, query, email) > 0 })
	if pause < answerAfter {
		b.arrives(place)
	}
	evaluate[any](b, `window.stop()`)
}

// eventOf is the query for the events of a kind in the trail of an account.
func eventOf(kind string) string {
	return `SELECT count(*) FROM events JOIN users ON users.id = user_id WHERE kind = '` + kind + `' AND email = $1`
}

const signUpsOf = `SELECT count(*) FROM signups WHERE email = $1`

func (b *person) asksForEmailsTwice(p *program, pause time.Duration) {
	newcomer, email := webtest.Email(), p.account(b.t, "Ada Lovelace")
	b.open("/signup")
	b.fill("name", "Grace Hopper")
	b.fill("email", newcomer)
	b.fill("password", webtest.Password)
	b.twiceFor(p, "Create account", pause, signUpsOf, newcomer, "/signup/sent")

	resets := eventOf("password_reset_requested")
	b.open("/password/forgot")
	b.fill("email", email)
	b.twiceFor(p, "Send the email", pause, resets, email, "/password/forgot/sent")

	if signUps, resets := b.left(p, signUpsOf, newcomer), b.left(p, resets, email); signUps != 1 || resets != 1 {
		b.t.Errorf("%d sign-ups and %d resets, want one of each", signUps, resets)
	}
}

func (b *person) changesTwice(p *program, email string, pause time.Duration) {
	b.open("/login")
	b.signIn(email, webtest.Password)
	p.usedElsewhere(b.t, email)
	b.open("/reauth?next=%2Faccount%2Fsessions")
	b.fill("password", webtest.Password)
	b.press("Confirm")
	b.twiceFor(p, "This was me", pause, eventOf("session_recognised"), email, "/account/sessions")

	b.open("/account/profile")
	b.fill("name", " King")
	b.twiceFor(p, "Save", pause, eventOf("profile_changed"), email, "/account/profile")

	b.open("/account/email")
	b.fill("email", webtest.Email())
	b.twiceFor(p, "Send the email", pause, eventOf("email_change_requested"), email, "/account/email")

	b.open("/billing/payment-method")
	b.click(`input[name=instrument][value="visa-4242"]`)
	b.fill("name", "Ada")
	b.twiceFor(p, "Save", pause, eventOf("payment_method_change"), email, "/billing")

	b.open("/plans")
	b.press("Choose Hall")
	b.open("/billing/checkout")
	order := evaluate[string](b, `document.querySelector('[name=order]').value`)
	b.fill("password", webtest.Password)
	b.twiceFor(p, "Pay 12.00 EUR", pause, eventOf("payment_made"), email, "/billing/receipts/"+order)

	for _, kind := range []string{"session_recognised", "profile_changed", "email_change_requested", "payment_method_change", "payment_made"} {
		if n := b.left(p, eventOf(kind), email); n != 1 {
			b.t.Errorf("%d events %s, want one", n, kind)
		}
	}
}

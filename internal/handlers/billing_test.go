package handlers

import (
	"net/http"
	"strings"
	"testing"
)

// shopper is somebody signed in who gave the password again a short while ago.
func (p *portal) shopper(name string) *browser {
	p.t.Helper()
	b := p.signedIn(p.newUser(name))
	b.reauth(password).want(http.StatusSeeOther)
	return b
}

// The form keeps one method, says everything that is wrong at once, and loses nothing that was typed.
func TestPaymentMethod(t *testing.T) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			p := portalOn(t, open(t), nil)
			const path = "/billing/payment-method"
			hasty := p.signedIn(p.newUser("Hasty")).post(path, "instrument", "visa-4242", "name", "H").want(http.StatusSeeOther)
			if to := hasty.Header.Get("Location"); !strings.HasPrefix(to, "/reauth?next=%2Fbilling%2Fpayment-method") {
				t.Errorf("without re-authentication: got %q", to)
			}

			b, other := p.shopper("Ada"), p.shopper("Bea")
			b.get(path).want(http.StatusOK).says("Test Visa ending 4242")
			wrong := b.post(path, "instrument", "gold", "name", " ", "address", strings.Repeat("x", 301)).want(http.StatusUnprocessableEntity)
			wrong.says("Choose what to pay with.").says("Enter the name for the invoice.").says("Use at most 300 characters.")
			if !strings.Contains(wrong.body, strings.Repeat("x", 301)) {
				t.Error("the address typed is gone")
			}
			b.post(path, "instrument", "visa-4242", "name", "Ada\u202e", "address", "1\n\u2066").want(422).says("Leave out invisible characters")

			b.post(path, "instrument", "visa-4242", "name", " Ada  Lovelace ", "address", "12 St James's Square\r\n\r\n London ").location("/billing")
			filled := b.get(path).want(http.StatusOK).body
			for _, want := range []string{`value="visa-4242" aria-describedby="about-0" required checked`, `value="Ada Lovelace"`, "12 St James&#39;s Square\nLondon</textarea>"} {
				if !strings.Contains(filled, want) {
					t.Errorf("the stored method is not in the form: no %s", want)
				}
			}
			b.post(path, "instrument", "debit-0077", "name", "A", "next", "/billing/checkout").location("/billing/checkout")
			b.post(path, "instrument", "debit-0077", "name", "A", "next", "//evil.example").location("/billing")
			if got := other.get(path).body; strings.Contains(got, " checked") || strings.Contains(got, "Lovelace") {
				t.Error("somebody else's method is in the form")
			}
			if n := p.count(`SELECT count(*) FROM payment_methods`); n != 1 {
				t.Errorf("%d methods, want 1", n)
			}
			if n := p.count(`SELECT count(*) FROM events WHERE kind = 'payment_method_change' AND ip <> ''`); n != 3 {
				t.Errorf("%d events of 3 changes", n)
			}
			b.get("/account/activity?kind=payments").says("Payment method changed")
			if strings.Contains(p.log.String(), "Lovelace") || !strings.Contains(p.log.String(), `"msg":"payment_method_change"`) {
				t.Error("the log has the invoice name, or not the event")
			}
		})
	}
}

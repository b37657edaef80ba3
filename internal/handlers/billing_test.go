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
	b.Reauth(password).Want(http.StatusSeeOther)
	return b
}

// The form keeps one method, says everything that is wrong at once, and loses nothing that was typed.
func TestPaymentMethod(t *testing.T) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			p := portalOn(t, open(t), nil)
			const path = "/billing/payment-method"
			hasty := p.signedIn(p.newUser("Hasty")).Post(path, "instrument", "visa-4242", "name", "H").Want(http.StatusSeeOther)
			if to := hasty.Header.Get("Location"); !strings.HasPrefix(to, "/reauth?next=%2Fbilling%2Fpayment-method") {
				t.Errorf("without re-authentication: got %q", to)
			}

			b, other := p.shopper("Ada"), p.shopper("Bea")
			b.Get(path).Want(http.StatusOK).Says("Test Visa ending 4242")
			wrong := b.Post(path, "instrument", "gold", "name", " ", "address", strings.Repeat("x", 301)).Want(http.StatusUnprocessableEntity)
			wrong.Says("Choose what to pay with.").Says("Enter the name for the invoice.").Says("Use at most 300 characters.")
			if !strings.Contains(wrong.Body, strings.Repeat("x", 301)) {
				t.Error("the address typed is gone")
			}
			b.Post(path, "instrument", "visa-4242", "name", "Ada\u202e", "address", "1\n\u2066").Want(422).Says("Leave out invisible characters")

			b.Post(path, "instrument", "visa-4242", "name", " Ada  Lovelace ", "address", "12 St James's Square\r\n\r\n London ").Leads("/billing")
			filled := b.Get(path).Want(http.StatusOK).Body
			for _, want := range []string{`value="visa-4242" aria-describedby="about-0" required checked`, `value="Ada Lovelace"`, "12 St James&#39;s Square\nLondon</textarea>"} {
				if !strings.Contains(filled, want) {
					t.Errorf("the stored method is not in the form: no %s", want)
				}
			}
			b.Post(path, "instrument", "debit-0077", "name", "A", "next", "/billing/checkout").Leads("/billing/checkout")
			b.Post(path, "instrument", "debit-0077", "name", "A", "next", "//evil.example").Leads("/billing")
			if got := other.Get(path).Body; strings.Contains(got, " checked") || strings.Contains(got, "Lovelace") {
				t.Error("somebody else's method is in the form")
			}
			if n := p.count(`SELECT count(*) FROM payment_methods`); n != 1 {
				t.Errorf("%d methods, want 1", n)
			}
			if n := p.count(`SELECT count(*) FROM events WHERE kind = 'payment_method_change' AND ip <> ''`); n != 3 {
				t.Errorf("%d events of 3 changes", n)
			}
			b.Get("/account/activity?kind=payments").Says("Payment method changed")
			if strings.Contains(p.log.String(), "Lovelace") || !strings.Contains(p.log.String(), `"msg":"payment_method_change"`) {
				t.Error("the log has the invoice name, or not the event")
			}
		})
	}
}

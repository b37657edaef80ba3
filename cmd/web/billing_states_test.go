package main

import (
	"net/http"
	"strings"
	"testing"

	"example.com/gatehouse/webtest"
	"github.com/chromedp/chromedp"
)

// lookAtBilling pays with everything there is to pay with.
func lookAtBilling(t *testing.T, p *program) {
	b := p.looker(t, webtest.ChromeOnLinux, "203.0.113.24")
	b.open("/login")
	b.signIn(p.account(t, "Ada Lovelace"), webtest.Password)
	b.at("billing-empty", http.StatusOK, func() int { return b.open("/billing") })
	b.at("checkout-empty", http.StatusOK, func() int { return b.open("/billing/checkout") })
	b.at("checkout-free", http.StatusOK, func() int {
		b.open("/plans")
		b.press("Choose Porch")
		return b.follow("Go to checkout")
	})
	b.at("receipt-free", http.StatusOK, func() int { b.fill("password", webtest.Password); return b.press("Start Porch") })
	b.at("payment-method-empty", http.StatusOK, func() int {
		b.open("/plans")
		b.press("Choose Hall")
		b.follow("Go to checkout") // there is no method yet, and the form wants the password first
		b.fill("password", webtest.Password)
		return b.press("Confirm")
	})
	b.at("payment-method-errors", http.StatusUnprocessableEntity, func() int { return b.pressAnyway("Save") })
	b.at("checkout", http.StatusOK, func() int { return b.method("Test Visa ending 4242", "Ada Lovelace", "12 St James's Square\nLondon") })
	b.at("checkout-error", http.StatusUnprocessableEntity, func() int {
		b.fill("password", webtest.OtherPassword)
		return b.press("Pay 12.00 EUR")
	})
	b.at("checkout-changed", http.StatusConflict, func() int {
		evaluate[chromedp.Void](b.person, `document.querySelector('[name=amount]').value = '100'`)
		return b.pressAnyway("Pay 12.00 EUR")
	})
	b.at("receipt", http.StatusOK, func() int { b.fill("password", webtest.Password); return b.press("Pay 12.00 EUR") })
	b.at("payment-method-filled", http.StatusOK, func() int { return b.open("/billing/payment-method") })
	b.at("receipt-declined", http.StatusOK, func() int {
		b.method("Test Mastercard ending 0002", "", "")
		b.open("/plans")
		b.press("Choose Keep")
		b.follow("Go to checkout")
		b.fill("password", webtest.Password)
		return b.press("Pay 48.00 EUR")
	})
	b.at("checkout-again", http.StatusOK, func() int { return b.press("Try again") })
	b.at("receipt-pending", http.StatusOK, func() int {
		b.follow("Change the payment method or the invoice")
		b.method("Test Visa ending 0119", "", "")
		b.fill("password", webtest.Password)
		return b.press("Pay 48.00 EUR")
	})
	b.at("checkout-waiting", http.StatusOK, func() int {
		b.open("/plans")
		b.press("Choose Hall")
		return b.follow("Go to checkout")
	})
	b.at("billing-full", http.StatusOK, func() int { return b.open("/billing") })
	b.at("activity-payments", http.StatusOK, func() int { return b.open("/account/activity?kind=payments") })
	b.at("receipt-404", http.StatusNotFound, func() int { return b.open("/billing/receipts/nobodys") })
}

// lookAtHostileInvoices fills in what invoices should not have to hold.
func lookAtHostileInvoices(t *testing.T, p *program) {
	b := p.looker(t, webtest.ChromeOnLinux, "203.0.113.25")
	b.open("/login")
	b.signIn(p.account(t, "Mallory"), webtest.Password)
	b.open("/plans")
	b.press("Choose Keep")
	b.follow("Go to checkout")
	b.fill("password", webtest.Password)
	b.press("Confirm")
	b.at("hostile-checkout", http.StatusOK, func() int {
		return b.method("Test Visa ending 4242", `"><script>alert(1)</script>`+strings.Repeat("W", 70),
			"<img src=x onerror=alert(1)>\n"+strings.Repeat("M", 100)+"\n\u0645\u0631\u062d\u0628\u0627 12\n"+strings.Repeat("1\n", 40))
	})
	b.at("hostile-receipt", http.StatusOK, func() int { b.fill("password", webtest.Password); return b.press("Pay 48.00 EUR") })
	b.at("hostile-billing", http.StatusOK, func() int { return b.open("/billing") })
	b.at("hostile-payment-method", http.StatusUnprocessableEntity, func() int {
		b.open("/billing/payment-method")
		evaluate[chromedp.Void](b.person, `document.querySelector('#address').removeAttribute('maxlength')`)
		return b.method("Test Visa ending 4242", "", strings.Repeat("\u202eM", 400))
	})
}

// method fills in the form the person is looking at. Text is added to what stands there.
func (l *looker) method(instrument, name, address string) int {
	l.t.Helper()
	ctx, cancel := l.step()
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Click(`//label[normalize-space()="`+instrument+`"]`)); err != nil {
		l.t.Fatal(err)
	}
	if name != "" {
		l.fill("name", name)
	}
	if address != "" {
		l.fill("address", address)
	}
	return l.press("Save")
}

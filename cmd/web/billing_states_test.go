package main

import (
	"net/http"
	"testing"
)

// lookAtBilling pays with everything there is to pay with.
func lookAtBilling(t *testing.T, p *program) {
	b := p.looker(t, chromeOnLinux, "203.0.113.24")
	b.open("/login")
	b.signIn(p.account(t, "Ada Lovelace"), password)
	b.at("payment-method-empty", http.StatusOK, func() int {
		b.open("/billing/payment-method")
		b.fill("password", password)
		return b.press("Confirm")
	})
	b.at("payment-method-errors", http.StatusUnprocessableEntity, func() int { return b.pressAnyway("Save") })
}

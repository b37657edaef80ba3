package main

import (
	"net/http"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// lookAtForms goes through a form that came too late, once for each reason.
func lookAtForms(t *testing.T, p *program) {
	b := p.looker(t, webtest.ChromeOnLinux, "203.0.113.24")
	b.watch()
	email := p.account(t, "Ada Lovelace")
	b.open("/login")
	b.signIn(email, webtest.Password)
	b.at("profile", http.StatusOK, func() int { return b.follow("Profile") })
	b.at("profile-error", http.StatusUnprocessableEntity, func() int {
		b.fill("name", "\u2066")
		return b.press("Save")
	})
	b.at("profile-saved", http.StatusOK, func() int {
		b.open("/account/profile")
		b.fill("name", "Augusta ")
		return b.press("Save")
	})
	b.at("held-login", http.StatusOK, func() int {
		b.fill("name", "Countess ")
		b.comes(`asked('/session/extend') === 1`) // typing is activity
		p.setEnd(b.t, b.handle(), -time.Second)
		return b.press("Save")
	})
	b.at("profile-held", http.StatusOK, func() int {
		b.fill("email", email)
		b.fill("password", webtest.Password)
		status := b.press("Sign in")
		b.comes(`document.activeElement.innerText === 'You were signed out before this was saved. Check it, then send it again.'`)
		return status
	})
	b.at("held-reauth", http.StatusOK, func() int {
		b.open("/reauth?next=%2Fbilling%2Fpayment-method")
		b.fill("password", webtest.Password)
		b.press("Confirm")
		b.click(`#instrument`)
		b.fill("name", "Ada Lovelace")
		p.change(b.t, `UPDATE sessions SET elevated_until = NULL WHERE id = $1`, b.handle())
		return b.press("Save")
	})
	b.at("payment-method-held", http.StatusOK, func() int {
		b.fill("password", webtest.Password)
		status := b.press("Confirm")
		b.comes(`document.activeElement.innerText === 'You are confirmed. Check it, then send it again.'`)
		return status
	})
	b.at("idle-lost", http.StatusOK, func() int {
		status := b.open("/account/profile")
		b.fill("name", "Lady ")
		b.comes(`asked('/session/extend') === 1`)
		p.endAs(b.t, b.handle(), "idle", "")
		b.later(61 * time.Second)
		b.comes(behindCover)
		return status
	})
}

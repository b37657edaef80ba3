package handlers

import (
	"net/http"
	"strings"
	"testing"

	"example.com/gatehouse/webtest"
)

// TestWalk is the main job from end to end, on each backend: sign up, confirm, sign in twice, end one from the other.
func TestWalk(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		email := webtest.Email()
		ada := p.browser()
		ada.Get("/").Want(http.StatusOK).Says("Gatehouse")
		ada.Post("/signup", "name", "Ada Lovelace", "email", email, "password", password).Leads("/signup/sent")
		ada.Get("/signup/sent").Want(http.StatusOK)

		link := linkIn(t, p.email(email, "/email/confirm/"))
		form := ada.opens(link)
		ada.Get("/account").Leads("/login?next=%2Faccount")
		ada.Submit(form, "/email/confirm").Leads("/login?confirmed=yes")
		ada.Post(link).Leads(link) // to the page that says that it is done

		ada.Post("/login", "email", email, "password", password, "next", "/account/sessions").Leads("/account/sessions")
		ada.Get("/account").Want(http.StatusOK).Says("Ada Lovelace")
		second := p.browser()
		second.Agent = webtest.FirefoxOnWindows
		second.SignIn(strings.ToUpper(email), password)

		handle := second.Handle()
		ada.Get("/account/sessions").Want(http.StatusOK).Says("Firefox on Windows")
		end := "/account/sessions/" + handle + "/end"
		ada.Post(end).Leads("/reauth?next=%2Faccount%2Fsessions%2F" + handle + "%2Fend")
		ada.Get("/reauth?next=" + end).Want(http.StatusOK).Says("Sign out Firefox on Windows")
		ada.Post("/reauth", "password", password, "next", end).Leads(end)
		ada.Get(end).Want(http.StatusOK).Says("Firefox on Windows")
		ada.Post(end).Leads("/account/sessions")
		ada.Get("/account/sessions").Says("Signed out Firefox on Windows. It can no longer use your account.")

		second.Get("/account/security").Leads("/login?next=%2Faccount%2Fsecurity")
		second.Get("/login?next=%2Faccount%2Fsecurity").Says("This device was signed out").Says("Chrome on macOS")
		second.Get("/signed-out").Says("This device was signed out")
		ada.Post("/logout").Leads("/signed-out")
		ada.Get("/account").Leads("/login?next=%2Faccount")
	})
}

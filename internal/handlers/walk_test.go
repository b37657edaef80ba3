package handlers

import (
	"net/http"
	"strings"
	"testing"
)

// TestWalk is the main job from end to end, on each backend: sign up, confirm, sign in twice, end one from the other.
func TestWalk(t *testing.T) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			p := portalOn(t, open(t), nil)
			email := newEmail()
			ada := p.browser()
			ada.get("/").want(http.StatusOK).says("Gatehouse")
			ada.post("/signup", "name", "Ada Lovelace", "email", email, "password", password).location("/signup/sent")
			ada.get("/signup/sent").want(http.StatusOK)

			link := linkIn(t, p.letter(email, "/email/confirm/"))
			ada.get(link).want(http.StatusOK)
			ada.get("/account").location("/login?next=%2Faccount")
			ada.post(link).location("/login?confirmed=yes")
			ada.post(link).want(http.StatusNotFound)

			ada.post("/login", "email", email, "password", password, "next", "/account/sessions").location("/account/sessions")
			ada.get("/account").want(http.StatusOK).says("Ada Lovelace")
			second := p.browser()
			second.agent = firefoxOnWindows
			second.signIn(strings.ToUpper(email), password)

			handle := second.handle()
			ada.get("/account/sessions").want(http.StatusOK).says("Firefox on Windows")
			end := "/account/sessions/" + handle + "/end"
			ada.post(end).location("/reauth?next=%2Faccount%2Fsessions%2F" + handle + "%2Fend")
			ada.get("/reauth?next=" + end).want(http.StatusOK).says("Sign out Firefox on Windows")
			ada.post("/reauth", "password", password, "next", end).location(end)
			ada.get(end).want(http.StatusOK).says("Firefox on Windows")
			ada.post(end).location("/account/sessions")
			ada.get("/account/sessions").says("Signed out Firefox on Windows. It can no longer use your account.")

			second.get("/account/security").location("/login?next=%2Faccount%2Fsecurity")
			second.get("/login?next=%2Faccount%2Fsecurity").says("This device was signed out").says("Chrome on macOS")
			second.get("/signed-out").says("This device was signed out")
			ada.post("/logout").location("/signed-out")
			ada.get("/account").location("/login?next=%2Faccount")
		})
	}
}

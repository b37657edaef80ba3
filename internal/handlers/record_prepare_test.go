package handlers

import (
	"net/http"
	"path"
	"regexp"

	"example.com/gatehouse/webtest"
)

// What may come before a request, by the owner of the account and in another browser.

func withApp(v *visit) {
	b := v.owner()
	app := b.beginApp()
	b.Post("/account/security/totp", "code", app.code()).Leads("/account/security/recovery-codes")
	v.codes = recoveryCodesOn(v.p.t, b.Get("/account/security/recovery-codes").Body)
}

var passkeyLink = regexp.MustCompile(`/account/security/passkeys/([A-Z2-7]{26})"`)

func withPasskey(v *visit) {
	b := v.owner()
	v.device = newPasskeyDevice(v.p.t)
	b.enrol(v.device, "Laptop").Leads("/account/security/recovery-codes")
	v.codes = recoveryCodesOn(v.p.t, b.Get("/account/security/recovery-codes").Body)
	v.reads(b.Get("/account/security/passkeys"), passkeyLink)
}

func withMethod(v *visit) { v.owner().method("visa-4242") }

// withPayment is a payment by an instrument, which decides what becomes of it.
func withPayment(instrument string) func(v *visit) {
	return func(v *visit) {
		b := v.owner()
		b.method(instrument)
		b.Post("/basket", "plan", "hall").Leads("/plans")
		v.param = path.Base(b.confirm(b.reviewed(), v.password).Want(http.StatusSeeOther).Header.Get("Location"))
	}
}

func withAnotherSession(v *visit) { v.param = v.elsewhere().Handle() }

func withFlaggedSession(v *visit) {
	withAnotherSession(v)
	v.elsewhere().at(anotherNetwork).Get("/plans")
}

var eventLink = regexp.MustCompile(`/account/activity/([A-Z2-7]{26})/recognise`)

func withWrongPassword(v *visit) {
	v.browser().Post("/login", "email", v.email, "password", "wrong, and long enough").Want(http.StatusUnprocessableEntity)
	v.reads(v.elsewhere().Get("/account/activity"), eventLink)
}

// reads takes the parameter from a link of a page.
func (v *visit) reads(page *webtest.Answer, link *regexp.Regexp) {
	found := link.FindStringSubmatch(page.Body)
	if found == nil {
		v.p.t.Fatalf("%s: no link like %s", page.What, link)
	}
	v.param = found[1]
}

// withUser is an account for those with a role to act on.
func withUser(v *visit) {
	u := v.p.newUser("Ulla")
	v.param, v.handle = u.ID, v.p.signedIn(u).Handle()
}

func withDisabledUser(v *visit) {
	withUser(v)
	v.p.exec(`UPDATE users SET disabled_at = created_at WHERE id = $1`, v.param)
}

func withEnrolledUser(v *visit) {
	u, _, _ := v.p.enrolled("Ulla")
	v.param = u.ID
}

func withPhoneLink(v *visit) { v.param = path.Base(v.p.inDemo().link()) }

func withUsedPhoneLink(v *visit) {
	withPhoneLink(v)
	v.browser().Post(phonePage + v.param).Leads(home)
}

func withScene(name string) func(v *visit) { return func(v *visit) { v.param = name } }

func withEmail(v *visit) { v.param = emailID }

func withSignUp(v *visit) {
	to := webtest.Email()
	v.browser().Post("/signup", "name", "Somebody", "email", to, "password", password).Leads("/signup/sent")
	v.follows(to, "/email/confirm/")
}

func withUsedSignUp(v *visit) {
	withSignUp(v)
	v.browser().Post("/email/confirm/" + v.param).Want(http.StatusSeeOther)
}

func withTwoResets(v *visit) {
	withReset(v)
	v.browser().forgets(v.email)
}

func withReset(v *visit) {
	v.browser().Post("/password/forgot", "email", v.email).Leads("/password/forgot/sent")
	v.follows(v.email, "/password/reset/")
}

func withNewEmail(v *visit) {
	to := webtest.Email()
	v.owner().Post("/account/email", "email", to).Leads("/account/email")
	v.follows(to, "/account/email/confirm/")
}

func withUndo(v *visit) {
	v.owner().Post("/account/email", "email", webtest.Email()).Leads("/account/email")
	v.follows(v.email, "/email/undo/")
}

package handlers

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/webtest"
)

// A press is a form that is filled in, before it is sent.
type press struct {
	owner  auth.User
	b      *browser
	page   *webtest.Answer
	action string
	fields []string
	leads  string
	stays  bool // the press brings no token
}

// send sends the form from a browser, with more fields or others.
func (x press) send(b *browser, more ...string) *webtest.Answer {
	fields := slices.Concat(x.fields, more)
	if x.action == finishSignIn {
		return b.sendAsScript(x.page, fields)
	}
	answer := b.Submit(x.page, x.action, fields...)
	if file := answer.Header.Get("Content-Disposition"); file != "" { // it leads nowhere, so the name stands for the place
		answer.StatusCode = http.StatusSeeOther
		answer.Header.Set("Location", file)
	}
	return answer
}

// sendAsScript signs in by a passkey as passkey.js does on that page, and goes where the answer leads the script.
func (b *browser) sendAsScript(page *webtest.Answer, fields []string) *webtest.Answer {
	body := map[string]any{"act": cmp.Or(actIn(page, "/login"), actIn(page, "/login/verify"))}
	for pair := range slices.Chunk(fields, 2) {
		body[pair[0]] = pair[1]
		if pair[0] == "assertion" {
			body[pair[0]] = json.RawMessage(pair[1])
		}
	}
	answer := b.postJSON(finishSignIn, body)
	if answer.StatusCode == http.StatusSeeOther {
		b.p.t.Error("a script was answered with a page")
	}
	var leads whereJSON
	if answer.StatusCode == http.StatusOK && json.Unmarshal([]byte(answer.Body), &leads) == nil {
		answer.StatusCode = http.StatusSeeOther
		answer.Header.Set("Location", leads.Where)
	}
	return answer
}

// actIn is the value of the act that the form on the page carries.
func actIn(page *webtest.Answer, action string) string { return page.Field(action, "act") }

// actForms are the forms of acts, each ready to be sent.
var actForms = map[string]func(*portal) press{
	"sign-in": func(p *portal) press {
		u, b := p.newUser("Ann"), p.browser()
		return press{u, b, b.Get("/login"), "/login", []string{"email", u.Email, "password", password, "remember", "on"}, "/account", false}
	},
	"sign-in over a bag": func(p *portal) press {
		u, b := p.newUser("Ann"), p.browser()
		b.keeps("lantern")
		return press{u, b, b.Get("/login?next=%2Faccount%2Fsecurity"), "/login", []string{"email", u.Email, "password", password}, "/account/security", false}
	},
	"sign-in before its second step": func(p *portal) press {
		u, _, _ := p.enrolled("Vera")
		b := p.browser()
		return press{u, b, b.Get("/login"), "/login", []string{"email", u.Email, "password", password}, "/login/verify", true}
	},
	"second step": func(p *portal) press {
		u, app, _ := p.enrolled("Vera")
		b := p.withPassword(u.Email)
		return press{u, b, b.Get("/login/verify"), "/login/verify", []string{"code", app.code()}, "/account", false}
	},
	"recovery code": func(p *portal) press {
		u, _, codes := p.enrolled("Vera")
		b := p.withPassword(u.Email)
		return press{u, b, b.Get("/login/verify"), "/login/verify", []string{"code", codes[0]}, "/account", false}
	},
	"re-authentication": func(p *portal) press {
		u := p.newUser("Rita")
		b := p.signedIn(u)
		return press{u, b, b.Get("/reauth?next=%2Faccount%2Femail"), "/reauth", []string{"password", password}, "/account/email", false}
	},
	"password": func(p *portal) press {
		u := p.newUser("Paul")
		b := p.signedIn(u)
		return press{u, b, b.Get("/account/security/password"), "/account/security/password",
			[]string{"current_password", password, "password", otherPassword}, securityPage, false}
	},
	"authenticator app": func(p *portal) press {
		u := p.newUser("Tom")
		b := p.signedIn(u)
		b.Reauth(password).Leads("/account/sessions")
		b.Post("/account/security/totp", "begin", "yes").Leads("/account/security/totp")
		page := b.Get("/account/security/totp")
		return press{u, b, page, "/account/security/totp", []string{"code", newAuthenticator(p.t, page.Body).code()}, recoveryCodesPage, false}
	},
	"new recovery codes": func(p *portal) press {
		u := p.newUser("Tom")
		b := p.signedIn(u)
		b.enrolApp()
		b.Post(recoveryCodesPage + "/kept").Leads(securityPage)
		return press{u, b, b.Get(recoveryCodesPage), recoveryCodesPage, nil, recoveryCodesPage, false}
	},
	"removal of the app": func(p *portal) press {
		u := p.newUser("Tom")
		b := p.signedIn(u)
		b.enrolApp()
		return press{u, b, b.Get("/account/security/totp"), "/account/security/totp/remove", nil, securityPage, false}
	},
	"end of the others": func(p *portal) press {
		u := p.newUser("Olga")
		p.signedIn(u)
		b := p.signedIn(u)
		return press{u, b, b.Get("/account/sessions/end-others"), "/account/sessions/end-others", []string{"password", password}, "/account/sessions", false}
	},
	"end of all": func(p *portal) press {
		u := p.newUser("Olga")
		p.signedIn(u)
		b := p.signedIn(u)
		return press{u, b, b.Get("/account/sessions/end-all"), "/account/sessions/end-all", []string{"password", password}, signedOutPage, false}
	},
	"another address": func(p *portal) press {
		u := p.newUser("Emma")
		b := p.signedIn(u)
		confirm, _ := b.moves(u, webtest.Email())
		return press{u, b, b.Follow(b.Get(confirm)), "/account/email/confirm", nil, "/account/profile", false}
	},
	"removal of a passkey": func(p *portal) press {
		u := p.newUser("Piet")
		b := p.signedIn(u)
		d := b.passkeyOf("Laptop")
		page := "/account/security/passkeys/" + p.passkeyID(d)
		return press{u, b, b.Get(page), page + "/remove", nil, securityPage, false}
	},
	"sign-in by passkey": func(p *portal) press {
		u := p.newUser("Pia")
		d, b := p.signedIn(u).passkeyOf("Laptop"), p.browser()
		b.keeps("lantern")
		page := b.Get("/login")
		return press{u, b, page, finishSignIn, []string{"assertion", d.answers(b.begin(beginSignIn)), "next", "/account/sessions"}, "/account/sessions", false}
	},
	"passkey as the second step": func(p *portal) press {
		u := p.newUser("Pia")
		d, b := p.signedIn(u).passkeyOf("Laptop"), p.withPassword(u.Email)
		page := b.Get("/login/verify")
		return press{u, b, page, finishSignIn, []string{"assertion", d.answers(b.begin(beginSignIn))}, "/account", false}
	},
	"confirmation by passkey": func(p *portal) press {
		u := p.newUser("Pia")
		b := p.signedIn(u)
		d := b.passkeyOf("Laptop")
		p.exec(`UPDATE sessions SET elevated_until = NULL`)
		page := b.Get("/reauth?next=%2Faccount%2Femail")
		return press{u, b, page, "/reauth", []string{"assertion", d.answers(b.begin(beginConfirm))}, "/account/email", false}
	},
	"another passkey": func(p *portal) press {
		u := p.newUser("Pia")
		b, d := p.signedIn(u), newPasskeyDevice(p.t)
		b.Reauth(password).Leads("/account/sessions")
		page := b.Get("/account/security/passkeys")
		return press{u, b, page, finishEnrol, []string{"credential", d.makes(b.begin(beginEnrol)), "name", "Laptop"}, recoveryCodesPage, false}
	},
	"end of one": func(p *portal) press {
		u := p.newUser("Olga")
		other, b := p.signedIn(u), p.signedIn(u)
		b.Reauth(password).Leads("/account/sessions")
		page := "/account/sessions/" + other.Handle() + "/end"
		return press{u, b, b.Get(page), page, nil, "/account/sessions", true}
	},
	"reset": func(p *portal) press {
		u, b := p.newUser("Rose"), p.browser()
		return press{u, b, b.Follow(b.Get(b.forgets(u.Email))), "/password/reset", []string{"password", otherPassword}, "/login?reset=yes", true}
	},
	"confirmation of a sign-up": func(p *portal) press {
		b, email := p.browser(), webtest.Email()
		b.Post("/signup", "name", "Sue", "email", email, "password", password).Leads("/signup/sent")
		link := linkIn(p.t, p.email(email, "/email/confirm/"))
		return press{auth.User{}, b, b.Follow(b.Get(link)), "/email/confirm", nil, "/login?confirmed=yes", true}
	},
	"undoing another address": func(p *portal) press {
		u := p.newUser("Udo")
		_, undo := p.signedIn(u).moves(u, webtest.Email())
		b := p.browser()
		return press{u, b, b.Follow(b.Get(undo)), "/email/undo", nil, "/password/forgot?undone=yes", true}
	},
	"deletion": func(p *portal) press {
		u := p.newUser("Dora")
		b := p.signedIn(u)
		return press{u, b, b.Get(deletePage), deletePage, []string{"sure", "on", "password", password}, signedOutPage, true}
	},
	"keeping the account": func(p *portal) press {
		u := p.newUser("Kim")
		p.signedIn(u).Post(deletePage, "sure", "on", "password", password).Leads(signedOutPage)
		b := p.browser()
		b.Post("/login", "email", u.Email, "password", password).Want(http.StatusSeeOther)
		return press{u, b, b.Get(deletePage), deletePage + "/stop", nil, "/account", true}
	},
	"sign-up": func(p *portal) press {
		b := p.browser()
		return press{auth.User{}, b, b.Get("/signup"), "/signup", []string{"name", "Ann", "email", webtest.Email(), "password", password}, "/signup/sent", true}
	},
	"sign-up with a taken address": func(p *portal) press {
		u, b := p.newUser("Ann"), p.browser()
		return press{u, b, b.Get("/signup"), "/signup", []string{"name", "Ann", "email", u.Email, "password", password}, "/signup/sent", true}
	},
	"request of another address": func(p *portal) press {
		u := p.newUser("Emma")
		b := p.signedIn(u)
		b.Reauth(password).Leads("/account/sessions")
		return press{u, b, b.Get("/account/email"), "/account/email", []string{"email", webtest.Email()}, "/account/email", true}
	},
	"export": func(p *portal) press {
		u := p.newUser("Xenia")
		b := p.signedIn(u)
		app, _ := b.enrolApp()
		fields := []string{"password", password, "code", app.code()}
		return press{u, b, b.Get(exportPath), exportPath, fields, `attachment; filename="gatehouse-account.json"`, true}
	},
	"profile": func(p *portal) press {
		u := p.newUser("Nora")
		b := p.signedIn(u)
		return press{u, b, b.Get("/account/profile"), "/account/profile", []string{"name", "Nora Nova"}, "/account/profile", true}
	},
	"name of a passkey": func(p *portal) press {
		u := p.newUser("Pia")
		b := p.signedIn(u)
		page := "/account/security/passkeys/" + p.passkeyID(b.passkeyOf("Laptop"))
		return press{u, b, b.Get(page), page + "/rename", []string{"name", "Old laptop"}, passkeysPage, true}
	},
	"this was me": func(p *portal) press {
		u := p.newUser("Fred")
		b := p.signedIn(u)
		flagged := p.signedIn(u).Handle()
		p.exec(`UPDATE sessions SET flag = 'client_changed', flag_client = 'network elsewhere' WHERE id = $1`, flagged)
		b.Reauth(password).Leads("/account/sessions")
		return press{u, b, b.Get(recognisePage(flagged)), recognisePage(flagged), nil, sessionsPage, true}
	},
	"this was me, of an event": func(p *portal) press {
		u := p.newUser("Evi")
		b := p.signedIn(u)
		page := p.refused(u)
		b.Reauth(password).Leads("/account/sessions")
		return press{u, b, b.Get(page), page, nil, activityPage, true}
	},
	"this was not me": func(p *portal) press {
		u := p.newUser("Noor")
		b := p.signedIn(u)
		return press{u, b, b.Get(p.refused(u)), securePage, nil, securePage, true}
	},
	"end of the path": func(p *portal) press {
		u := p.newUser("Dora")
		b := p.signedIn(u)
		b.Post(securePage).Leads(securePage)
		b.Reauth(password).Leads("/account/sessions")
		return press{u, b, b.Get(securePage), securePage + "/done", nil, home, true}
	},
	"payment method": func(p *portal) press {
		u := p.newUser("Mona")
		b := p.signedIn(u)
		b.Reauth(password).Leads("/account/sessions")
		return press{u, b, b.Get("/billing/payment-method?next=%2Fbilling%2Fcheckout"), "/billing/payment-method",
			[]string{"instrument", "visa-4242", "name", "Mona"}, checkoutPage, true}
	},
	"payment": func(p *portal) press {
		u, b := p.payer("visa-4242")
		page := b.Get(checkoutPage)
		return press{u, b, page, checkoutPage, []string{"password", password}, receiptPage(page.Field(checkoutPage, "order")), true}
	},
	"payment by code": func(p *portal) press {
		u := p.newUser("Paula")
		b := p.signedIn(u)
		app, _ := b.enrolApp()
		b.method("mastercard-0002")
		b.Post("/basket", "plan", "hall").Leads("/plans")
		page := b.Get(checkoutPage)
		receipt := receiptPage(page.Field(checkoutPage, "order"))
		return press{u, b, page, checkoutPage, []string{"password", password, "code", app.code()}, receipt, true}
	},
	"demo": func(p *portal) press {
		b := p.browser()
		return press{auth.User{}, b, b.Get("/"), "/demo", nil, "/account", false}
	},
}

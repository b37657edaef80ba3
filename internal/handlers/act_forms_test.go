package handlers

import (
	"net/http"

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

// send sends the form from a browser.
func (x press) send(b *browser) *webtest.Answer {
	return b.Submit(x.page, x.action, x.fields...)
}

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
	"sign-up": func(p *portal) press {
		b, email := p.browser(), webtest.Email()
		b.Post("/signup", "name", "Sue", "email", email, "password", password).Leads("/signup/sent")
		link := linkIn(p.t, p.email(email, "/email/confirm/"))
		return press{auth.User{}, b, b.Get(link), link, nil, "/login?confirmed=yes", true}
	},
	"undoing another address": func(p *portal) press {
		u := p.newUser("Udo")
		_, undo := p.signedIn(u).moves(u, webtest.Email())
		b := p.browser()
		return press{u, b, b.Get(undo), undo, nil, "/password/forgot?undone=yes", true}
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
	"demo": func(p *portal) press {
		b := p.browser()
		return press{auth.User{}, b, b.Get("/"), "/demo", nil, "/account", false}
	},
}

package proof

import (
	"net/http"
	"slices"

	"example.com/gatehouse/webtest"
)

// A filled is a form that is filled in, before it is sent.
type filled struct {
	b      *webtest.Client
	page   *webtest.Answer
	action string // of the form
	to     string // where it is sent to; "" for there
	script string // what a script sends instead; "" for a form
	fields []string
	user   string   // whose account it is, by its id; "" for one that is not there yet
	emails []string // addresses of theirs
	later  string   // kind of the event that comes after the answer; "" for none
	here   bool     // only the instance that showed the form takes it
}

// A scene brings somebody to a form. Each is on a network of its own.
type scene struct {
	name, route string // of the form
	ready       func(x *pressRunner, b *webtest.Client) filled
}

const (
	securityPage = "/account/security"
	codesPage    = securityPage + "/recovery-codes"
	totpPage     = securityPage + "/totp"
	passkeysPage = securityPage + "/passkeys"
)

// scenes lead to every form that is an act.
var scenes = slices.Concat(sessionScenes, accountScenes, administrationScenes(), demoScenes)

// sessionScenes lead to the forms that open, rotate or end a session, and to those of links.
var sessionScenes = []scene{
	{"sign-in", "/login", func(x *pressRunner, b *webtest.Client) filled {
		u := x.account()
		return u.press(b, "/login", "/login", "email", u.email, "password", webtest.Password, "remember", "on")
	}},
	{"sign-in over a bag", "/login", func(x *pressRunner, b *webtest.Client) filled {
		u := x.account()
		put(b, "lantern")
		return u.press(b, "/login?next=%2Faccount%2Fsecurity", "/login", "email", u.email, "password", webtest.Password)
	}},
	{"sign-in over a session", "/login", func(x *pressRunner, b *webtest.Client) filled {
		u := x.account()
		page := b.Get("/login")
		b.SignIn(u.email, webtest.Password)
		return filled{b: b, page: page, action: "/login", fields: []string{"email", u.email, "password", webtest.Password}, user: u.id, emails: []string{u.email}}
	}},
	{"second step", "/login/verify", func(x *pressRunner, b *webtest.Client) filled {
		u, app, _ := x.enrolled(b)
		b.Post("/login", "email", u.email, "password", webtest.Password).Leads("/login/verify")
		return u.press(b, "/login/verify", "/login/verify", "code", app.code())
	}},
	{"recovery code", "/login/verify", func(x *pressRunner, b *webtest.Client) filled {
		u, _, codes := x.enrolled(b)
		b.Post("/login", "email", u.email, "password", webtest.Password).Leads("/login/verify")
		return u.press(b, "/login/verify", "/login/verify", "code", codes[0])
	}},
	{"re-authentication", "/reauth", func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		return u.press(b, "/reauth?next=%2Faccount%2Femail", "/reauth", "password", webtest.Password)
	}},
	{"re-authentication with a code", "/reauth", func(x *pressRunner, b *webtest.Client) filled {
		u, _, codes := x.enrolled(b)
		b.Post("/login", "email", u.email, "password", webtest.Password).Leads("/login/verify")
		b.Post("/login/verify", "code", codes[0]).Leads("/account")
		return u.press(b, "/reauth?next=%2Faccount%2Femail", "/reauth", "password", webtest.Password, "code", codes[1])
	}},
	{"password", "/account/security/password", func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		return u.press(b, "/account/security/password", "/account/security/password",
			"current_password", webtest.Password, "password", webtest.OtherPassword)
	}},
	{"authenticator app", totpPage, func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		b.Reauth(webtest.Password).Leads("/account/sessions")
		b.Post(totpPage, "begin", "yes").Leads(totpPage)
		code := newAuthenticator(b.Get(totpPage)).code()
		return u.press(b, totpPage, totpPage, "code", code)
	}},
	{"removal of the app", totpPage + "/remove", func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		enrolApp(b)
		return u.press(b, totpPage, totpPage+"/remove")
	}},
	{"new recovery codes", codesPage, func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		enrolApp(b)
		b.Post(codesPage + "/kept").Leads(securityPage)
		return u.press(b, codesPage, codesPage)
	}},
	{"passkey", passkeysPage + "/finish", func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		b.Reauth(webtest.Password).Leads("/account/sessions")
		made := newPasskey(b.T, b.Origin).makes(b.T, begin(b, passkeysPage+"/begin"))
		p := u.press(b, passkeysPage, passkeysPage+"/finish", "credential", made, "name", "Laptop")
		p.here = true // a passkey answers for one address
		return p
	}},
	{"removal of a passkey", passkeysPage + "/{id}/remove", func(x *pressRunner, b *webtest.Client) filled {
		u, _ := x.withPasskey(b)
		page := passkeyPage(b)
		return u.press(b, page, page+"/remove")
	}},
	{"end of the others", "/account/sessions/end-others", func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		b.Fresh().SignIn(u.email, webtest.Password)
		return u.press(b, "/account/sessions/end-others", "/account/sessions/end-others", "password", webtest.Password)
	}},
	{"end of all", "/account/sessions/end-all", func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		b.Fresh().SignIn(u.email, webtest.Password)
		return u.press(b, "/account/sessions/end-all", "/account/sessions/end-all", "password", webtest.Password)
	}},
	{"end of one", "/account/sessions/{handle}/end", func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		page := "/account/sessions/" + b.Fresh().SignIn(u.email, webtest.Password).Handle() + "/end"
		b.Reauth(webtest.Password).Leads("/account/sessions")
		return u.press(b, page, page)
	}},
	{"another address", "/account/email/confirm", func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		to, confirm, _ := x.moves(b, u)
		b.Get(confirm).Leads("/account/email/confirm")
		p := u.press(b, "/account/email/confirm", "/account/email/confirm")
		p.emails = append(p.emails, to)
		return p
	}},
	{"undoing another address", "/email/undo", func(x *pressRunner, b *webtest.Client) filled {
		return x.undoes(b, false)
	}},
	{"undoing another address at its link", "/email/undo/{token}", func(x *pressRunner, b *webtest.Client) filled {
		return x.undoes(b, true)
	}},
	{"reset", "/password/reset", func(x *pressRunner, b *webtest.Client) filled {
		u := x.account()
		b.Get(x.resetLink(b, u)).Want(http.StatusSeeOther)
		return u.press(b, "/password/reset", "/password/reset", "password", webtest.OtherPassword)
	}},
	{"reset at its link", "/password/reset/{token}", func(x *pressRunner, b *webtest.Client) filled {
		u := x.account()
		link := x.resetLink(b, u)
		b.Get(link).Want(http.StatusSeeOther)
		p := u.press(b, "/password/reset", "/password/reset", "password", webtest.OtherPassword)
		p.to = link // as a browser sends it that took no cookie
		return p
	}},
	{"sign-up", "/email/confirm", func(x *pressRunner, b *webtest.Client) filled {
		return x.confirms(b, false)
	}},
	{"sign-up at its link", "/email/confirm/{token}", func(x *pressRunner, b *webtest.Client) filled {
		return x.confirms(b, true)
	}},
	{"deletion", "/account/delete", func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		return u.press(b, "/account/delete", "/account/delete", "sure", "on", "password", webtest.Password)
	}},
	{"keeping the account", "/account/delete/stop", func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		b.Post("/account/delete", "sure", "on", "password", webtest.Password).Leads("/signed-out")
		b.SignIn(u.email, webtest.Password)
		return u.press(b, "/account/delete", "/account/delete/stop")
	}},
	{"demo", "/demo", func(_ *pressRunner, b *webtest.Client) filled {
		return filled{b: b, page: b.Get("/"), action: "/demo"}
	}},
	{"payment", "/billing/checkout", func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		b.Reauth(webtest.Password).Leads("/account/sessions")
		b.Post("/billing/payment-method", "instrument", "visa-4242", "name", "Ada", "address", "1 Mint Lane").Leads("/billing")
		choose(b)
		return u.press(b, "/billing/checkout", "/billing/checkout", "password", webtest.Password)
	}},
}

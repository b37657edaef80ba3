package proof

import (
	"crypto/rand"
	"regexp"

	"example.com/gatehouse/webtest"
)

// someone is a person of a scene.
type someone struct{ id, email string }

// press is the form on a page of the portal, filled in.
func (u someone) press(b *webtest.Client, page, action string, fields ...string) filled {
	b.T.Helper()
	return filled{b: b, page: b.Get(page), action: action, fields: fields, user: u.id, emails: []string{u.email}}
}

// account is another one as the operator made the first: a process for each would take longer than what is tested.
func (x *pressRunner) account() someone {
	u := someone{rand.Text(), webtest.Email()}
	_, err := x.facts.Exec(`
		INSERT INTO users (id, email, email_key, name, role, password_hash, password_changed_at, epoch, created_at)
		SELECT $1, $2, $2, name, role, password_hash, password_changed_at, 0, created_at FROM users WHERE email = $3`, u.id, u.email, x.first)
	if err != nil {
		x.t.Error(err)
	}
	return u
}

func (x *pressRunner) signedIn(b *webtest.Client) someone {
	b.T.Helper()
	u := x.account()
	b.SignIn(u.email, webtest.Password)
	return u
}

// enrolApp sets up an authenticator app in a browser that is signed in.
func enrolApp(b *webtest.Client) (app *authenticator, codes []string) {
	b.T.Helper()
	b.Reauth(webtest.Password).Leads("/account/sessions")
	b.Post(totpPage, "begin", "yes").Leads(totpPage)
	app = newAuthenticator(b.Get(totpPage))
	b.Post(totpPage, "code", app.code()).Leads(codesPage)
	return app, codesOn(b.Get(codesPage))
}

var codeOnPage = regexp.MustCompile(`<li><code>([a-z2-7]{4}(?:-[a-z2-7]{4}){5})</code></li>`)

func codesOn(page *webtest.Answer) (codes []string) {
	for _, m := range codeOnPage.FindAllStringSubmatch(page.Body, -1) {
		codes = append(codes, m[1])
	}
	return codes
}

// enrolled is somebody with an authenticator app who is not signed in.
func (x *pressRunner) enrolled(b *webtest.Client) (u someone, app *authenticator, codes []string) {
	b.T.Helper()
	u = x.signedIn(b)
	app, codes = enrolApp(b)
	b.Post("/logout").Leads("/signed-out")
	if len(codes) < 2 {
		b.T.Error("no recovery codes")
		codes = make([]string, 2)
	}
	return u, app, codes
}

// moves asks for a change of address and returns the new one with the links in the emails.
func (x *pressRunner) moves(b *webtest.Client, u someone) (to, confirm, undo string) {
	b.T.Helper()
	to = webtest.Email()
	b.Reauth(webtest.Password).Leads("/account/sessions")
	b.Post("/account/email", "email", to).Leads("/account/email")
	return to, x.mail.link(b.T, to, "/account/email/confirm/"), x.mail.link(b.T, u.email, "/email/undo/")
}

func (x *pressRunner) resetLink(b *webtest.Client, u someone) string {
	b.T.Helper()
	b.Post("/password/forgot", "email", u.email).Leads("/password/forgot/sent")
	return x.mail.link(b.T, u.email, "/password/reset/")
}

// undoes takes a change of address back, on the page that its link leads to or, as a browser does that took no cookie, at the
// link itself.
func (x *pressRunner) undoes(b *webtest.Client, atLink bool) filled {
	b.T.Helper()
	u := x.signedIn(b)
	to, _, undo := x.moves(b, u)
	b = b.Fresh()
	b.Get(undo).Leads("/email/undo")
	p := u.press(b, "/email/undo", "/email/undo")
	p.emails = append(p.emails, to)
	if atLink {
		p.to = undo
	}
	return p
}

// confirms is undoes for a sign-up.
func (x *pressRunner) confirms(b *webtest.Client, atLink bool) filled {
	b.T.Helper()
	email := webtest.Email()
	b.Post("/signup", "name", "Grace Hopper", "email", email, "password", webtest.Password).Leads("/signup/sent")
	link := x.mail.link(b.T, email, "/email/confirm/")
	b.Get(link).Leads("/email/confirm")
	p := someone{email: email}.press(b, "/email/confirm", "/email/confirm")
	if atLink {
		p.to = link
	}
	return p
}

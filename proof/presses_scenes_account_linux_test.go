package proof

import (
	"encoding/json"
	"net/http"
	"regexp"

	"example.com/gatehouse/webtest"
)

// accountScenes lead to the forms that rotate no session: what they do once is an email, an event or a row.
var accountScenes = []scene{
	{"request of a sign-up", "/signup", func(_ *pressRunner, b *webtest.Client) filled {
		email := webtest.Email()
		return someone{"nobody", email}.press(b, "/signup", "/signup", "name", "Grace Hopper", "email", email, "password", webtest.Password)
	}},
	{"request of a sign-up with a taken address", "/signup", func(x *pressRunner, b *webtest.Client) filled {
		u := x.account()
		return u.press(b, "/signup", "/signup", "name", "Grace Hopper", "email", u.email, "password", webtest.Password)
	}},
	{"request of a reset", "/password/forgot", func(x *pressRunner, b *webtest.Client) filled {
		u := x.account()
		p := u.press(b, "/password/forgot", "/password/forgot", "email", u.email)
		p.later = "password_reset_requested"
		return p
	}},
	{"sign-in with a passkey", "/login/passkey/finish", func(x *pressRunner, b *webtest.Client) filled {
		u, key := x.withPasskey(b)
		b.Post("/logout").Leads("/signed-out")
		page := b.Get("/login")
		body, err := json.Marshal(map[string]any{
			"act": page.Field("/login", "act"), "assertion": json.RawMessage(key.answers(b.T, begin(b, "/login/passkey/begin"))),
		})
		if err != nil {
			b.T.Error(err)
		}
		return filled{b: b, page: page, action: "/login/passkey/finish", script: string(body), user: u.id, emails: []string{u.email}, here: true}
	}},
	{"export", "/account/export", func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		return u.press(b, "/account/export", "/account/export", "password", webtest.Password)
	}},
	{"name of a passkey", passkeysPage + "/{id}/rename", func(x *pressRunner, b *webtest.Client) filled {
		u, _ := x.withPasskey(b)
		page := passkeyPage(b)
		return u.press(b, page, page+"/rename", "name", "Phone")
	}},
	{"profile", "/account/profile", func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		return u.press(b, "/account/profile", "/account/profile", "name", "Grace Hopper")
	}},
	{"this was me", "/account/sessions/{handle}/recognise", func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		handle := b.Fresh().SignIn(u.email, webtest.Password).Handle()
		if _, err := x.facts.Exec(`UPDATE sessions SET flag = 'token_reused' WHERE id = $1`, handle); err != nil {
			x.t.Error(err)
		}
		b.Reauth(webtest.Password).Leads("/account/sessions")
		page := "/account/sessions/" + handle + "/recognise"
		return u.press(b, page, page)
	}},
	{"this was me, of an event", "/account/activity/{id}/recognise", func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		page := eventPage(b)
		b.Reauth(webtest.Password).Leads("/account/sessions")
		return u.press(b, page, page)
	}},
	{"this was not me", "/account/secure", func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		return u.press(b, eventPage(b), "/account/secure")
	}},
	{"end of the path", "/account/secure/done", func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		b.Post("/account/secure").Leads("/account/secure")
		b.Reauth(webtest.Password).Leads("/account/sessions")
		return u.press(b, "/account/secure", "/account/secure/done")
	}},
	{"request of another address", "/account/email", func(x *pressRunner, b *webtest.Client) filled {
		u, to := x.signedIn(b), webtest.Email()
		b.Reauth(webtest.Password).Leads("/account/sessions")
		p := u.press(b, "/account/email", "/account/email", "email", to)
		p.emails = append(p.emails, to)
		return p
	}},
	{"payment method", "/billing/payment-method", func(x *pressRunner, b *webtest.Client) filled {
		u := x.signedIn(b)
		b.Reauth(webtest.Password).Leads("/account/sessions")
		return u.press(b, "/billing/payment-method", "/billing/payment-method", "instrument", "visa-4242", "name", "Ada", "address", "1 Mint Lane")
	}},
}

// withPasskey is somebody signed in and elevated, with a passkey that works on the instance of the browser.
func (x *pressRunner) withPasskey(b *webtest.Client) (someone, *passkey) {
	b.T.Helper()
	u, key := x.signedIn(b), newPasskey(b.T, b.Origin)
	b.Reauth(webtest.Password).Leads("/account/sessions")
	b.Post(passkeysPage+"/finish", "credential", key.makes(b.T, begin(b, passkeysPage+"/begin")), "name", "Laptop").Want(http.StatusSeeOther)
	return u, key
}

var eventAddress = regexp.MustCompile(`/account/activity/[A-Z2-7]{26}/recognise`)

// eventPage is the page about a confirmation that was refused a moment ago.
func eventPage(b *webtest.Client) string {
	b.T.Helper()
	b.Post("/reauth", "password", "wrong, and long enough").Want(http.StatusUnprocessableEntity)
	return eventAddress.FindString(b.Get("/account/activity").Body)
}

var passkeyAddress = regexp.MustCompile(passkeysPage + `/[A-Z2-7]{26}`)

// passkeyPage is the page of the only passkey.
func passkeyPage(b *webtest.Client) string {
	b.T.Helper()
	return passkeyAddress.FindString(b.Get(passkeysPage).Body)
}

package proof

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"strings"

	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/webtest"
)

// manyPresses is how many presses redeem one value at the same moment.
const manyPresses = 64

// A redemption is a value that works once, in front of all who are about to use it.
type redemption struct {
	browsers []*webtest.Client
	request  func(c *webtest.Client, press int) *http.Request
	user     string
	emails   []string
	here     bool
	warned   bool // the owner may have one email about the codes that were wrong
}

// onceValues are the values that work once, each in the form that takes it.
var onceValues = []struct {
	name  string
	ready func(x *pressRunner, b *webtest.Client) redemption
}{
	{"link of a reset", ofScene("reset")},
	{"link of a sign-up", ofScene("sign-up")},
	{"link of another address", ofScene("another address")},
	{"link that undoes another address", ofScene("undoing another address")},
	{"first code of an app", ofScene("authenticator app")},
	{"challenge of a new passkey", ofScene("passkey")},
	{"payment", ofScene("payment")},
	{"step of an app", func(x *pressRunner, b *webtest.Client) redemption {
		u, app, _ := x.enrolled(b)
		code := app.code()
		return x.pending(b, u, func(int) string { return code })
	}},
	{"recovery code", func(x *pressRunner, b *webtest.Client) redemption {
		u, _, codes := x.enrolled(b)
		return x.pending(b, u, func(int) string { return codes[0] })
	}},
	{"pending sign-in", func(x *pressRunner, b *webtest.Client) redemption {
		u, _, codes := x.enrolled(b)
		b.Post("/login", "email", u.email, "password", webtest.Password).Leads("/login/verify")
		r := u.press(b, "/login/verify", "/login/verify").redeemed()
		r.warned = true
		r.request = func(c *webtest.Client, press int) *http.Request {
			return c.Request(http.MethodPost, "/login/verify", "code", codes[press%len(codes)], "act", rand.Text())
		}
		return r
	}},
	{"recovery code of a re-authentication", ofScene("re-authentication with a code")},
	{"recovery code of a payment", func(x *pressRunner, b *webtest.Client) redemption {
		u, _, codes := x.enrolled(b)
		b.Post("/login", "email", u.email, "password", webtest.Password).Leads("/login/verify")
		b.Post("/login/verify", "code", codes[0]).Leads("/account")
		b.Post("/reauth", "password", webtest.Password, "code", codes[1]).Want(http.StatusSeeOther)
		b.Post("/billing/payment-method", "instrument", "visa-4242", "name", "Ada", "address", "1 Mint Lane").Leads("/billing")
		choose(b)
		return u.press(b, "/billing/checkout", "/billing/checkout", "password", webtest.Password, "code", codes[2]).redeemed()
	}},
	{"challenge of a passkey", func(x *pressRunner, b *webtest.Client) redemption {
		u := x.signedIn(b)
		key := newPasskey(b.T, b.Origin)
		b.Reauth(webtest.Password).Leads("/account/sessions")
		b.Post(passkeysPage+"/finish", "credential", key.makes(b.T, begin(b, passkeysPage+"/begin")), "name", "Laptop").Want(http.StatusSeeOther)
		b.Post("/logout").Leads("/signed-out")
		answer := key.answers(b.T, begin(b, "/login/passkey/begin"))
		return redemption{browsers: many(func() *webtest.Client { return b.Fresh() }), user: u.id, emails: []string{u.email}, here: true,
			request: func(c *webtest.Client, _ int) *http.Request {
				body, _ := json.Marshal(map[string]any{"assertion": json.RawMessage(answer), "next": ""}) // of plain values
				r := c.NewRequest(http.MethodPost, "/login/passkey/finish", strings.NewReader(string(body)))
				r.Header.Set("Content-Type", "application/json")
				return r
			}}
	}},
}

// many are as many browsers as press.
func many(one func() *webtest.Client) (all []*webtest.Client) {
	for range manyPresses {
		all = append(all, one())
	}
	return all
}

// redeemed has one form sent by copies of its browser, as different presses: every second one without an act, the others each with
// one of its own.
func (p filled) redeemed() redemption {
	return redemption{
		browsers: many(p.b.Twin), user: p.user, emails: p.emails, here: p.here,
		request: func(c *webtest.Client, press int) *http.Request {
			act := ""
			if press%2 == 0 {
				act = rand.Text()
			}
			q := p
			q.fields = append([]string{"act", act}, p.fields...)
			return q.request(c)
		},
	}
}

func ofScene(name string) func(x *pressRunner, b *webtest.Client) redemption {
	return func(x *pressRunner, b *webtest.Client) redemption {
		for _, s := range scenes {
			if s.name == name {
				return s.ready(x, b).redeemed()
			}
		}
		b.T.Errorf("there is no scene %q", name)
		return redemption{}
	}
}

// pending is many sign-ins of one person that wait for their second step, in browsers of their own. The first is as it came about,
// and the others are copies of its row, because nobody may begin so many.
func (x *pressRunner) pending(b *webtest.Client, u someone, code func(press int) string) redemption {
	b.T.Helper()
	b.Post("/login", "email", u.email, "password", webtest.Password).Leads("/login/verify")
	r := redemption{user: u.id, emails: []string{u.email}, browsers: []*webtest.Client{b}, warned: true}
	for len(r.browsers) < manyPresses {
		token := rand.Text()
		hash := sha256.Sum256([]byte(token))
		_, err := x.facts.Exec(`
			INSERT INTO pending_sign_ins (token_hash, user_id, epoch, remember, next, attempts_left, created_at, expires_at)
			SELECT $1, user_id, epoch, remember, next, attempts_left, created_at, expires_at FROM pending_sign_ins WHERE user_id = $2 LIMIT 1`,
			base64url(hash[:]), u.id)
		if err != nil {
			b.T.Error(err)
		}
		c := b.Fresh()
		c.Cookies[brand.Cookie(brand.PendingCookie, true)] = token
		r.browsers = append(r.browsers, c)
	}
	r.request = func(c *webtest.Client, press int) *http.Request {
		return c.Request(http.MethodPost, "/login/verify", "code", code(press), "act", rand.Text())
	}
	return r
}

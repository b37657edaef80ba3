package main

import (
	"encoding/base32"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/webtest"
)

// A pressScene brings somebody to a form. Each is on a network of its own.
type pressScene struct {
	name, route string // of the form
	inShort     bool   // pressed in the short form of the test as well
	byScript    bool   // there is no such form without scripts
	ready       func(*pressStage) pressForm
}

// A pressStage is where a scene takes place: c is the browser that prepares it, b the window in which the form is pressed.
type pressStage struct {
	x *pressRun
	t *testing.T
	b *person
	c *webtest.Client
}

// A pressForm is a page with a form.
type pressForm struct {
	page, button string
	fields       []string // what is typed: a selector and the text, in turn
	then         func()   // what happens once the page is open, nil for nothing
	emails       []string // addresses whose account and emails are looked at; none for the account that the browser is in afterwards
	later        string   // kind of the event that comes after the answer; "" for none
	stays        bool     // the answer is a file, which leaves the page
}

const (
	securityPage = "/account/security"
	recoveryPage = securityPage + "/recovery-codes"
	appPage      = securityPage + "/totp"
	passkeysPage = securityPage + "/passkeys"
)

// pressScenes lead to every form that is an act.
var pressScenes = slices.Concat(signInScenes, securityScenes, accountScenes, demoPressScenes)

// signInScenes lead to the forms before a sign-in and of it.
var signInScenes = []pressScene{
	{name: "sign-in", route: "/login", inShort: true, ready: func(s *pressStage) pressForm {
		email := s.someAccount()
		return formOf(email, "/login?next=%2Faccount%2Fsecurity", "Sign in", "email", email, "password", webtest.Password)
	}},
	{name: "sign-in over a session", route: "/login", ready: func(s *pressStage) pressForm {
		email := s.someAccount()
		f := formOf(email, "/login", "Sign in", "email", email, "password", webtest.Password)
		f.then = func() { s.c.SignIn(email, webtest.Password) }
		return f
	}},
	{name: "second step", route: "/login/verify", ready: func(s *pressStage) pressForm {
		email, app, _ := s.atSecondStep()
		return formOf(email, "/login/verify", "Sign in", "code", app.code(s.t))
	}},
	{name: "recovery code", route: "/login/verify", ready: func(s *pressStage) pressForm {
		email, _, codes := s.atSecondStep()
		return formOf(email, "/login/verify", "Sign in", "code", codes[0])
	}},
	{name: "sign-in with a passkey", route: "/login/passkey/finish", byScript: true, ready: func(s *pressStage) pressForm {
		email := s.elevated()
		s.authenticator(true)
		s.b.take(s.c)
		s.b.addPasskey("Laptop")
		s.b.press("Sign out")
		s.b.give(s.c)
		return formOf(email, "/login", "Sign in with a passkey")
	}},
	{name: "request of a sign-up", route: "/signup", inShort: true, ready: func(s *pressStage) pressForm {
		return s.signUp(webtest.Email())
	}},
	{name: "request of a sign-up with a taken address", route: "/signup", ready: func(s *pressStage) pressForm {
		return s.signUp(s.someAccount())
	}},
	{name: "sign-up", route: "/email/confirm", ready: func(s *pressStage) pressForm {
		email := webtest.Email()
		s.c.Post("/signup", "name", "Grace Hopper", "email", email, "password", webtest.Password).Leads("/signup/sent")
		return formOf(email, s.link(email, "/email/confirm/"), "Confirm my address")
	}},
	{name: "request of a reset", route: "/password/forgot", inShort: true, ready: func(s *pressStage) pressForm {
		email := s.someAccount()
		f := formOf(email, "/password/forgot", "Send the email", "email", email)
		f.later = "password_reset_requested"
		return f
	}},
	{name: "reset", route: "/password/reset", ready: func(s *pressStage) pressForm { return s.reset() }},
	{name: "reset at its link", route: "/password/reset/{token}", ready: func(s *pressStage) pressForm {
		f := s.reset() // no page has this form: it is how one would send it that took no cookie
		f.then = func() { s.b.is(`(document.querySelector('main form').action = '` + f.page + `', true)`) }
		return f
	}},
	{name: "demo", route: "/demo", ready: func(*pressStage) pressForm {
		return pressForm{page: "/", button: "Try the demo"}
	}},
}

// formOf is a page whose form changes something of the account at the address. The fields have their ids.
func formOf(email, page, button string, fields ...string) pressForm {
	for i := 0; i < len(fields); i += 2 {
		fields[i] = "main #" + fields[i]
	}
	return pressForm{page: page, button: button, fields: fields, emails: []string{email}}
}

func (s *pressStage) signUp(email string) pressForm {
	return formOf(email, "/signup", "Create account", "name", "Grace Hopper", "email", email, "password", webtest.Password)
}

func (s *pressStage) reset() pressForm {
	s.t.Helper()
	email := s.someAccount()
	s.c.Post("/password/forgot", "email", email).Leads("/password/forgot/sent")
	return formOf(email, s.link(email, "/password/reset/"), "Set the password", "password", webtest.OtherPassword)
}

func (s *pressStage) signedIn() (email string) {
	s.t.Helper()
	email = s.someAccount()
	s.c.SignIn(email, webtest.Password)
	return email
}

func (s *pressStage) elevated() (email string) {
	s.t.Helper()
	email = s.signedIn()
	s.c.Reauth(webtest.Password).Leads("/account/sessions")
	return email
}

// elsewhere is another session of the account.
func (s *pressStage) elsewhere(email string) (handle string) {
	s.t.Helper()
	return s.c.Fresh().SignIn(email, webtest.Password).Handle()
}

var (
	secretOnPage = regexp.MustCompile(`id="secret">([A-Z2-7 ]+)<`)
	codesOnPage  = regexp.MustCompile(`<li><code>([a-z2-7]{4}(?:-[a-z2-7]{4}){5})</code></li>`)
)

// beginsApp shows an app its secret.
func (s *pressStage) beginsApp() *authenticator {
	s.t.Helper()
	s.c.Post(appPage, "begin", "yes").Leads(appPage)
	m := secretOnPage.FindStringSubmatch(s.c.Get(appPage).Body)
	if m == nil {
		s.t.Fatal("no secret on the page")
	}
	secret, err := base32.StdEncoding.DecodeString(strings.ReplaceAll(m[1], " ", ""))
	if err != nil {
		s.t.Fatal(err)
	}
	return &authenticator{secret: secret}
}

// withApp is somebody signed in who has set up an app.
func (s *pressStage) withApp() (email string, app *authenticator, codes []string) {
	s.t.Helper()
	email, app = s.elevated(), s.beginsApp()
	s.c.Post(appPage, "code", app.code(s.t)).Leads(recoveryPage)
	for _, m := range codesOnPage.FindAllStringSubmatch(s.c.Get(recoveryPage).Body, -1) {
		codes = append(codes, m[1])
	}
	s.c.Post(recoveryPage + "/kept").Leads(securityPage)
	return email, app, codes
}

func (s *pressStage) atSecondStep() (email string, app *authenticator, codes []string) {
	s.t.Helper()
	email, app, codes = s.withApp()
	s.c.Post("/logout").Leads("/signed-out")
	s.c.Post("/login", "email", email, "password", webtest.Password).Leads("/login/verify")
	return email, app, codes
}

// link waits for an email to the address with a link that begins like this.
func (s *pressStage) link(to, beginning string) (path string) {
	s.t.Helper()
	link := regexp.MustCompile(`<bdi>` + regexp.QuoteMeta(to) + `</bdi>(?s:.*?)</article>`)
	webtest.Until(s.t, "an email with a link to "+beginning, func() bool {
		for _, email := range link.FindAllString(s.c.Get("/dev/mail").Want(http.StatusOK).Body, -1) {
			if _, rest, is := strings.Cut(email, `<a href="`+s.c.Origin+beginning); is {
				token, _, _ := strings.Cut(rest, `"`)
				path = beginning + token
			}
		}
		return path != ""
	})
	return path
}

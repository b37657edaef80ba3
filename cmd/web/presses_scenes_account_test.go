package main

import (
	"crypto/rand"
	"net/http"
	"regexp"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"

	"example.com/gatehouse/webtest"
)

// securityScenes lead to the forms that rotate or end a session.
var securityScenes = []pressScene{
	{name: "re-authentication", route: "/reauth", inShort: true, ready: func(s *pressStage) pressForm {
		email := s.signedIn()
		return formOf(email, "/reauth?next=%2Faccount%2Femail", "Confirm", "password", webtest.Password)
	}},
	{name: "re-authentication with a code", route: "/reauth", ready: func(s *pressStage) pressForm {
		email, app, codes := s.atSecondStep()
		s.c.Post("/login/verify", "code", codes[0]).Leads("/account")
		return formOf(email, "/reauth?next=%2Faccount%2Femail", "Confirm", "password", webtest.Password, "code", app.code(s.t))
	}},
	{name: "password", route: securityPage + "/password", inShort: true, ready: func(s *pressStage) pressForm {
		email := s.signedIn()
		return formOf(email, securityPage+"/password", "Change password",
			"current_password", webtest.Password, "password", webtest.OtherPassword)
	}},
	{name: "authenticator app", route: appPage, inShort: true, ready: func(s *pressStage) pressForm {
		email := s.elevated()
		return formOf(email, appPage, "Set up the app", "code", s.beginsApp().code(s.t))
	}},
	{name: "removal of the app", route: appPage + "/remove", ready: func(s *pressStage) pressForm {
		email, _, _ := s.withApp()
		return formOf(email, appPage, "Remove the authenticator app")
	}},
	{name: "new recovery codes", route: recoveryPage, ready: func(s *pressStage) pressForm {
		email, _, _ := s.withApp()
		return formOf(email, recoveryPage, "Make ten new codes")
	}},
	{name: "passkey", route: passkeysPage + "/finish", byScript: true, ready: func(s *pressStage) pressForm {
		email := s.elevated()
		s.authenticator(false)
		return formOf(email, passkeysPage, "Add a passkey")
	}},
	{name: "removal of a passkey", route: passkeysPage + "/{id}/remove", ready: func(s *pressStage) pressForm {
		email, page := s.withPasskey()
		return formOf(email, page, "Remove this passkey")
	}},
	{name: "name of a passkey", route: passkeysPage + "/{id}/rename", ready: func(s *pressStage) pressForm {
		email, page := s.withPasskey()
		return formOf(email, page, "Save", "name", "Phone")
	}},
	{name: "end of the others", route: "/account/sessions/end-others", ready: func(s *pressStage) pressForm {
		email := s.signedIn()
		s.elsewhere(email)
		return formOf(email, "/account/sessions/end-others", "Sign out 1 other session", "password", webtest.Password)
	}},
	{name: "end of all", route: "/account/sessions/end-all", ready: func(s *pressStage) pressForm {
		email := s.signedIn()
		s.elsewhere(email)
		return formOf(email, "/account/sessions/end-all", "Sign out everywhere, including here", "password", webtest.Password)
	}},
	{name: "end of one", route: "/account/sessions/{handle}/end", ready: func(s *pressStage) pressForm {
		email := s.elevated()
		return formOf(email, "/account/sessions/"+s.elsewhere(email)+"/end", "Sign out this session")
	}},
	{name: "this was me", route: "/account/sessions/{handle}/recognise", inShort: true, ready: func(s *pressStage) pressForm {
		email := s.elevated()
		handle := s.elsewhere(email)
		s.x.change(s.t, `UPDATE sessions SET flag = 'token_reused' WHERE id = $1`, handle)
		return formOf(email, "/account/sessions/"+handle+"/recognise", "Yes, it was me")
	}},
	{name: "this was me, of an event", route: "/account/activity/{id}/recognise", inShort: true, ready: func(s *pressStage) pressForm {
		email, page := s.refused()
		s.c.Reauth(webtest.Password).Leads("/account/sessions")
		return formOf(email, page, "Yes, it was me")
	}},
	{name: "this was not me", route: "/account/secure", inShort: true, ready: func(s *pressStage) pressForm {
		email, page := s.refused()
		return formOf(email, page, "No, secure my account")
	}},
	{name: "end of the path", route: "/account/secure/done", inShort: true, ready: func(s *pressStage) pressForm {
		email := s.elevated()
		s.c.Post("/account/secure").Leads("/account/secure")
		return formOf(email, "/account/secure", "End this here")
	}},
}

// accountScenes lead to the forms about the account and what is paid.
var accountScenes = []pressScene{
	{name: "profile", route: "/account/profile", inShort: true, ready: func(s *pressStage) pressForm {
		email := s.signedIn()
		return formOf(email, "/account/profile", "Save", "name", "Grace Hopper")
	}},
	{name: "request of another address", route: "/account/email", inShort: true, ready: func(s *pressStage) pressForm {
		email, to := s.elevated(), webtest.Email()
		f := formOf(email, "/account/email", "Send the email", "email", to)
		f.emails = append(f.emails, to)
		return f
	}},
	{name: "another address", route: "/account/email/confirm", ready: func(s *pressStage) pressForm {
		email, to := s.moves()
		f := formOf(email, s.link(to, "/account/email/confirm/"), "Use this address")
		f.emails = append(f.emails, to)
		return f
	}},
	{name: "undoing another address", route: "/email/undo", ready: func(s *pressStage) pressForm {
		email, to := s.moves()
		clear(s.c.Cookies)
		f := formOf(email, s.link(email, "/email/undo/"), "This was not me")
		f.emails = append(f.emails, to)
		return f
	}},
	{name: "deletion", route: "/account/delete", ready: func(s *pressStage) pressForm {
		email := s.signedIn()
		return formOf(email, "/account/delete", "Delete my account", "sure", "on", "password", webtest.Password)
	}},
	{name: "keeping the account", route: "/account/delete/stop", ready: func(s *pressStage) pressForm {
		email := s.signedIn()
		s.c.Post("/account/delete", "sure", "on", "password", webtest.Password).Leads("/signed-out")
		s.c.SignIn(email, webtest.Password)
		return formOf(email, "/account/delete", "Keep my account")
	}},
	{name: "export", route: "/account/export", ready: func(s *pressStage) pressForm {
		email := s.signedIn()
		f := formOf(email, "/account/export", "Download the file", "password", webtest.Password)
		f.stays = true
		return f
	}},
	{name: "payment method", route: "/billing/payment-method", inShort: true, ready: func(s *pressStage) pressForm {
		email := s.elevated()
		f := formOf(email, "/billing/payment-method", "Save", "name", "Ada", "address", "1 Mint Lane")
		f.fields = append(f.fields, `[name=instrument][value="visa-4242"]`, "on")
		return f
	}},
	{name: "payment", route: "/billing/checkout", inShort: true, ready: func(s *pressStage) pressForm {
		email := s.elevated()
		s.c.Post("/billing/payment-method", "instrument", "visa-4242", "name", "Ada", "address", "1 Mint Lane").Leads("/billing")
		s.c.Follow(s.c.Post("/basket", "plan", "hall"))
		return formOf(email, "/billing/checkout", "Pay 12.00 EUR", "password", webtest.Password)
	}},
}

// refused is somebody whose confirmation was refused a moment ago, and the page about that.
func (s *pressStage) refused() (email, page string) {
	s.t.Helper()
	email = s.signedIn()
	s.c.Post("/reauth", "password", "wrong, and long enough").Want(http.StatusUnprocessableEntity)
	return email, regexp.MustCompile(`/account/activity/[A-Z2-7]{26}/recognise`).FindString(s.c.Get("/account/activity").Body)
}

// moves asks for a change of address.
func (s *pressStage) moves() (email, to string) {
	s.t.Helper()
	email, to = s.elevated(), webtest.Email()
	s.c.Post("/account/email", "email", to).Leads("/account/email")
	return email, to
}

// withPasskey is somebody with a passkey that nobody signs in with, and its page.
func (s *pressStage) withPasskey() (email, page string) {
	s.t.Helper()
	email = s.elevated()
	id, now := rand.Text(), time.Now().UTC().Truncate(time.Microsecond)
	s.x.change(s.t, `
		INSERT INTO passkeys (id, user_id, credential_id, public_key, transports, sign_count, backup_eligible, backup_state, name,
			created_at)
		SELECT $1, id, $1, $2, '', 0, false, false, 'Laptop', $3 FROM users WHERE email = $4`, id, []byte("none"), now, email)
	return email, passkeysPage + "/" + id
}

// offersNothing is a page on which the browser suggests no passkey by itself, so that one signs in by a button.
const offersNothing = `{
	const { credentials } = navigator, get = credentials?.get.bind(credentials);
	if (get) credentials.get = (options) => options.mediation === 'conditional' ? new Promise(() => {}) : get(options);
}`

// authenticator puts one into the machine until the scene is over.
func (s *pressStage) authenticator(quiet bool) {
	s.t.Helper()
	id := s.b.authenticator()
	s.t.Cleanup(func() {
		callWith(s.b, webauthn.RemoveVirtualAuthenticator, webauthn.RemoveVirtualAuthenticatorParams{AuthenticatorID: id})
	})
	if !quiet {
		return
	}
	script := callWith(s.b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: offersNothing})
	s.t.Cleanup(func() {
		callWith(s.b, page.RemoveScriptToEvaluateOnNewDocument, page.RemoveScriptToEvaluateOnNewDocumentParams(script))
	})
}

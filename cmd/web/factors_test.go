package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// An authenticator is an app that was given the secret of a page.
type authenticator struct {
	secret []byte
	last   int64 // the step of the code given last
}

// readSecret types the secret of the page into an app.
func (b *person) readSecret() *authenticator {
	b.t.Helper()
	secret, err := base32.StdEncoding.DecodeString(strings.ReplaceAll(evaluate[string](b, `document.querySelector('#secret').textContent`), " ", ""))
	if err != nil {
		b.t.Fatal(err)
	}
	return &authenticator{secret: secret}
}

// code is one that was not given before: of this step, or of the next, which is good already.
func (a *authenticator) code(t testing.TB) string {
	t.Helper()
	now := time.Now().Unix() / 30
	if a.last = max(now, a.last+1); a.last > now+1 {
		t.Fatal("no code that is good and was not given")
	}
	return a.ofStep(a.last)
}

func (a *authenticator) ofStep(step int64) string {
	mac := hmac.New(sha1.New, a.secret)
	_ = binary.Write(mac, binary.BigEndian, step)
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&(1<<31-1)%1000000)
}

// wrong is six digits that no app shows now.
func (a *authenticator) wrong() string {
	now := time.Now().Unix() / 30
	for guess := 0; ; guess++ {
		text := fmt.Sprintf("%06d", guess)
		near := false
		for step := now - 3; step <= now+3; step++ {
			near = near || a.ofStep(step) == text
		}
		if !near {
			return text
		}
	}
}

// recoveryCodes reads the codes that the page shows.
func (b *person) recoveryCodes() []string {
	b.t.Helper()
	codes := strings.Fields(evaluate[string](b, `[...document.querySelectorAll('.codes li code')].map(e => e.textContent).join(' ')`))
	if len(codes) != 10 {
		b.t.Fatalf("%d recovery codes, want 10:\n%s", len(codes), b.text())
	}
	return codes
}

// TestSecondStep sets up an app, signs in with it, recovers from its loss and removes it, with buttons alone and with
// the scripts.
func TestSecondStep(t *testing.T) {
	eachWay(t, func(t *testing.T, scripts bool) {
		p := start(t, onSQLite(t))
		b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
		if !scripts {
			b.withoutScripts()
		}
		email := p.account(t, "Ada Lovelace")
		b.open("/login")
		b.signIn(email, webtest.Password)
		b.follow("Security")
		b.follow("Set up an app")
		b.isAt("/reauth")
		b.fill("password", webtest.Password)
		b.press("Confirm")
		b.isAt("/account/security/totp")
		b.press("Begin")
		app := b.readSecret()
		b.fill("code", app.wrong())
		b.press("Set up the app")
		b.reads("That is not the code for this secret.")
		b.fill("code", app.code(t))
		b.press("Set up the app")
		b.isAt("/account/security/recovery-codes")
		codes := b.recoveryCodes()
		b.press("I have kept them")
		b.reads("10 of 10 left")
		b.press("Sign out")

		b.open("/login?next=%2Faccount%2Fsessions")
		b.signIn(email, webtest.Password)
		b.isAt("/login/verify")
		b.reads("You are not signed in yet")
		b.fill("code", app.wrong())
		b.press("Sign in")
		b.reads("That code is not right", "4 attempts left")
		code := app.code(t)
		b.fill("code", code[:3]+" "+code[3:])
		b.press("Sign in")
		b.isAt("/account/sessions")
		b.reads("with password and code")
		b.press("Sign out")

		b.open("/login")
		b.signIn(email, webtest.Password)
		b.fill("code", code) // it was used
		b.press("Sign in")
		b.reads("was used before")
		b.fill("code", codes[0])
		b.press("Sign in")
		b.reads("You used a recovery code. 9 of 10 are left.")
		b.follow("Security")
		b.follow("Change or remove")
		b.fill("password", webtest.Password)
		b.fill("code", codes[1])
		b.press("Confirm")
		b.reads("8 of 10 are left.")
		b.press("Remove the authenticator app")
		b.isAt("/account/security")
		b.reads("Your authenticator app was removed.")
		b.press("Sign out")
		b.open("/login")
		b.signIn(email, webtest.Password)
		b.isAt("/account")
	})
}

// lookAtSecondFactors looks at every page of two-factor authentication, in every state.
func lookAtSecondFactors(t *testing.T, p *program) {
	b := p.looker(t, webtest.ChromeOnLinux, "203.0.113.24")
	email := p.account(t, "Ada Lovelace")
	b.open("/login")
	b.signIn(email, webtest.Password)
	b.at("totp-reauth", http.StatusOK, func() int { return b.open("/account/security/totp") })
	b.at("totp-begin", http.StatusOK, func() int {
		b.fill("password", webtest.Password)
		return b.press("Confirm")
	})
	b.at("recovery-codes-none", http.StatusOK, func() int { return b.open("/account/security/recovery-codes") })
	b.at("totp-secret", http.StatusOK, func() int {
		b.open("/account/security/totp")
		return b.press("Begin")
	})
	app := b.readSecret()
	b.at("totp-error", http.StatusUnprocessableEntity, func() int {
		b.fill("code", app.wrong())
		return b.press("Set up the app")
	})
	var codes []string
	b.at("recovery-codes-shown", http.StatusOK, func() int {
		b.fill("code", app.code(b.t))
		status := b.press("Set up the app")
		codes = b.recoveryCodes()
		return status
	})
	b.at("recovery-codes", http.StatusOK, func() int { return b.open("/account/security/recovery-codes") })
	b.at("totp-enrolled", http.StatusOK, func() int { return b.open("/account/security/totp") })
	b.at("security-factors", http.StatusOK, func() int { return b.open("/account/security") })
	b.at("password-code", http.StatusOK, func() int { return b.open("/account/security/password") })
	b.at("activity-factors", http.StatusOK, func() int { return b.open("/account/activity?kind=account") })
	b.press("Sign out")
	b.at("verify", http.StatusOK, func() int {
		b.open("/login")
		b.fill("email", email)
		b.fill("password", webtest.Password)
		return b.press("Sign in")
	})
	b.at("verify-error", http.StatusUnprocessableEntity, func() int {
		b.fill("code", app.wrong())
		return b.press("Sign in")
	})
	b.at("login-again", http.StatusOK, func() int {
		for range 3 {
			b.fill("code", app.wrong())
			b.press("Sign in")
		}
		b.fill("code", app.wrong())
		return b.press("Sign in")
	})
	b.at("overview-recovered", http.StatusOK, func() int {
		b.signIn(email, webtest.Password)
		b.fill("code", codes[0])
		return b.press("Sign in")
	})
	b.at("reauth-code", http.StatusOK, func() int { return b.open("/reauth") })
	b.at("reauth-code-error", http.StatusUnprocessableEntity, func() int {
		b.fill("password", webtest.Password)
		b.fill("code", app.wrong())
		return b.press("Confirm")
	})
	b.at("end-all-code", http.StatusOK, func() int { return b.open("/account/sessions/end-all") })
	b.at("verify-429", http.StatusTooManyRequests, func() int {
		guesser := p.Client(t)
		for range 2 {
			guesser.Post("/login", "email", email, "password", webtest.Password).Leads("/login/verify")
			for range 5 {
				guesser.Post("/login/verify", "code", app.wrong())
			}
		}
		b.press("Sign out")
		b.open("/login")
		b.signIn(email, webtest.Password)
		b.fill("code", app.wrong())
		return b.press("Sign in")
	})
}

// lookAtRequired looks at what is open to somebody who has to set up two-factor authentication first.
func lookAtRequired(t *testing.T, p *program) {
	b := p.looker(t, webtest.ChromeOnLinux, p.Network+"::9")
	b.open("/login")
	b.at("security-lacking", http.StatusOK, func() int {
		b.fill("email", p.account(t, "Ada Lovelace"))
		b.fill("password", webtest.Password)
		return b.press("Sign in")
	})
	b.open("/reauth?next=%2Faccount%2Fsecurity%2Ftotp")
	b.fill("password", webtest.Password)
	b.press("Confirm")
	b.press("Begin")
	b.fill("code", b.readSecret().code(t))
	b.press("Set up the app")
	b.at("totp-kept", http.StatusOK, func() int { return b.open("/account/security/totp") })
	b.at("totp-kept-error", http.StatusUnprocessableEntity, func() int {
		evaluate[any](b.person, `{
			const form = document.createElement('form'), button = document.createElement('button')
			form.method = 'post'
			form.action = '/account/security/totp/remove'
			button.textContent = 'Remove anyway'
			form.append(button)
			document.querySelector('main').append(form)
			null
		}`)
		return b.press("Remove anyway")
	})
}

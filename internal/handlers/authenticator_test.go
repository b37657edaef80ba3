package handlers

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// An authenticator is an app that was given a secret from a page, by the words of RFC 6238 and not by our own code.
type authenticator struct {
	t      *testing.T
	secret []byte
	last   int64 // the step of the code given last
}

var secretOnPage = regexp.MustCompile(`id="secret">([A-Z2-7 ]+)<`)

func newAuthenticator(t *testing.T, page string) *authenticator {
	t.Helper()
	m := secretOnPage.FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no secret on the page:\n%s", webtest.Text(page))
	}
	secret, err := base32.StdEncoding.DecodeString(strings.ReplaceAll(m[1], " ", ""))
	if err != nil || len(secret) != 20 {
		t.Fatalf("secret of %d bytes, %v, want 20", len(secret), err)
	}
	return &authenticator{t: t, secret: secret}
}

// at is the code of a step, counted from the one of this moment.
func (a *authenticator) at(offset int64) string { return a.ofStep(time.Now().Unix()/30 + offset) }

func (a *authenticator) ofStep(step int64) string {
	mac := hmac.New(sha1.New, a.secret)
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	at := sum[19] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:at+4])&(1<<31-1)%1000000)
}

// code is one that was not given before: of this step, or of the next, which is good already.
func (a *authenticator) code() string {
	a.t.Helper()
	now := time.Now().Unix() / 30
	a.last = max(now, a.last+1)
	if a.last > now+1 {
		a.t.Fatal("no code that is good and was not given: let time pass")
	}
	return a.ofStep(a.last)
}

// wrong is six digits that are the code of no step near.
func (a *authenticator) wrong() string {
	for guess := 0; ; guess++ {
		text := fmt.Sprintf("%06d", guess)
		near := false
		for offset := int64(-3); offset <= 3; offset++ {
			near = near || a.at(offset) == text
		}
		if !near {
			return text
		}
	}
}

// apart reports whether no code of the app, from ten minutes ago to half an hour ahead, is one of another step, or of
// another app.
func (a *authenticator) apart(others ...*authenticator) bool {
	seen := map[string]bool{}
	for offset := int64(-20); offset <= 60; offset++ {
		for _, other := range others {
			seen[other.at(offset)] = true
		}
	}
	for offset := int64(-20); offset <= 60; offset++ {
		code := a.at(offset)
		if seen[code] {
			return false
		}
		seen[code] = true
	}
	return true
}

// beginApp asks for a secret until a code that should be wrong cannot be right by chance: one of another step, or of one
// of the other apps.
func (b *browser) beginApp(others ...*authenticator) *authenticator {
	b.p.t.Helper()
	for {
		b.Post("/account/security/totp", "begin", "yes").Leads("/account/security/totp")
		app := newAuthenticator(b.p.t, b.Get("/account/security/totp").Want(http.StatusOK).Body)
		if app.apart(others...) {
			return app
		}
	}
}

// enrolApp sets up an authenticator app as a person does, and returns it with the recovery codes that came with it. The
// other apps are those whose codes have to be wrong for this one.
func (b *browser) enrolApp(others ...*authenticator) (*authenticator, []string) {
	b.p.t.Helper()
	b.Reauth(password).Leads("/account/sessions")
	app := b.beginApp(others...)
	b.Post("/account/security/totp", "code", app.code()).Leads("/account/security/recovery-codes")
	return app, recoveryCodesOn(b.p.t, b.Get("/account/security/recovery-codes").Want(http.StatusOK).Body)
}

var recoveryCodeOnPage = regexp.MustCompile(`<li><code>([a-z2-7]{4}(?:-[a-z2-7]{4}){5})</code></li>`)

func recoveryCodesOn(t *testing.T, page string) (codes []string) {
	t.Helper()
	for _, m := range recoveryCodeOnPage.FindAllStringSubmatch(page, -1) {
		codes = append(codes, m[1])
	}
	if len(codes) != 10 {
		t.Fatalf("%d recovery codes on the page, want 10:\n%s", len(codes), webtest.Text(page))
	}
	return codes
}

// withPassword brings a browser to the second step.
func (p *portal) withPassword(email string) *browser {
	p.t.Helper()
	b := p.browser()
	b.Post("/login", "email", email, "password", password).Leads("/login/verify")
	return b
}

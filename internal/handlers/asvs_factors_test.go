package handlers

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
)

// codesOf makes n recovery codes of one account, ten at a time.
func (p *portal) codesOf(n int) (codes []string) {
	p.t.Helper()
	b := p.signedIn(p.newUser("Codina"))
	b.enrolApp()
	for len(codes) < n {
		b.Post(recoveryCodesPage).Leads(recoveryCodesPage)
		codes = append(codes, recoveryCodesOn(p.t, b.Get(recoveryCodesPage).Body)...)
	}
	return codes
}

// A code as its owner reads or types it is nowhere in the database; the plain hash that is there is one of 120 random bits.
func codesAreHashed(t *testing.T) {
	p := newPortal(t)
	codes := p.codesOf(10)
	dump := strings.ToLower(p.everything())
	for _, code := range codes {
		bare := strings.ReplaceAll(code, "-", "")
		if strings.Contains(dump, code) || strings.Contains(dump, bare) {
			t.Error("a recovery code is in the database")
		}
		if len(bare)*5 < 112 {
			t.Errorf("%d bits, want 112 or more for a plain hash", len(bare)*5)
		}
	}
}

// A thousand codes are all different, each place takes every character, and so do the secrets of apps.
func codesAreRandom(t *testing.T) {
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	codes := p.codesOf(1000)
	seen, places := map[string]bool{}, make([]map[rune]bool, 24)
	for _, code := range codes {
		if seen[code] {
			t.Errorf("%s comes twice", code)
		}
		seen[code] = true
		for i, c := range []rune(strings.ReplaceAll(code, "-", "")) {
			if places[i] == nil {
				places[i] = map[rune]bool{}
			}
			places[i][c] = true
		}
	}
	for i, characters := range places {
		if len(characters) != 32 { // chance leaves one of them out in one of ten billion runs
			t.Errorf("place %d takes %d characters, want 32", i, len(characters))
		}
	}
	b := p.signedIn(p.newUser("Secreta"))
	b.Reauth(password)
	for range 20 {
		b.Post("/account/security/totp", "begin", "yes").Want(http.StatusSeeOther)
		secret := string(newAuthenticator(t, b.Get("/account/security/totp").Body).secret)
		if seen[secret] || len(secret) < 20 {
			t.Error("a secret comes twice, or is short")
		}
		seen[secret] = true
	}
}

func codesHaveBits(t *testing.T) {
	for _, code := range newPortal(t).codesOf(20) {
		if bits := len(strings.ReplaceAll(code, "-", "")) * 5; bits < 20 {
			t.Errorf("a recovery code has %d bits, want 20", bits)
		}
	}
}

// A code is taken in its step and the ones beside it, and in no other.
func codesRunOut(t *testing.T) {
	for offset, good := range map[int64]bool{-20: false, -2: false, -1: true, 0: true, 1: true, 2: false, 20: false} {
		p := newPortal(t)
		u := p.newUser("Tempa")
		inTime(t, p, func(t *testing.T) {
			app, _ := p.signedIn(u).enrolApp()
			time.Sleep(5 * time.Minute) // beyond the step that was taken
			want := http.StatusUnprocessableEntity
			if good {
				want = http.StatusSeeOther
			}
			got := p.withPassword(u.Email).Post("/login/verify", "code", app.at(offset)).StatusCode
			if got != want {
				t.Errorf("a code of %d steps from now: got %d, want %d", offset, got, want)
			}
		})
	}
}

// What was taken from its owner opens nothing once they say so: an app, a passkey, recovery codes, a password.
func factorsAreRevoked(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Reva")
	inTime(t, p, func(t *testing.T) {
		p.limits.Limiter = limiterOff{}
		b := p.signedIn(u)
		app, codes := b.enrolApp()
		d := newPasskeyDevice(t)
		b.enrol(d, "Laptop").Want(http.StatusSeeOther)
		b.Post(recoveryCodesPage).Leads(recoveryCodesPage)
		fresh := recoveryCodesOn(t, b.Get(recoveryCodesPage).Body)
		p.withPassword(u.Email).Post("/login/verify", "code", codes[0]).Want(http.StatusUnprocessableEntity)
		b.Post("/account/security/totp/remove").Leads("/account/security")
		time.Sleep(time.Minute)
		p.withPassword(u.Email).Post("/login/verify", "code", app.code()).Want(http.StatusUnprocessableEntity)
		b.Post(passkeysPage + "/" + p.passkeyID(d) + "/remove").Leads("/account/security")
		lost := p.browser()
		lost.finish(d.answers(lost.begin(beginSignIn)), "").Want(http.StatusUnprocessableEntity)
		b.changePasswordTo(otherPassword).Want(http.StatusSeeOther)
		lost.Post("/login", "email", u.Email, "password", password, "code", fresh[0]).Want(http.StatusUnprocessableEntity)
		p.browser().SignIn(u.Email, otherPassword)
	})
}

// Nothing that a client sends moves the clock by which a code is looked at.
func clockIsTheServers(t *testing.T) {
	p := newPortal(t)
	u, app, _ := p.enrolled("Clocky")
	b := p.withPassword(u.Email)
	later := time.Now().Add(10 * time.Minute)
	form := url.Values{"code": {app.at(20)}}
	for _, name := range []string{"time", "now", "date", "timestamp", "step"} {
		form.Set(name, later.UTC().Format(time.RFC3339))
	}
	r := b.NewRequest("POST", "/login/verify", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, name := range []string{"Date", "X-Date", "X-Request-Start", "If-Modified-Since"} {
		r.Header.Set(name, later.UTC().Format(http.TimeFormat))
	}
	b.Do(r).Want(http.StatusUnprocessableEntity)
}

// The public key of a passkey is what it was when it was enrolled, whatever is asked for afterwards and by whom.
func passkeysAreKept(t *testing.T) {
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	b := p.signedIn(p.newUser("Keya"))
	d := b.passkeyOf("Laptop")
	key := func() (key []byte) {
		if err := p.store.DB().QueryRow(`SELECT public_key FROM passkeys WHERE credential_id = $1`, base64url(d.id)).Scan(&key); err != nil {
			t.Fatal(err)
		}
		return key
	}
	before := key()
	b.finish(d.answers(b.begin(beginSignIn)), "").Want(http.StatusOK)
	b.Post(passkeysPage+"/"+p.passkeyID(d)+"/rename", "name", "Old laptop", "public_key", "x", "credential", "x").Want(http.StatusSeeOther)
	b.Post("/reauth", "assertion", d.answers(b.begin(beginConfirm)), "next", "/account").Leads("/account")
	mallory := p.signedIn(p.newUser("Mallory"))
	mallory.Reauth(password).Want(http.StatusSeeOther)
	for _, one := range []*browser{b, mallory} {
		twin := newPasskeyDevice(t)
		twin.id = d.id
		one.enrol(twin, "Twin").Want(http.StatusUnprocessableEntity)
	}
	if !bytes.Equal(before, key()) {
		t.Error("the key of a passkey was changed")
	}
}

// Every challenge begins with a nonce of 192 bits that never comes again.
func challengesAreUnique(t *testing.T) {
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	b := p.browser()
	const nonce = 8 // bytes, the least that the standard allows
	seen := map[string]bool{}
	for range 1000 {
		challenge, err := base64.RawURLEncoding.DecodeString(b.begin(beginSignIn).PublicKey.Challenge)
		if err != nil || len(challenge) < 24 {
			t.Fatalf("challenge of %d bytes, %v", len(challenge), err)
		}
		for _, at := range []int{8, 16} { // in the nonce, behind the name of the key
			part := string(challenge[at : at+nonce])
			if seen[part] {
				t.Fatal("a part of a challenge came twice")
			}
			seen[part] = true
		}
	}
	if auth.ChallengeValid > 5*time.Minute {
		t.Errorf("a challenge can be answered for %v", auth.ChallengeValid)
	}
}

package handlers

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/webtest"
)

const (
	beginSignIn  = "/login/passkey/begin"
	finishSignIn = "/login/passkey/finish"
	beginConfirm = "/reauth/passkey/begin"
	beginEnrol   = "/account/security/passkeys/begin"
	finishEnrol  = "/account/security/passkeys/finish"
)

// A passkey signs in by itself, without an address, to where the person wanted to go.
func TestPasskeySignsIn(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		p.limits.Limiter = limiterOff{}
		d := p.signedIn(p.newUser("Pass Key")).passkeyOf("Laptop")
		for next, want := range map[string]string{
			"/account/sessions": "/account/sessions", "": "/account", "https://evil.example/": "/account", "//evil.example": "/account",
		} {
			b := p.browser()
			b.keeps("lantern")
			before := b.Token()
			got := b.finish(d.answers(b.begin(beginSignIn)), next).Want(http.StatusOK)
			if got.Body != fmt.Sprintf(`{"where":%q}`, want)+"\n" || got.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("next %q: got %s", next, got.Body)
			}
			if b.Token() == before || !b.Alive() {
				t.Error("not signed in under a token of its own")
			}
			b.Get("/account").Says("Pass Key")
			b.bag().Says("lantern")
			b.Get("/account/sessions").Says("with passkey")
			if strings.Contains(strings.Join(got.Header["Set-Cookie"], ";"), "Expires") {
				t.Error("kept signed in, and nobody asked for it")
			}
		}
		b := p.browser()
		got := b.postJSON("/login/passkey/finish", map[string]any{"assertion": json.RawMessage(d.answers(b.begin(beginSignIn))), "remember": true})
		if !strings.Contains(strings.Join(got.Want(http.StatusOK).Header["Set-Cookie"], ";"), "Expires") {
			t.Error("not kept signed in, though it was asked for")
		}
	})
}

// An answer that could not be checked, because the database was out of reach, is no failure.
func TestUncheckedPasskeysDoNotCount(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	d := p.signedIn(p.newUser("Pia")).passkeyOf("Laptop")
	b := p.browser()
	answer := d.answers(b.begin(beginSignIn))
	if err := p.store.Close(); err != nil {
		t.Fatal(err)
	}
	for range guard.PasskeyAnswers.Burst + 1 {
		b.finish(answer, "").Want(http.StatusServiceUnavailable)
	}
}

// The questions ask for what the promises need.
func TestPasskeyQuestions(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Asked")
	b := p.signedIn(u)
	d := b.passkeyOf("Laptop")
	made := b.begin(beginEnrol).PublicKey
	if made.Attestation != "none" && made.Attestation != "" || made.Selection.ResidentKey != "required" || made.Selection.UV != "required" ||
		len(made.Exclude) != 1 || made.Exclude[0].ID != base64url(d.id) {
		t.Errorf("enrolment: %+v", made)
	}
	if handle, _ := base64.RawURLEncoding.DecodeString(made.User.ID); string(handle) != u.ID || strings.Contains(made.User.ID, "@") {
		t.Errorf("user handle %q", handle)
	}
	signIn, confirm := p.browser().begin(beginSignIn).PublicKey, b.begin(beginConfirm).PublicKey
	if signIn.UV != "required" || len(signIn.Allow) != 0 || signIn.RPID != "portal.test" {
		t.Errorf("sign-in: %+v", signIn)
	}
	if confirm.UV != "required" || len(confirm.Allow) != 1 || confirm.Allow[0].ID != base64url(d.id) {
		t.Errorf("confirmation: %+v", confirm)
	}
	seen := map[string]bool{}
	for _, challenge := range []string{made.Challenge, signIn.Challenge, confirm.Challenge, p.browser().begin(beginSignIn).PublicKey.Challenge} {
		if raw, err := base64.RawURLEncoding.DecodeString(challenge); err != nil || len(raw) < 16 || seen[challenge] {
			t.Errorf("challenge %q", challenge)
		}
		seen[challenge] = true
	}
}

// A question keeps nothing, however many are asked, and neither does a wrong answer. Nobody's cookie is set.
func TestPasskeyQuestionsKeepNothing(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		p.limits.Limiter = limiterOff{}
		d := p.signedIn(p.newUser("Flooded")).passkeyOf("Laptop")
		rows := func() (n int) {
			for _, table := range []string{"spent_challenges", "bags", "sessions", "pending_sign_ins"} {
				n += p.count(`SELECT count(*) FROM ` + table)
			}
			return n
		}
		before := rows()
		b := p.browser()
		for range 5 {
			asked := b.begin(beginSignIn)
			stranger := newPasskeyDevice(t)
			stranger.id, stranger.handle = d.id, d.handle
			b.finish(stranger.answers(asked), "").Want(http.StatusUnprocessableEntity)
		}
		if after := rows(); after != before || len(b.Cookies) != 0 {
			t.Errorf("%d rows, want %d; cookies %v", after, before, b.Cookies)
		}
	})
}

// spoilt is an answer that something is wrong with.
type spoilt func(p *portal, b *browser, d *passkeyDevice) string

func whoSays(says func(client, response map[string]any)) spoilt {
	return func(_ *portal, b *browser, d *passkeyDevice) string {
		d.says = says
		return d.answers(b.begin(beginSignIn))
	}
}

var spoiltSignIns = map[string]spoilt{
	"another origin": whoSays(func(client, _ map[string]any) { client["origin"] = "https://portal.test.evil.example" }),
	"plain http":     whoSays(func(client, _ map[string]any) { client["origin"] = "http://portal.test" }),
	"in a frame":     whoSays(func(client, _ map[string]any) { client["crossOrigin"] = true }),
	"an enrolment":   whoSays(func(client, _ map[string]any) { client["type"] = "webauthn.create" }),
	"invented challenge": whoSays(func(client, _ map[string]any) {
		client["challenge"] = base64url([]byte("a challenge that nobody made, and long enough"))
	}),
	"no challenge":     whoSays(func(client, _ map[string]any) { client["challenge"] = "" }),
	"another handle":   whoSays(func(_, response map[string]any) { response["userHandle"] = base64url([]byte("SOMEBODYELSE")) }),
	"no handle":        whoSays(func(_, response map[string]any) { delete(response, "userHandle") }),
	"no signature":     whoSays(func(_, response map[string]any) { response["signature"] = "" }),
	"padded challenge": whoSays(func(client, _ map[string]any) { client["challenge"] = fmt.Sprint(client["challenge"], "=") }),
	"another spelling of the challenge": whoSays(func(client, _ map[string]any) {
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		if text, ok := client["challenge"].(string); ok { // its last character has two bits to spare
			last := strings.IndexByte(alphabet, text[len(text)-1])
			client["challenge"] = text[:len(text)-1] + alphabet[last+1:last+2]
		}
	}),
	"another host": func(_ *portal, b *browser, d *passkeyDevice) string {
		d.rpID = "test"
		return d.answers(b.begin(beginSignIn))
	},
	"user not verified": func(_ *portal, b *browser, d *passkeyDevice) string {
		d.flags &^= userVerified
		return d.answers(b.begin(beginSignIn))
	},
	"user not there": func(_ *portal, b *browser, d *passkeyDevice) string {
		d.flags &^= userPresent
		return d.answers(b.begin(beginSignIn))
	},
	"another key": func(_ *portal, b *browser, d *passkeyDevice) string {
		d.key = newPasskeyDevice(d.t).key
		return d.answers(b.begin(beginSignIn))
	},
	"another credential": func(_ *portal, b *browser, d *passkeyDevice) string {
		d.id = []byte("no such credential")
		return d.answers(b.begin(beginSignIn))
	},
	"not backed up any more, and never could be": func(_ *portal, b *browser, d *passkeyDevice) string {
		d.flags &^= backupEligible | backedUp
		return d.answers(b.begin(beginSignIn))
	},
	"a challenge to confirm": func(p *portal, _ *browser, d *passkeyDevice) string {
		return d.answers(p.owner.begin(beginConfirm))
	},
	"a challenge to enrol": func(p *portal, _ *browser, d *passkeyDevice) string {
		return d.answers(p.owner.begin(beginEnrol))
	},
	"answered before": func(p *portal, b *browser, d *passkeyDevice) string {
		answer := d.answers(b.begin(beginSignIn))
		p.browser().finish(answer, "").Want(http.StatusOK)
		return answer
	},
	"a disabled account": func(p *portal, b *browser, d *passkeyDevice) string {
		p.count(`UPDATE users SET disabled_at = $1 WHERE id = $2 RETURNING 1`, time.Now().UTC(), d.handle)
		return d.answers(b.begin(beginSignIn))
	},
	"a removed passkey": func(p *portal, b *browser, d *passkeyDevice) string {
		p.owner.Post("/account/security/passkeys/" + p.passkeyID(d) + "/remove").Want(http.StatusSeeOther)
		return d.answers(b.begin(beginSignIn))
	},
	"null":       func(*portal, *browser, *passkeyDevice) string { return "null" },
	"a number":   func(*portal, *browser, *passkeyDevice) string { return "7" },
	"no members": func(*portal, *browser, *passkeyDevice) string { return "{}" },
}

// passkeyID is the name of the device's passkey in URLs.
func (p *portal) passkeyID(d *passkeyDevice) (id string) {
	p.t.Helper()
	err := p.store.DB().QueryRowContext(p.t.Context(), `SELECT id FROM passkeys WHERE credential_id = $1`, base64url(d.id)).Scan(&id)
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

// Whatever is wrong with an answer, the refusal is the same and nobody is signed in (ASVS v5.0.0-6.3.8).
func TestPasskeyRefused(t *testing.T) {
	t.Parallel()
	for what, spoil := range spoiltSignIns {
		t.Run(what, func(t *testing.T) {
			p := newPortal(t)
			p.limits.Limiter = limiterOff{}
			p.owner = p.signedIn(p.newUser("Owner"))
			d := p.owner.passkeyOf("Laptop")
			b := p.browser()
			answer := spoil(p, b, d)
			d.says = nil
			got := b.finish(answer, "").Want(http.StatusUnprocessableEntity)
			kind := "refused"
			if what == "a removed passkey" || what == "another credential" { // for its password manager; to people it says the same
				kind = "unknown-passkey"
			}
			if want := `{"error":"` + kind + `","text":"` + passkeyRefused + `"}` + "\n"; got.Body != want || len(b.Cookies) != 0 {
				t.Errorf("got %s, cookies %v", got.Body, b.Cookies)
			}
			if !strings.Contains(p.log.String(), `"msg":"authn_login_fail"`) || !strings.Contains(p.log.String(), `"reason":"passkey"`) {
				t.Error("no authn_login_fail by a passkey in the log")
			}
			if strings.Contains(p.log.String(), base64url(d.id)) {
				t.Error("the credential is in the log")
			}
		})
	}
}

// An answer to a challenge whose time is up is refused, however right it is, and the table of spent ones is swept.
func TestPasskeyChallengeExpires(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Late")
	inTime(t, p, func(t *testing.T) {
		owner := p.signedIn(u)
		d := owner.passkeyOf("Laptop")
		d.t = t
		b := p.browser()
		asked := b.begin(beginSignIn)
		time.Sleep(auth.ChallengeValid - time.Second)
		b.finish(d.answers(asked), "").Want(http.StatusOK)
		late := p.browser()
		asked = late.begin(beginSignIn)
		time.Sleep(auth.ChallengeValid)
		late.finish(d.answers(asked), "").Want(http.StatusUnprocessableEntity)
		if n := p.count(`SELECT count(*) FROM spent_challenges`); n != 2 {
			t.Errorf("%d spent challenges, want those of the enrolment and of the sign-in", n)
		}
		if err := p.sweepAll(p.t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := p.count(`SELECT count(*) FROM spent_challenges`); n != 0 {
			t.Errorf("%d spent challenges after their time", n)
		}
	})
}

// Of one answer handed in many times at once, one opens a session (ASVS v5.0.0-6.5.1).
func TestPasskeyAnsweredOnce(t *testing.T) {
	t.Parallel()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			stores := open(t)
			p, q := portalOn(t, stores, nil), portalOn(t, stores, nil)
			p.limits.Limiter, q.limits.Limiter = limiterOff{}, limiterOff{}
			d := p.signedIn(p.newUser("Racer")).passkeyOf("Laptop")
			for round := range 8 {
				answer := d.answers(p.browser().begin(beginSignIn))
				before := p.count(`SELECT count(*) FROM sessions`)
				var wg sync.WaitGroup
				var mu sync.Mutex
				codes := map[int]int{}
				for i := range 6 {
					b := []*portal{p, q}[i%2].browser()
					wg.Go(func() {
						got := b.finish(answer, "").StatusCode
						mu.Lock()
						defer mu.Unlock()
						codes[got]++
					})
				}
				wg.Wait()
				after := p.count(`SELECT count(*) FROM sessions`)
				if codes[http.StatusOK] != 1 || codes[http.StatusUnprocessableEntity] != 5 || after != before+1 {
					t.Errorf("round %d: answers %v, %d sessions more, want one", round, codes, after-before)
				}
			}
		})
	}
}

// A counter that does not grow may mean that two devices count with one key: the owner is told, by an email and in the trail,
// and locked out of nothing. The counter goes on from there, so that one that was set back is told of once.
func TestPasskeyCloned(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		p.limits.Limiter = limiterOff{}
		u := p.newUser("Cloned")
		owner := p.signedIn(u)
		d := newPasskeyDevice(t)
		d.count = 5
		owner.Reauth(password).Want(http.StatusSeeOther)
		owner.enrol(d, "Key").Want(http.StatusSeeOther)
		warnings := 0
		used := func(warned bool, use func()) {
			t.Helper()
			if use(); warned {
				warnings++
			}
			if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'passkey_cloned'`); n != warnings {
				t.Fatalf("%d warnings in the trail, want %d", n, warnings)
			}
			if n := p.count(`SELECT sign_count FROM passkeys WHERE credential_id = $1`, base64url(d.id)); n != int(d.count) {
				t.Errorf("counter is %d, want %d", n, d.count)
			}
		}
		signsIn := func() {
			b := p.browser()
			b.finish(d.answers(b.begin(beginSignIn)), "").Want(http.StatusOK)
			b.Post("/logout").Want(http.StatusSeeOther) // there may be few sessions
		}
		used(false, signsIn)
		for _, count := range []uint32{5, 2, 0} { // the answer counts on from there, but for 0: the same, below, none at all
			d.count = count
			used(true, signsIn)
			d.count = max(d.count, 1)
			used(false, signsIn)
		}
		d.count = 0
		used(true, func() {
			owner.Post("/reauth", "assertion", d.answers(owner.begin(beginConfirm))).Leads("/account")
		})
		owner.Get("/account/activity").Says("A passkey that may have been copied was used")
		emails := 0
		for _, text := range p.emailsTo(u.Email) {
			if strings.HasPrefix(text, "A passkey of your account may have been copied") {
				emails++
			}
		}
		if emails != warnings {
			t.Errorf("%d emails, want %d", emails, warnings)
		}
	})
}

// Wrong passwords, however many, do not keep the owner's passkey out. A network that hands in wrong answers waits.
func TestPasskeyLimits(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Besieged")
	inTime(t, p, func(t *testing.T) {
		d := p.signedIn(u).passkeyOf("Laptop")
		b := p.browser()
		for range guard.AccountHere.Burst + 1 {
			b.Post("/login", "email", u.Email, "password", otherPassword)
		}
		b.Post("/login", "email", u.Email, "password", password).Want(http.StatusTooManyRequests)
		b.finish(d.answers(b.begin(beginSignIn)), "").Want(http.StatusOK)

		c := p.browser()
		for range guard.PasskeyAnswers.Burst {
			c.finish("{}", "").Want(http.StatusUnprocessableEntity)
		}
		good := d.answers(c.begin(beginSignIn))
		got := c.finish(good, "").Want(http.StatusTooManyRequests)
		if got.Header.Get("Retry-After") == "" || !strings.HasPrefix(got.Body, `{"error":"limited","text":"There were too many attempts.`) {
			t.Errorf("got %q, Retry-After %q", got.Body, got.Header.Get("Retry-After"))
		}
		elsewhere := p.browser()
		elsewhere.IP = webtest.Network() + "::1"
		elsewhere.finish(good, "").Want(http.StatusOK)
		for range guard.PasskeyChallenges.Burst {
			c.postJSON(beginSignIn, struct{}{})
		}
		c.postJSON(beginSignIn, struct{}{}).Want(http.StatusTooManyRequests)
	})
}

// What no script of ours sends is refused in the usual ways, and changes nothing.
func TestPasskeyBadRequests(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.browser()
	send := func(contentType, body, site string) int {
		r := b.NewRequest("POST", "/login/passkey/finish", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Sec-Fetch-Site", site)
		return b.Do(r).StatusCode
	}
	const js, ours = "application/json", "same-origin"
	for _, c := range []struct {
		kind, body, site string
		want             int
	}{
		{js, `{"assertion":`, ours, http.StatusBadRequest}, {js, ``, ours, http.StatusBadRequest}, {js, `[]`, ours, http.StatusBadRequest},
		{js, `{} {}`, ours, http.StatusBadRequest}, {js, `{"remember":"yes"}`, ours, http.StatusBadRequest},
		{"application/x-www-form-urlencoded", `assertion={}`, ours, http.StatusUnsupportedMediaType},
		{"text/plain", `{}`, ours, http.StatusUnsupportedMediaType}, {js, `{}`, "cross-site", http.StatusForbidden},
		{js, `{"next":"` + strings.Repeat("x", maxBody) + `"}`, ours, http.StatusRequestEntityTooLarge},
		{js, `{}`, ours, http.StatusUnprocessableEntity},
	} {
		if got := send(c.kind, c.body, c.site); got != c.want {
			t.Errorf("%s, %.20q, %s: got %d, want %d", c.kind, c.body, c.site, got, c.want)
		}
	}
}

package handlers

import (
	"bytes"
	"encoding/base32"
	"html"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

// Setting up an app takes a re-authentication, a secret and its first code. It ends the other sessions, gives this one
// another token, leaves an event and a letter, and shows ten recovery codes, once.
func TestEnrolment(t *testing.T) {
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Enno")
		b, other := p.signedIn(u), p.signedIn(u)
		b.get("/account/security").says("Authenticator app Not set up").saysNot("Recovery codes")
		b.post("/account/security/totp", "begin", "yes").location("/reauth?next=%2Faccount%2Fsecurity%2Ftotp")
		b.reauth(password).location("/account/sessions")
		b.get("/account/security/recovery-codes").says("Recovery codes come with a second step")
		b.post("/account/security/recovery-codes").location("/account/security")
		b.get("/account/security").says("Recovery codes come with a second step. Set one up first.")
		b.get("/account/security/totp").want(http.StatusOK).says("You need an app")
		app := b.beginApp()
		page := b.get("/account/security/totp").want(http.StatusOK)
		if again := newAuthenticator(t, page.body); !bytes.Equal(again.secret, app.secret) {
			t.Error("looking again made another secret")
		}
		if page.Header.Get("Cache-Control") != "no-store" || !strings.Contains(page.body, `role="img" aria-label="QR code`) {
			t.Errorf("Cache-Control %q, or no picture", page.Header.Get("Cache-Control"))
		}
		token := b.token()
		b.post("/account/security/totp").want(http.StatusUnprocessableEntity).says("Enter the code that your app shows.")
		b.post("/account/security/totp", "code", app.wrong()).want(http.StatusUnprocessableEntity).says("That is not the code for this secret.")
		if !other.alive() || b.token() != token {
			t.Fatal("a wrong code changed something")
		}
		b.post("/account/security/totp", "code", app.code()).location("/account/security/recovery-codes")
		if other.alive() || b.token() == token || p.replay(token).StatusCode == http.StatusOK {
			t.Error("another session or the old token is alive")
		}
		shown := b.get("/account/security/recovery-codes").want(http.StatusOK).says("Your authenticator app is set up. Signed out 1 other session.")
		codes := recoveryCodesOn(t, shown.body)
		later := b.get("/account/security/recovery-codes").want(http.StatusOK).says("10 of 10 left")
		for _, code := range codes {
			if strings.Contains(later.body, code) {
				t.Fatal("a recovery code is shown twice")
			}
		}
		if now := b.get("/account/security/totp").saysNot("secret").body; secretOnPage.MatchString(now) {
			t.Error("the secret is shown after its first code")
		}
		b.get("/account/security").says("10 of 10 left")
		b.get("/account/session").says("because you changed how you sign in")
		p.letter(u.Email, "A second step was set up")
		if got := p.kinds(u.ID); !slices.Contains(got, "mfa_enrolled:totp") || !slices.Contains(got, "recovery_codes_made") || !slices.Contains(got, "session_expired:revoked") {
			t.Errorf("got %q", got)
		}
		p.withPassword(u.Email).post("/login/verify", "code", app.ofStep(app.last)).want(http.StatusUnprocessableEntity) // taken at enrolment
	})
}

// A secret is confirmed in the session that has seen it, and in its time.
func TestEnrolmentIsOfOneSession(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Otto")
	inTime(t, p, func(t *testing.T) {
		thief, owner := p.signedIn(u), p.signedIn(u)
		thief.reauth(password)
		owner.reauth(password)
		thief.post("/account/security/totp", "begin", "yes")
		known := newAuthenticator(t, thief.get("/account/security/totp").body)
		owner.get("/account/security/totp").saysNot("Or type this secret")
		owner.post("/account/security/totp", "code", known.code()).location("/account/security/totp")
		mine := newAuthenticator(t, owner.get("/account/security/totp").says("That took too long").body)
		if bytes.Equal(mine.secret, known.secret) {
			t.Fatal("the owner was given a secret that somebody else has seen")
		}
		time.Sleep(auth.EnrolmentValid)
		owner.post("/account/security/totp", "code", mine.code()).location("/account/security/totp")
		owner.get("/account/security/totp").says("That took too long")
		if got := p.count(`SELECT count(*) FROM totp_secrets`); got != 0 {
			t.Errorf("%d apps enrolled, want none", got)
		}
	})
}

// Another phone takes the place of the first once it has shown its code; the recovery codes stay.
func TestAnotherApp(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Anna")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		first, codes := b.enrolApp()
		second := b.beginApp(first)
		b.get("/account/security/totp").says("The app you use now stops working here.")
		p.withPassword(u.Email).post("/login/verify", "code", first.code()).location("/account")
		b.post("/account/security/totp", "code", second.code()).location("/account/security")
		time.Sleep(time.Minute)
		p.withPassword(u.Email).post("/login/verify", "code", first.code()).want(http.StatusUnprocessableEntity)
		p.withPassword(u.Email).post("/login/verify", "code", second.code()).location("/account")
		p.withPassword(u.Email).post("/login/verify", "code", codes[0]).location("/account")
	})
}

// Removing the last second factor takes the recovery codes along, and the password is enough again.
func TestRemoval(t *testing.T) {
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Remo")
		b := p.signedIn(u)
		app, codes := b.enrolApp()
		other := p.withPassword(u.Email)
		other.post("/login/verify", "code", app.code()).location("/account")
		b.get("/account/security/totp").says("Remove the app").says("This also signs out your 1 other session.")
		token := b.token()
		b.post("/account/security/totp/remove").location("/account/security")
		b.get("/account/security").says("Your authenticator app was removed. Signed out 1 other session.").says("Authenticator app Not set up")
		if other.alive() || p.replay(token).StatusCode == http.StatusOK {
			t.Error("another session or the old token is alive")
		}
		b.post("/account/security/totp/remove").location("/account/security")
		b.get("/account/security").says("There is no authenticator app to remove.")
		if n := p.count(`SELECT count(*) FROM recovery_codes WHERE user_id = $1`, u.ID); n != 0 {
			t.Errorf("%d recovery codes, want none", n)
		}
		p.browser().signIn(u.Email, password)
		b.post("/account/security/recovery-codes/download", "codes", codes[0]).location("/account/security/recovery-codes")
		p.letter(u.Email, "A second step was removed")
		if got := p.kinds(u.ID); !slices.Contains(got, "mfa_removed:totp") {
			t.Errorf("got %q", got)
		}
	})
}

// Fresh recovery codes kill the old ones; the file holds what the page showed, and nothing that is not theirs.
func TestFreshRecoveryCodes(t *testing.T) {
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Freya")
		b := p.signedIn(u)
		_, old := b.enrolApp()
		other := p.withPassword(u.Email)
		other.post("/login/verify", "code", old[0]).location("/account")
		token := b.token()
		b.post("/account/security/recovery-codes").location("/account/security/recovery-codes")
		b.do(b.request("HEAD", "/account/security/recovery-codes", nil)).want(http.StatusOK) // shows nothing, so it uses nothing up
		page := b.get("/account/security/recovery-codes").says("The ones before no longer work. Signed out 1 other session.")
		fresh := recoveryCodesOn(t, page.body)
		if other.alive() || p.replay(token).StatusCode == http.StatusOK {
			t.Error("another session or the old token is alive")
		}
		p.withPassword(u.Email).post("/login/verify", "code", old[1]).want(http.StatusUnprocessableEntity)

		file := b.post("/account/security/recovery-codes/download", "codes", strings.Join(fresh, "\r\n")).want(http.StatusOK)
		if got := file.Header.Get("Content-Disposition"); got != `attachment; filename="gatehouse-recovery-codes.txt"` ||
			file.Header.Get("Content-Type") != "text/plain; charset=utf-8" || file.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("got headers %v", file.Header)
		}
		for _, code := range fresh {
			if !strings.Contains(file.body, code+"\r\n") {
				t.Errorf("the file lacks a code:\n%s", file.body)
			}
		}
		stranger := p.signedIn(p.newUser("Strange"))
		for what, refused := range map[string]*answer{
			"an old one":     b.post("/account/security/recovery-codes/download", "codes", old[1]),
			"no codes":       b.post("/account/security/recovery-codes/download"),
			"anything":       b.post("/account/security/recovery-codes/download", "codes", "<script>alert(1)</script>"),
			"another's":      stranger.post("/account/security/recovery-codes/download", "codes", fresh[0]),
			"one among good": b.post("/account/security/recovery-codes/download", "codes", fresh[0]+" x"),
		} {
			if refused.StatusCode != http.StatusSeeOther {
				t.Errorf("%s: got %d, want 303", what, refused.StatusCode)
			}
		}
		p.withPassword(u.Email).post("/login/verify", "code", fresh[0]).location("/account")
		p.letter(u.Email, "You have new recovery codes")
	})
}

// Every form that asks who sends it asks for the code as well; the password alone does nothing (ASVS v5.0.0-7.5.1).
func TestCodeBesideThePassword(t *testing.T) {
	forms := map[string]func(b *browser, shown url.Values, fields ...string) *answer{
		"reauth": func(b *browser, _ url.Values, f ...string) *answer { return b.post("/reauth", f...) },
		"end others": func(b *browser, _ url.Values, f ...string) *answer {
			return b.post("/account/sessions/end-others", f...)
		},
		"end all": func(b *browser, _ url.Values, f ...string) *answer { return b.post("/account/sessions/end-all", f...) },
		"password": func(b *browser, _ url.Values, f ...string) *answer {
			f[0] = "current_password"
			return b.post("/account/security/password", append(f, "password", otherPassword)...)
		},
		"payment": func(b *browser, shown url.Values, f ...string) *answer {
			for name := range maps.Keys(shown) {
				f = append(f, name, shown.Get(name))
			}
			return b.post("/billing/checkout", f...)
		},
	}
	pages := map[string]string{"reauth": "/reauth", "end others": "/account/sessions/end-others", "end all": "/account/sessions/end-all",
		"password": "/account/security/password", "payment": "/billing/checkout"}
	for what, send := range forms {
		t.Run(what, func(t *testing.T) {
			p := newPortal(t)
			u := p.newUser("Cody")
			inTime(t, p, func(t *testing.T) {
				b := p.signedIn(u)
				app, codes := b.enrolApp()
				b.method("visa-4242")
				b.post("/basket", "plan", "hall")
				time.Sleep(testPolicy.Elevation)
				p.withPassword(u.Email).post("/login/verify", "code", app.code()).location("/account")
				shown := b.reviewed()
				b.get(pages[what]).want(http.StatusOK).says("Six digits from your authenticator app")
				before := p.dumpOf("users", "payments")
				b.p.log.b.Reset()
				refuse := func(why, says string, fields ...string) {
					t.Helper()
					res := send(b, shown, fields...)
					if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(html.UnescapeString(text(res.body)), says) {
						t.Errorf("%s: got %d, want 422 saying %q:\n%s", why, res.StatusCode, says, text(res.body))
					}
				}
				refuse("the password alone", "Enter the code that your app shows.", "password", password)
				refuse("a wrong code", "That code is not right", "password", password, "code", app.wrong())
				refuse("a wrong password", "That is not your password.", "password", "wrong, and long enough", "code", app.at(1))
				refuse("a code that was taken", "That code is not right", "password", password, "code", app.ofStep(app.last))
				if got := p.dumpOf("users", "payments"); got != before || !b.alive() || p.sessionsOf(u) != 2 {
					t.Fatal("a refused form changed something")
				}
				if !strings.Contains(p.log.String(), `"reason":"code"`) {
					t.Error("no event of the wrong code")
				}
				b.get("/account/activity?q=wrong+code").says("wrong code")
				time.Sleep(2 * time.Minute) // for the limit of the session
				if what == "payment" {
					send(b, shown, "password", password, "code", codes[0]).location("/billing/receipts/" + shown.Get("order"))
					b.get("/billing").says("9 of 10 are left")
					return
				}
				send(b, shown, "password", password, "code", app.code()).want(http.StatusSeeOther)
			})
		})
	}
}

// Somebody who has lost the app gets in with one recovery code and removes it with another.
func TestLostApp(t *testing.T) {
	p := newPortal(t)
	u, _, codes := p.enrolled("Lotte")
	b := p.withPassword(u.Email)
	b.post("/login/verify", "code", codes[0]).location("/account")
	b.post("/reauth", "password", password, "code", codes[0]).want(http.StatusUnprocessableEntity)
	b.post("/reauth", "password", password, "code", codes[1], "next", "/account/security/totp").location("/account/security/totp")
	b.get("/account/security/totp").says("8 of 10 are left").says("Remove the app")
	b.post("/account/security/totp/remove").location("/account/security")
	p.browser().signIn(u.Email, password)
}

// One recovery code confirms once, also in many forms at the same moment.
func TestRecoveryCodeConfirmsOnce(t *testing.T) {
	onBackends(t, func(t *testing.T, p *portal) {
		u, _, codes := p.enrolled("Rudi")
		p.app.Attempts = limiterOff{}
		var there []*browser
		for i := range 4 {
			b := p.withPassword(u.Email)
			b.post("/login/verify", "code", codes[i]).location("/account")
			there = append(there, b)
		}
		var wg sync.WaitGroup
		for _, b := range there {
			wg.Go(func() { b.post("/reauth", "password", password, "code", codes[9]) })
		}
		wg.Wait()
		if n := p.count(`SELECT count(*) FROM sessions WHERE user_id = $1 AND elevated_until IS NOT NULL`, u.ID); n != 2 { // and where the app was set up
			t.Errorf("%d sessions were confirmed, want 2", n)
		}
	})
}

// Guessing the code inside a session is limited like guessing the password there.
func TestGuessingCodesInsideASession(t *testing.T) {
	p := newPortal(t)
	b := p.signedIn(p.newUser("Ines"))
	app, _ := b.enrolApp()
	for range perSession.Burst {
		b.post("/reauth", "password", password, "code", app.wrong()).want(http.StatusUnprocessableEntity)
	}
	b.post("/reauth", "password", password, "code", app.code()).want(http.StatusTooManyRequests)
}

// Where a second factor is required, whoever has none reaches the pages to get one and nothing else of their account.
func TestSecondFactorRequired(t *testing.T) {
	p := portalOn(t, sqliteBackend(t), func(_ *Options, policy *auth.Policy) { policy.RequireSecondFactor = true })
	u := p.newUser("Quin")
	b := p.signedIn(u)
	b.get("/account/security").want(http.StatusOK).says("Set up a second step first")
	table, changes := access(t), accessColumn(t, 4)
	err := chi.Walk(p.app.routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		line := method + " " + route
		switch table[line] {
		case "signed in", "re-authenticated", "password here":
		default:
			return nil
		}
		open := strings.HasPrefix(changes[line], "*") || route == "/reauth"
		path := strings.NewReplacer("{handle}", "X", "{id}", "X").Replace(route)
		res := b.get
		if method == "POST" {
			res = func(path string) *answer { return b.post(path) }
		}
		got := res(path)
		sent := got.StatusCode == http.StatusSeeOther && got.Header.Get("Location") == "/account/security"
		if sent == open {
			t.Errorf("%s: got %d to %q, open is %t", line, got.StatusCode, got.Header.Get("Location"), open)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b.get("/plans").want(http.StatusOK)
	app, _ := b.enrolApp()
	b.get("/account").want(http.StatusOK)
	b.get("/account/security/totp").says("this is your only one").saysNot("Remove the authenticator app")
	b.post("/account/security/totp/remove").want(http.StatusUnprocessableEntity).says("this is your last. Set up another one first.")
	b.post("/logout")
	p.withPassword(u.Email).post("/login/verify", "code", app.code()).location("/account")

	demo := p.browser()
	demo.post("/demo").location("/account")
	demo.get("/account").want(http.StatusOK)
}

// Secrets that were sealed with a key that is replaced are read with the old one, and with the new one alone once they
// were used.
func TestSecretIsResealed(t *testing.T) {
	p := newPortal(t)
	u, app, _ := p.enrolled("Rosalind")
	key := bytes.Repeat([]byte{9}, 32)
	with := func(keys ...[]byte) {
		sealer, err := session.NewSealer(keys)
		if err != nil {
			t.Fatal(err)
		}
		p.auth = auth.New(p.store, sealer, testPolicy, p.app.Log)
		p.app.Auth = p.auth
	}
	with(key, testKey)
	p.withPassword(u.Email).post("/login/verify", "code", app.code()).location("/account")
	with(key)
	p.withPassword(u.Email).post("/login/verify", "code", app.wrong()).want(http.StatusUnprocessableEntity)
	with(testKey)
	p.withPassword(u.Email).post("/login/verify", "code", app.wrong()).want(http.StatusInternalServerError)
}

// Neither secrets nor codes are in the log, in the database as they are, in a letter or in an address.
func TestFactorsLeakNothing(t *testing.T) {
	p := newPortal(t)
	u, app, codes := p.enrolled("Lena")
	b := p.withPassword(u.Email)
	secrets := map[string]string{
		"secret": base32.StdEncoding.EncodeToString(app.secret), "raw secret": string(app.secret), "pending token": b.cookies["__Host-pending"],
		"code": codes[0], "typed code": strings.ReplaceAll(codes[0], "-", ""), "stored code": strings.ToUpper(strings.ReplaceAll(codes[0], "-", "")),
	}
	res := b.post("/login/verify", "code", codes[0])
	res.location("/account")
	b.post("/account/security/recovery-codes/download", "codes", codes[1]).want(http.StatusOK)
	dump := p.dump()
	letters := strings.Join(p.lettersTo(u.Email), "\n")
	for what, secret := range secrets {
		for where, text := range map[string]string{"the log": p.log.String(), "the database": dump, "a letter": letters} {
			if strings.Contains(text, secret) {
				t.Errorf("the %s is in %s", what, where)
			}
		}
	}
	if strings.Contains(p.log.String(), app.ofStep(app.last)+`"`) {
		t.Error("a code of the app is in the log")
	}
}

// While the bag is away nothing is changed that would leave somebody without their recovery codes; whoever has a second
// factor signs in as ever.
func TestFactorsWithoutTheBag(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Bea")
	b := p.signedIn(u)
	b.reauth(password)
	b.post("/account/security/totp", "begin", "yes")
	app := newAuthenticator(t, b.get("/account/security/totp").body)
	rename := func(from, to string) {
		if _, err := p.store.DB().ExecContext(t.Context(), `ALTER TABLE `+from+` RENAME TO `+to); err != nil {
			t.Fatal(err)
		}
	}
	rename("bags", "gone_bags")
	b.post("/account/security/totp", "code", app.at(0)).want(http.StatusServiceUnavailable)
	if n := p.count(`SELECT count(*) FROM totp_secrets WHERE user_id = $1`, u.ID); n != 0 {
		t.Fatal("an app was set up without its recovery codes")
	}
	rename("gone_bags", "bags")
	b.post("/account/security/totp", "code", app.code()).location("/account/security/recovery-codes")
	rename("bags", "gone_bags")
	p.withPassword(u.Email).post("/login/verify", "code", app.code()).location("/account")
	rename("gone_bags", "bags")
}

// Whoever can write into the database and has no key cannot give somebody a secret that they know.
func TestSecretsAreBound(t *testing.T) {
	p := newPortal(t)
	thief, app, _ := p.enrolled("Thea")
	victim, _, _ := p.enrolled("Victor")
	write := func(statement string, args ...any) {
		t.Helper()
		if _, err := p.store.DB().ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	write(`UPDATE totp_secrets SET sealed = (SELECT sealed FROM totp_secrets WHERE user_id = $1) WHERE user_id = $2`, thief.ID, victim.ID)
	p.withPassword(victim.Email).post("/login/verify", "code", app.code()).want(http.StatusInternalServerError)

	u := p.newUser("Enid")
	first, second := p.signedIn(u), p.signedIn(u)
	for _, b := range []*browser{first, second} {
		b.reauth(password)
		b.post("/account/security/totp", "begin", "yes").location("/account/security/totp")
	}
	write(`UPDATE totp_enrolments SET sealed = (SELECT sealed FROM totp_enrolments WHERE session_id = $1) WHERE session_id = $2`, first.handle(), second.handle())
	second.get("/account/security/totp").want(http.StatusOK).says("You need an app")
	write(`UPDATE totp_enrolments SET sealed = (SELECT sealed FROM totp_secrets WHERE user_id = $1) WHERE session_id = $2`, thief.ID, second.handle())
	second.get("/account/security/totp").want(http.StatusOK).says("You need an app")
}

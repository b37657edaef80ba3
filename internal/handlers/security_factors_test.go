package handlers

import (
	"bytes"
	"encoding/base32"
	"html"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/seal"
	"example.com/gatehouse/webtest"
)

// Setting up an app takes a re-authentication, a secret and its first code. It ends the other sessions, gives this one
// another token, leaves an event and an email, and shows ten recovery codes, once.
func TestEnrolment(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Enno")
		b, other := p.signedIn(u), p.signedIn(u)
		b.Get("/account/security").Says("Authenticator app Not set up").SaysNot("Recovery codes")
		b.Post("/account/security/totp", "begin", "yes").Leads("/reauth?next=%2Faccount%2Fsecurity%2Ftotp")
		b.Reauth(password).Leads("/account/sessions")
		b.Get("/account/security/recovery-codes").Says("Recovery codes come with a second step")
		b.Post("/account/security/recovery-codes").Leads("/account/security")
		b.Get("/account/security").Says("Recovery codes come with a second step. Set one up first.")
		b.Get("/account/security/totp").Want(http.StatusOK).Says("You need an app")
		app := b.beginApp()
		page := b.Get("/account/security/totp").Want(http.StatusOK)
		if again := newAuthenticator(t, page.Body); !bytes.Equal(again.secret, app.secret) {
			t.Error("looking again made another secret")
		}
		if page.Header.Get("Cache-Control") != "no-store" || !strings.Contains(page.Body, `role="img" aria-label="QR code`) {
			t.Errorf("Cache-Control %q, or no picture", page.Header.Get("Cache-Control"))
		}
		token := b.Token()
		b.Post("/account/security/totp").Want(http.StatusUnprocessableEntity).Says("Enter the code that your app shows.")
		b.Post("/account/security/totp", "code", app.wrong()).Want(http.StatusUnprocessableEntity).Says("That is not the code for this secret.")
		if !other.Alive() || b.Token() != token {
			t.Fatal("a wrong code changed something")
		}
		b.Post("/account/security/totp", "code", app.code()).Leads("/account/security/recovery-codes")
		if other.Alive() || b.Token() == token || p.replay(token).StatusCode == http.StatusOK {
			t.Error("another session or the old token is alive")
		}
		shown := b.Get("/account/security/recovery-codes").Want(http.StatusOK).Says("Your authenticator app is set up. Signed out 1 other session.")
		codes := recoveryCodesOn(t, shown.Body)
		if again := recoveryCodesOn(t, b.Get("/account/security/recovery-codes").Want(http.StatusOK).Body); !slices.Equal(again, codes) {
			t.Errorf("codes on the page: %q, then %q, want the same until they are kept", codes, again)
		}
		b.Post("/account/security/recovery-codes/kept").Leads(securityPage)
		later := b.Get("/account/security/recovery-codes").Want(http.StatusOK).Says("10 of 10 left")
		for _, code := range codes {
			if strings.Contains(later.Body, code) {
				t.Fatal("a recovery code is shown after it was kept")
			}
		}
		if now := b.Get("/account/security/totp").SaysNot("secret").Body; secretOnPage.MatchString(now) {
			t.Error("the secret is shown after its first code")
		}
		b.Get("/account/security").Says("10 of 10 left")
		b.Get("/account/session").Says("because you changed how you sign in")
		p.email(u.Email, "A second step was set up")
		if got := p.kinds(u.ID); !slices.Contains(got, "mfa_enrolled:totp") || !slices.Contains(got, "recovery_codes_made") || !slices.Contains(got, "session_expired:revoked") {
			t.Errorf("got %q", got)
		}
		p.withPassword(u.Email).Post("/login/verify", "code", app.ofStep(app.last)).Want(http.StatusUnprocessableEntity) // taken at enrolment
	})
}

// A secret is confirmed in the session that has seen it, and in its time.
func TestEnrolmentIsOfOneSession(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Otto")
	inTime(t, p, func(t *testing.T) {
		thief, owner := p.signedIn(u), p.signedIn(u)
		thief.Reauth(password)
		owner.Reauth(password)
		thief.Post("/account/security/totp", "begin", "yes")
		known := newAuthenticator(t, thief.Get("/account/security/totp").Body)
		owner.Get("/account/security/totp").SaysNot("Or type this secret")
		owner.Post("/account/security/totp", "code", known.code()).Leads("/account/security/totp")
		mine := newAuthenticator(t, owner.Get("/account/security/totp").Says("That took too long").Body)
		if bytes.Equal(mine.secret, known.secret) {
			t.Fatal("the owner was given a secret that somebody else has seen")
		}
		time.Sleep(account.EnrolmentValid)
		owner.Post("/account/security/totp", "code", mine.code()).Leads("/account/security/totp")
		owner.Get("/account/security/totp").Says("That took too long")
		if got := p.count(`SELECT count(*) FROM totp_secrets`); got != 0 {
			t.Errorf("%d apps enrolled, want none", got)
		}
	})
}

// Another phone takes the place of the first once it has shown its code; the recovery codes stay.
func TestAnotherApp(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Anna")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		first, codes := b.enrolApp()
		second := b.beginApp(first)
		b.Get("/account/security/totp").Says("The app you use now stops working here.")
		p.withPassword(u.Email).Post("/login/verify", "code", first.code()).Leads("/account")
		b.Post("/account/security/totp", "code", second.code()).Leads("/account/security")
		time.Sleep(time.Minute)
		p.withPassword(u.Email).Post("/login/verify", "code", first.code()).Want(http.StatusUnprocessableEntity)
		p.withPassword(u.Email).Post("/login/verify", "code", second.code()).Leads("/account")
		p.withPassword(u.Email).Post("/login/verify", "code", codes[0]).Leads("/account")
	})
}

// Removing the last second factor takes the recovery codes along, and the password is enough again.
func TestRemoval(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Remo")
		b := p.signedIn(u)
		app, codes := b.enrolApp()
		other := p.withPassword(u.Email)
		other.Post("/login/verify", "code", app.code()).Leads("/account")
		b.Get("/account/security/totp").Says("Remove the app").Says("This also signs out your 1 other session.")
		token := b.Token()
		b.Post("/account/security/totp/remove").Leads("/account/security")
		b.Get("/account/security").Says("Your authenticator app was removed. Signed out 1 other session.").Says("Authenticator app Not set up")
		if other.Alive() || p.replay(token).StatusCode == http.StatusOK {
			t.Error("another session or the old token is alive")
		}
		b.Post("/account/security/totp/remove").Leads("/account/security")
		b.Get("/account/security").Says("There is no authenticator app to remove.")
		if n := p.count(`SELECT count(*) FROM recovery_codes WHERE user_id = $1`, u.ID); n != 0 {
			t.Errorf("%d recovery codes, want none", n)
		}
		p.browser().SignIn(u.Email, password)
		b.Post("/account/security/recovery-codes/download", "codes", codes[0]).Leads("/account/security/recovery-codes")
		p.email(u.Email, "A second step was removed")
		if got := p.kinds(u.ID); !slices.Contains(got, "mfa_removed:totp") {
			t.Errorf("got %q", got)
		}
	})
}

// Fresh recovery codes kill the old ones; the file holds what the page showed, and nothing that is not theirs.
func TestFreshRecoveryCodes(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Freya")
		b := p.signedIn(u)
		_, old := b.enrolApp()
		other := p.withPassword(u.Email)
		other.Post("/login/verify", "code", old[0]).Leads("/account")
		token := b.Token()
		b.Post("/account/security/recovery-codes").Leads("/account/security/recovery-codes")
		b.Do(b.NewRequest("HEAD", "/account/security/recovery-codes", nil)).Want(http.StatusOK)
		page := b.Get("/account/security/recovery-codes").Says("The ones before no longer work. Signed out 1 other session.")
		fresh := recoveryCodesOn(t, page.Body)
		if other.Alive() || p.replay(token).StatusCode == http.StatusOK {
			t.Error("another session or the old token is alive")
		}
		p.withPassword(u.Email).Post("/login/verify", "code", old[1]).Want(http.StatusUnprocessableEntity)

		file := b.Post("/account/security/recovery-codes/download", "codes", strings.Join(fresh, "\r\n")).Want(http.StatusOK)
		if got := file.Header.Get("Content-Disposition"); got != `attachment; filename="gatehouse-recovery-codes.txt"` ||
			file.Header.Get("Content-Type") != "text/plain; charset=utf-8" || file.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("got headers %v", file.Header)
		}
		for _, code := range fresh {
			if !strings.Contains(file.Body, code+"\r\n") {
				t.Errorf("the file lacks a code:\n%s", file.Body)
			}
		}
		stranger := p.signedIn(p.newUser("Strange"))
		for what, refused := range map[string]*webtest.Answer{
			"an old one":     b.Post("/account/security/recovery-codes/download", "codes", old[1]),
			"no codes":       b.Post("/account/security/recovery-codes/download"),
			"anything":       b.Post("/account/security/recovery-codes/download", "codes", "<script>alert(1)</script>"),
			"another's":      stranger.Post("/account/security/recovery-codes/download", "codes", fresh[0]),
			"one among good": b.Post("/account/security/recovery-codes/download", "codes", fresh[0]+" x"),
		} {
			if refused.StatusCode != http.StatusSeeOther {
				t.Errorf("%s: got %d, want 303", what, refused.StatusCode)
			}
		}
		p.withPassword(u.Email).Post("/login/verify", "code", fresh[0]).Leads("/account")
		p.email(u.Email, "You have new recovery codes")
	})
}

// Every form that asks who sends it asks for the code as well; the password alone does nothing (ASVS v5.0.0-7.5.1).
func TestCodeBesideThePassword(t *testing.T) {
	t.Parallel()
	for path, form := range map[string]struct {
		field string   // of the password
		with  []string // beside it and the code
		done  int
	}{
		"/reauth":                      {"password", nil, http.StatusSeeOther},
		"/account/sessions/end-others": {"password", nil, http.StatusSeeOther},
		"/account/sessions/end-all":    {"password", nil, http.StatusSeeOther},
		"/account/security/password":   {"current_password", []string{"password", otherPassword}, http.StatusSeeOther},
		"/account/delete":              {"password", []string{"sure", "on"}, http.StatusSeeOther},
		"/account/export":              {"password", nil, http.StatusOK},
	} {
		t.Run(path, func(t *testing.T) {
			p := newPortal(t)
			u := p.newUser("Cody")
			inTime(t, p, func(t *testing.T) {
				b := p.signedIn(u)
				app, _ := b.enrolApp()
				time.Sleep(testPolicy.Elevation)
				p.withPassword(u.Email).Post("/login/verify", "code", app.code()).Leads("/account")
				send := func(password, code string) *webtest.Answer {
					return b.Post(path, append([]string{form.field, password, "code", code}, form.with...)...)
				}
				b.Get(path).Want(http.StatusOK).Says("Six digits from your authenticator app")
				before := p.dumpOf("users")
				b.p.log.Reset()
				refuse := func(why, says, password, code string) {
					t.Helper()
					res := send(password, code)
					if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(html.UnescapeString(res.Text()), says) {
						t.Errorf("%s: got %d, want 422 saying %q:\n%s", why, res.StatusCode, says, res.Excerpt())
					}
				}
				refuse("the password alone", "Enter the code that your app shows.", password, "")
				refuse("a wrong code", "That code is not right", password, app.wrong())
				refuse("a wrong password", "That is not your password.", "wrong, and long enough", app.at(1))
				refuse("a code that was taken", "That code is not right", password, app.ofStep(app.last))
				if got := p.dumpOf("users"); got != before || !b.Alive() || p.sessionsOf(u) != 2 {
					t.Fatal("a refused form changed something")
				}
				if !strings.Contains(p.log.String(), `"reason":"code"`) {
					t.Error("no event of the wrong code")
				}
				b.Get("/account/activity?q=wrong+code").Says("wrong code")
				time.Sleep(2 * time.Minute) // for the limit of the session
				send(password, app.code()).Want(form.done)
			})
		})
	}
}

// Somebody who has lost the app gets in with one recovery code and removes it with another.
func TestLostApp(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, _, codes := p.enrolled("Lotte")
	b := p.withPassword(u.Email)
	b.Post("/login/verify", "code", codes[0]).Leads("/account")
	b.Post("/reauth", "password", password, "code", codes[0]).Want(http.StatusUnprocessableEntity)
	b.Post("/reauth", "password", password, "code", codes[1], "next", "/account/security/totp").Leads("/account/security/totp")
	b.Get("/account/security/totp").Says("8 of 10 are left").Says("Remove the app")
	b.Post("/account/security/totp/remove").Leads("/account/security")
	p.browser().SignIn(u.Email, password)
}

// One recovery code confirms once, also in many forms at the same moment.
func TestRecoveryCodeConfirmsOnce(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u, _, codes := p.enrolled("Rudi")
		p.limits.Limiter = limiterOff{}
		var there []*browser
		for i := range 4 {
			b := p.withPassword(u.Email)
			b.Post("/login/verify", "code", codes[i]).Leads("/account")
			there = append(there, b)
		}
		var wg sync.WaitGroup
		for _, b := range there {
			wg.Go(func() { b.Post("/reauth", "password", password, "code", codes[9]) })
		}
		wg.Wait()
		if n := p.count(`SELECT count(*) FROM sessions WHERE user_id = $1 AND elevated_until IS NOT NULL`, u.ID); n != 2 { // and where the app was set up
			t.Errorf("%d sessions were confirmed, want 2", n)
		}
	})
}

// Guessing the code inside a session is limited like guessing the password there.
func TestGuessingCodesInsideASession(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Ines"))
	app, _ := b.enrolApp()
	for range guard.Confirmations.Burst {
		b.Post("/reauth", "password", password, "code", app.wrong()).Want(http.StatusUnprocessableEntity)
	}
	b.Post("/reauth", "password", password, "code", app.code()).Want(http.StatusTooManyRequests)
}

// Where a second factor is required, whoever has none reaches the pages to get one and nothing else of their account.
func TestSecondFactorRequired(t *testing.T) {
	t.Parallel()
	p := portalOn(t, sqliteBackend(t), func(_ *Options, policy *settings) { policy.RequireSecondFactor = true })
	u := p.newUser("Quin")
	b := p.signedIn(u)
	b.Get("/account/security").Want(http.StatusOK).Says("Set up two-factor authentication first")
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
		res := b.Get
		if method == "POST" {
			res = func(path string) *webtest.Answer { return b.Post(path) }
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
	b.bag()
	app, _ := b.enrolApp()
	b.Get("/account").Want(http.StatusOK)
	b.Get("/account/security/totp").Says("this is your only one").SaysNot("Remove the authenticator app")
	b.Post("/account/security/totp/remove").Want(http.StatusUnprocessableEntity).Says("this is your last. Set up another one first.")
	b.Post("/logout")
	p.withPassword(u.Email).Post("/login/verify", "code", app.code()).Leads("/account")

	demo := p.browser()
	demo.Post("/demo").Leads("/account")
	demo.Get("/account").Want(http.StatusOK)
}

// Secrets that were sealed with a key that is replaced are read with the old one, and with the new one alone once they
// were used.
func TestSecretIsResealed(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, app, _ := p.enrolled("Rosalind")
	key := bytes.Repeat([]byte{9}, 32)
	with := func(keys ...[]byte) {
		sealer, err := seal.New(keys)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.app.people(p.store, sealer, testPolicy, p.limits, p.sprays, p.app.Log); err != nil {
			t.Fatal(err)
		}
	}
	with(key, testKey)
	p.withPassword(u.Email).Post("/login/verify", "code", app.code()).Leads("/account")
	with(key)
	p.withPassword(u.Email).Post("/login/verify", "code", app.wrong()).Want(http.StatusUnprocessableEntity)
	with(testKey)
	p.withPassword(u.Email).Post("/login/verify", "code", app.wrong()).Want(http.StatusServiceUnavailable).Says("A recovery code works")
}

// Neither secrets nor codes are in the log, in the database as they are, in an email or in an address.
func TestFactorsLeakNothing(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, app, codes := p.enrolled("Lena")
	b := p.withPassword(u.Email)
	secrets := map[string]string{
		"secret": base32.StdEncoding.EncodeToString(app.secret), "raw secret": string(app.secret), "pending token": b.Cookies["__Host-pending"],
		"code": codes[0], "typed code": strings.ReplaceAll(codes[0], "-", ""), "stored code": strings.ToUpper(strings.ReplaceAll(codes[0], "-", "")),
	}
	res := b.Post("/login/verify", "code", codes[0])
	res.Leads("/account")
	b.Post("/account/security/recovery-codes/download", "codes", codes[1]).Want(http.StatusOK)
	dump := p.dump()
	messages := strings.Join(p.emailsTo(u.Email), "\n")
	for what, secret := range secrets {
		for where, text := range map[string]string{"the log": p.log.String(), "the database": dump, "an email": messages} {
			if strings.Contains(text, secret) {
				t.Errorf("the %s is in %s", what, where)
			}
		}
	}
	if strings.Contains(p.log.String(), app.ofStep(app.last)+`"`) {
		t.Error("a code of the app is in the log")
	}
}

// While the bag is unavailable nothing is changed that would leave somebody without their recovery codes; whoever has a second
// factor signs in as ever.
func TestFactorsWithoutTheBag(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Bea")
	b := p.signedIn(u)
	b.Reauth(password)
	b.Post("/account/security/totp", "begin", "yes")
	app := newAuthenticator(t, b.Get("/account/security/totp").Body)
	rename := func(from, to string) {
		if _, err := p.store.DB().ExecContext(t.Context(), `ALTER TABLE `+from+` RENAME TO `+to); err != nil {
			t.Fatal(err)
		}
	}
	rename("bags", "gone_bags")
	b.Post("/account/security/totp", "code", app.at(0)).Want(http.StatusServiceUnavailable)
	if n := p.count(`SELECT count(*) FROM totp_secrets WHERE user_id = $1`, u.ID); n != 0 {
		t.Fatal("an app was set up without its recovery codes")
	}
	rename("gone_bags", "bags")
	b.Post("/account/security/totp", "code", app.code()).Leads("/account/security/recovery-codes")
	rename("bags", "gone_bags")
	p.withPassword(u.Email).Post("/login/verify", "code", app.code()).Leads("/account")
	rename("gone_bags", "bags")
}

// Whoever can write into the database and has no key cannot give somebody a secret that they know.
func TestSecretsAreBound(t *testing.T) {
	t.Parallel()
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
	p.withPassword(victim.Email).Post("/login/verify", "code", app.code()).Want(http.StatusServiceUnavailable).Says("A recovery code works")

	u := p.newUser("Enid")
	first, second := p.signedIn(u), p.signedIn(u)
	for _, b := range []*browser{first, second} {
		b.Reauth(password)
		b.Post("/account/security/totp", "begin", "yes").Leads("/account/security/totp")
	}
	write(`UPDATE totp_enrolments SET sealed = (SELECT sealed FROM totp_enrolments WHERE session_id = $1) WHERE session_id = $2`, first.Handle(), second.Handle())
	second.Get("/account/security/totp").Want(http.StatusOK).Says("You need an app")
	write(`UPDATE totp_enrolments SET sealed = (SELECT sealed FROM totp_secrets WHERE user_id = $1) WHERE session_id = $2`, thief.ID, second.Handle())
	second.Get("/account/security/totp").Want(http.StatusOK).Says("You need an app")
}

// Fresh recovery codes are shown for ten minutes, unless their owner says before that they are kept.
func TestRecoveryCodesAreShownForAWhile(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Ruth")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		b.enrolApp()
		time.Sleep(recoveryCodesLife - time.Minute)
		recoveryCodesOn(t, b.Get(recoveryCodesPage).Body)
		time.Sleep(time.Minute)
		b.Get(recoveryCodesPage).Want(http.StatusOK).Says("10 of 10 left")
	})
}

// Recovery codes that no longer work wait for nobody, and those that nobody kept are forgotten on any page.
func TestFreshCodesAreForgotten(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Ruth")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		b.enrolApp()
		b.Post("/account/security/totp/remove").Leads(securityPage)
		b.Get(recoveryCodesPage).Says("You have none yet")
		b.enrolApp()
		b.Get("/account/session").Says("recovery.fresh")
		time.Sleep(recoveryCodesLife)
		b.Get("/account").Want(http.StatusOK)
		b.Get("/account/session").SaysNot("recovery.fresh")
	})
}

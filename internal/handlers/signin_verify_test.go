package handlers

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/webtest"
)

// enrolled is somebody with an authenticator app, who is signed in nowhere.
func (p *portal) enrolled(name string, others ...*authenticator) (auth.User, *authenticator, []string) {
	p.t.Helper()
	u := p.newUser(name)
	b := p.signedIn(u)
	app, codes := b.enrolApp(others...)
	b.Post("/logout").Leads("/signed-out")
	return u, app, codes
}

// The right password leads to the second step and opens nothing; a code opens one session, with all that was chosen
// beside the password.
func TestSecondStep(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u, app, _ := p.enrolled("Vera")
		b := p.browser()
		b.keeps("lantern")
		b.Post("/login", "email", u.Email, "password", otherPassword).Want(http.StatusUnprocessableEntity)
		visitor := b.Token()
		res := b.Post("/login", "email", u.Email, "password", password, "remember", "on", "next", "/account/sessions")
		res.Leads("/login/verify")
		line := strings.Join(res.Header.Values("Set-Cookie"), "\n")
		if want := "; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Strict"; !strings.HasPrefix(line, "__Host-pending=") || !strings.HasSuffix(line, want) {
			t.Errorf("got Set-Cookie %q, want one of the pending sign-in: %s", line, want)
		}
		if b.Token() != visitor || p.sessionsOf(u) != 0 {
			t.Fatalf("token changed: %t, %d sessions, want none", b.Token() != visitor, p.sessionsOf(u))
		}
		b.Get("/account").Leads("/login?next=%2Faccount")
		b.Get("/login/verify").Want(http.StatusOK).Says("You are not signed in yet").SaysNot(u.Name)
		b.Post("/login/verify").Want(http.StatusUnprocessableEntity).Says("Enter the code that your app shows.")
		b.Post("/login/verify", "code", app.wrong()).Want(http.StatusUnprocessableEntity).Says("That code is not right").Says("4 attempts left")
		if p.sessionsOf(u) != 0 {
			t.Fatal("a wrong code opened a session")
		}
		code := app.code()
		res = b.Post("/login/verify", "code", " "+code[:3]+" "+code[3:])
		res.Leads("/account/sessions")
		if b.Token() == visitor || b.Token() == "" || b.Cookies["__Host-pending"] != "" {
			t.Errorf("token %q, pending %q, want another token and none pending", b.Token(), b.Cookies["__Host-pending"])
		}
		b.Get("/account/sessions").Want(http.StatusOK).Says("with password and code").Says("Kept signed in")
		b.bag().Says("lantern")
		if n := p.count(`SELECT count(*) FROM pending_sign_ins WHERE user_id = $1`, u.ID); n != 0 {
			t.Errorf("%d sign-ins wait, want none", n)
		}
		want := []string{"mfa_required", "mfa_fail:code", "authn_login_success:password+totp", "session_created"}
		if got := p.kinds(u.ID); !slices.Equal(got[len(got)-4:], want) && !slices.Equal(got[len(got)-4:], []string{want[0], want[1], want[3], want[2]}) {
			t.Errorf("got %q, want %q", got[len(got)-4:], want)
		}
		for _, again := range []string{code, app.at(-1)} { // taken, and passed over
			p.withPassword(u.Email).Post("/login/verify", "code", again).Want(http.StatusUnprocessableEntity)
		}
	})
}

// Whoever stands between the steps is nobody, on every route (ASVS v5.0.0-6.3.4).
func TestPendingOpensNothing(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, _, _ := p.enrolled("Peter")
	b := p.withPassword(u.Email)
	for line, guard := range access(t) {
		method, route, _ := strings.Cut(line, " ")
		if guard != "signed in" && guard != "re-authenticated" && guard != "password here" {
			continue
		}
		path := strings.NewReplacer("{handle}", "X", "{id}", "X").Replace(route)
		ask := b.Get
		if method == "POST" {
			ask = func(path string) *webtest.Answer {
				return b.Post(path, "password", password, "current_password", password)
			}
		}
		if res := ask(path); p.app.route(method, route).script {
			if res.StatusCode != http.StatusUnauthorized || !strings.Contains(res.Body, `"where":"/login?`) {
				t.Errorf("%s: got %d, want a script to be told to sign in: %s", line, res.StatusCode, res.Body)
			}
		} else if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Location"), "/login?") {
			t.Errorf("%s: got %d to %q, want /login", line, res.StatusCode, res.Header.Get("Location"))
		}
	}
	token := b.Cookies["__Host-pending"]
	for _, name := range []string{"__Host-id", "id"} {
		thief := p.browser()
		thief.Cookies[name] = token
		if thief.Alive() {
			t.Errorf("the token of a pending sign-in opens the account as %s", name)
		}
	}
	b.Get("/session/state").Says(`"state":"ended"`)
	if p.sessionsOf(u) != 0 {
		t.Error("a session was opened")
	}
}

// Of all that is sent at the same moment one opens a session, whatever code it brings.
func TestPendingIsOne(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u, app, codes := p.enrolled("Una")
		p.limits.Limiter = limiterOff{}
		b := p.withPassword(u.Email)
		tries := []string{app.code(), codes[0], codes[0], codes[1]}
		tries = append(tries, tries[0])
		var wg sync.WaitGroup
		for _, code := range tries {
			wg.Go(func() {
				one := p.browser()
				one.Cookies["__Host-pending"] = b.Cookies["__Host-pending"]
				one.Post("/login/verify", "code", code)
			})
		}
		wg.Wait()
		if n := p.sessionsOf(u); n != 1 {
			t.Errorf("%d sessions, want 1", n)
		}
	})
}

// One code opens one session, however many sign-ins wait for one.
func TestCodeIsOne(t *testing.T) {
	t.Parallel()
	codesOpenOne(t)
}

func codesOpenOne(t *testing.T) {
	onBackends(t, func(t *testing.T, p *portal) {
		u, app, codes := p.enrolled("Uma")
		p.limits.Limiter = limiterOff{}
		for i, code := range []string{app.code(), codes[0]} {
			waiting := make([]*browser, 6)
			for j := range waiting {
				waiting[j] = p.withPassword(u.Email)
			}
			var wg sync.WaitGroup
			for _, b := range waiting {
				wg.Go(func() { b.Post("/login/verify", "code", code) })
			}
			wg.Wait()
			if n := p.sessionsOf(u); n != 1+i {
				t.Errorf("%d sessions, want %d", n, 1+i)
			}
		}
	})
}

// After five wrong codes the password is asked again, and a right code comes too late. The owner has an email by then.
func TestPendingAttempts(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u, app, codes := p.enrolled("Attila")
		b := p.withPassword(u.Email)
		for range 4 {
			b.Post("/login/verify", "code", app.wrong()).Want(http.StatusUnprocessableEntity)
		}
		token := b.Cookies["__Host-pending"]
		b.Post("/login/verify", "code", app.wrong()).Leads("/login?again=yes")
		if b.Cookies["__Host-pending"] != "" {
			t.Error("the cookie stayed")
		}
		b.Get("/login?again=yes").Says("That sign-in is over").Says("Nobody was signed in")
		b.Cookies["__Host-pending"] = token
		b.Post("/login/verify", "code", codes[0]).Leads("/login?again=yes")
		b.Get("/login/verify").Leads("/login")
		if p.sessionsOf(u) != 0 || p.count(`SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NOT NULL`, u.ID) != 0 {
			t.Error("a code that came too late was taken")
		}
		if message := p.email(u.Email, "Somebody knows your password"); !strings.Contains(message, "several wrong codes") {
			t.Errorf("got %q", message)
		}
		n := 0
		for _, l := range p.emailsTo(u.Email) {
			if strings.HasPrefix(l, "Somebody knows") {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d emails about wrong codes, want 1", n)
		}
	})
}

// A code is good for its own account alone, and a pending sign-in for its own browser.
func TestPendingOfAnother(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	mine, myApp, myCodes := p.enrolled("Mallory")
	theirs, theirApp, _ := p.enrolled("Alice", myApp)
	b := p.withPassword(theirs.Email)
	b.Post("/login/verify", "code", myApp.code()).Want(http.StatusUnprocessableEntity)
	b.Post("/login/verify", "code", myCodes[0]).Want(http.StatusUnprocessableEntity)
	p.withPassword(mine.Email).Post("/login/verify", "code", theirApp.code()).Want(http.StatusUnprocessableEntity)
	if p.sessionsOf(mine)+p.sessionsOf(theirs) != 0 {
		t.Error("a code opened another's account")
	}
	planted := p.browser() // somebody who gave the victim's browser its visitor's cookie
	planted.keeps("lantern")
	victim := p.holding(planted.Token())
	victim.Post("/login", "email", theirs.Email, "password", password).Leads("/login/verify")
	planted.Get("/login/verify").Leads("/login")
	planted.Post("/login/verify", "code", theirApp.at(1)).Leads("/login")
	for _, bad := range []string{"", "x", strings.Repeat("A", 26), strings.Repeat("A", 500)} {
		planted.Cookies["__Host-pending"] = bad
		planted.Post("/login/verify", "code", theirApp.at(1)).Want(http.StatusSeeOther)
	}
	if planted.Alive() || p.sessionsOf(theirs) != 0 {
		t.Error("a visitor's cookie finished somebody's sign-in")
	}
}

// What ends the credentials or the sessions ends the sign-ins that wait, and so do time and a press on Sign out.
func TestPendingDies(t *testing.T) {
	t.Parallel()
	for what, end := range map[string]func(p *portal, owner, waiting *browser){
		"other codes": func(_ *portal, owner, _ *browser) {
			owner.Post("/account/security/recovery-codes").Want(http.StatusSeeOther)
		},
		"the others ended": func(_ *portal, owner, _ *browser) {
			owner.Post("/account/sessions/end-others").Want(http.StatusSeeOther)
		},
		"all ended":  func(_ *portal, owner, _ *browser) { owner.Post("/account/sessions/end-all").Want(http.StatusSeeOther) },
		"signed out": func(_ *portal, _, waiting *browser) { waiting.Post("/logout").Leads("/signed-out") },
		"the app was removed": func(_ *portal, owner, _ *browser) {
			owner.Post("/account/security/totp/remove").Want(http.StatusSeeOther)
		},
		"time": func(*portal, *browser, *browser) { time.Sleep(auth.PendingValid) },
	} {
		t.Run(what, func(t *testing.T) {
			p := newPortal(t)
			u := p.newUser("Dora")
			inTime(t, p, func(t *testing.T) {
				owner := p.signedIn(u)
				app, codes := owner.enrolApp()
				waiting := p.withPassword(u.Email)
				token := waiting.Cookies["__Host-pending"]
				end(p, owner, waiting)
				before := p.sessionsOf(u)
				for _, code := range []string{app.code(), codes[0]} {
					waiting.Cookies["__Host-pending"] = token
					waiting.Post("/login/verify", "code", code).Leads("/login?again=yes")
				}
				if n := p.sessionsOf(u); n != before {
					t.Errorf("%d sessions, were %d", n, before)
				}
			})
		})
	}
	p := newPortal(t)
	u := p.newUser("Dorian")
	inTime(t, p, func(t *testing.T) { // the other side of the time limit
		b := p.signedIn(u)
		app, _ := b.enrolApp()
		waiting := p.withPassword(u.Email)
		time.Sleep(auth.PendingValid - time.Second)
		waiting.Post("/login/verify", "code", app.code()).Leads("/account")
	})
}

// Guesses at the codes of one account are slowed down over all its sign-ins; a recovery code gets its owner in.
func TestGuessingCodes(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u, app, codes := p.enrolled("Gus")
		b := p.withPassword(u.Email)
		for i := range guard.Codes.Burst {
			if i%4 == 0 {
				b = p.withPassword(u.Email)
			}
			b.Post("/login/verify", "code", app.wrong()).Want(http.StatusUnprocessableEntity)
		}
		b = p.withPassword(u.Email)
		res := b.Post("/login/verify", "code", app.code()).Want(http.StatusTooManyRequests).Says("too many wrong codes")
		if res.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		b.Post("/login/verify", "code", codes[0]).Leads("/account")
		other, otherApp, _ := p.enrolled("Gwen")
		p.withPassword(other.Email).Post("/login/verify", "code", otherApp.code()).Leads("/account")
	})
}

// Half a sign-in does not wash off what its password took from the limits; a whole one does.
func TestHalfASignInCounts(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, app, _ := p.enrolled("Half")
	for range guard.AccountHere.Burst - 1 {
		p.withPassword(u.Email)
	}
	p.withPassword(u.Email).Post("/login/verify", "code", app.code()).Leads("/account")
	for range guard.AccountHere.Burst {
		p.withPassword(u.Email)
	}
	p.browser().Post("/login", "email", u.Email, "password", password).Want(http.StatusTooManyRequests)
}

// A recovery code signs in once, is told, and leaves the rest.
func TestRecoveryCodeSignsIn(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u, _, codes := p.enrolled("Rex")
		b := p.withPassword(u.Email)
		b.Post("/login/verify", "code", strings.ToUpper(strings.ReplaceAll(codes[3], "-", " "))).Leads("/account")
		b.Get("/account/sessions").Says("You used a recovery code. 9 of 10 are left.").Says("with password and recovery code")
		b.Get("/account/security").Says("9 of 10 left")
		p.withPassword(u.Email).Post("/login/verify", "code", codes[3]).Want(http.StatusUnprocessableEntity)
		p.withPassword(u.Email).Post("/login/verify", "code", codes[4]).Leads("/account")
		if message := p.email(u.Email, "was used"); !strings.Contains(message, "can still be used") || strings.Contains(message, codes[3]) {
			t.Errorf("got %q", message)
		}
		if got := p.kinds(u.ID); !slices.Contains(got, "recovery_code_used") || !slices.Contains(got, "authn_login_success:password+recovery_code") {
			t.Errorf("got %q", got)
		}
	})
}

// A request that carries nothing but the cookie of a pending sign-in has to show where it comes from like any other.
func TestPendingIsNoWayAroundTheSiteCheck(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, app, _ := p.enrolled("Xena")
	b := p.withPassword(u.Email)
	r := b.NewRequest("POST", "/login/verify", strings.NewReader("code="+app.code()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Del("Origin")
	r.Header.Del("Sec-Fetch-Site")
	r.Header.Set("Cookie", "__Host-pending="+b.Cookies["__Host-pending"])
	b.Do(r).Want(http.StatusForbidden)
	if p.sessionsOf(u) != 0 {
		t.Error("a session was opened")
	}
}

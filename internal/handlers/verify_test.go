package handlers

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
)

// onBackends runs a story against each backend.
func onBackends(t *testing.T, story func(t *testing.T, p *portal)) {
	t.Helper()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) { story(t, portalOn(t, open(t), nil)) })
	}
}

// sessionsOf counts the live sessions of somebody.
func (p *portal) sessionsOf(u auth.User) int {
	p.t.Helper()
	return p.count(`SELECT count(*) FROM sessions WHERE user_id = $1 AND ended_at IS NULL`, u.ID)
}

// enrolled is somebody with an authenticator app, who is signed in nowhere.
func (p *portal) enrolled(name string, others ...*authenticator) (auth.User, *authenticator, []string) {
	p.t.Helper()
	u := p.newUser(name)
	b := p.signedIn(u)
	app, codes := b.enrolApp(others...)
	b.post("/logout").location("/signed-out")
	return u, app, codes
}

// The right password leads to the second step and opens nothing; a code opens one session, with all that was chosen
// beside the password.
func TestSecondStep(t *testing.T) {
	onBackends(t, func(t *testing.T, p *portal) {
		u, app, _ := p.enrolled("Vera")
		b := p.browser()
		b.post("/basket", "plan", "hall").location("/plans")
		b.post("/login", "email", u.Email, "password", otherPassword).want(http.StatusUnprocessableEntity)
		visitor := b.token()
		res := b.post("/login", "email", u.Email, "password", password, "remember", "on", "next", "/account/sessions")
		res.location("/login/verify")
		line := strings.Join(res.Header.Values("Set-Cookie"), "\n")
		if want := "; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Strict"; !strings.HasPrefix(line, "__Host-pending=") || !strings.HasSuffix(line, want) {
			t.Errorf("got Set-Cookie %q, want one of the pending sign-in: %s", line, want)
		}
		if b.token() != visitor || p.sessionsOf(u) != 0 {
			t.Fatalf("token changed: %t, %d sessions, want none", b.token() != visitor, p.sessionsOf(u))
		}
		b.get("/account").location("/login?next=%2Faccount")
		b.get("/login/verify").want(http.StatusOK).says("You are not signed in yet").saysNot(u.Name)
		b.post("/login/verify").want(http.StatusUnprocessableEntity).says("Enter the code that your app shows.")
		b.post("/login/verify", "code", app.wrong()).want(http.StatusUnprocessableEntity).says("That code is not right").says("4 attempts left")
		if p.sessionsOf(u) != 0 {
			t.Fatal("a wrong code opened a session")
		}
		code := app.code()
		res = b.post("/login/verify", "code", " "+code[:3]+" "+code[3:])
		res.location("/account/sessions")
		if b.token() == visitor || b.token() == "" || b.cookies["__Host-pending"] != "" {
			t.Errorf("token %q, pending %q, want another token and none pending", b.token(), b.cookies["__Host-pending"])
		}
		b.get("/account/sessions").want(http.StatusOK).says("with password and code").says("Kept signed in")
		b.get("/account").says("Hall")
		if n := p.count(`SELECT count(*) FROM pending_sign_ins WHERE user_id = $1`, u.ID); n != 0 {
			t.Errorf("%d sign-ins wait, want none", n)
		}
		want := []string{"mfa_required", "mfa_fail:code", "authn_login_success:password+totp", "session_created"}
		if got := p.kinds(u.ID); !slices.Equal(got[len(got)-4:], want) && !slices.Equal(got[len(got)-4:], []string{want[0], want[1], want[3], want[2]}) {
			t.Errorf("got %q, want %q", got[len(got)-4:], want)
		}
		for _, again := range []string{code, app.at(-1)} { // taken, and passed over
			p.withPassword(u.Email).post("/login/verify", "code", again).want(http.StatusUnprocessableEntity)
		}
	})
}

// Whoever stands between the steps is nobody, on every route (ASVS v5.0.0-6.3.4).
func TestPendingOpensNothing(t *testing.T) {
	p := newPortal(t)
	u, _, _ := p.enrolled("Peter")
	b := p.withPassword(u.Email)
	for line, guard := range access(t) {
		method, route, _ := strings.Cut(line, " ")
		if guard != "signed in" && guard != "re-authenticated" && guard != "password here" {
			continue
		}
		path := strings.NewReplacer("{handle}", "X", "{id}", "X").Replace(route)
		ask := b.get
		if method == "POST" {
			ask = func(path string) *answer { return b.post(path, "password", password, "current_password", password) }
		}
		if res := ask(path); res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Location"), "/login?") {
			t.Errorf("%s: got %d to %q, want /login", line, res.StatusCode, res.Header.Get("Location"))
		}
	}
	token := b.cookies["__Host-pending"]
	for _, name := range []string{"__Host-id", "id"} {
		thief := p.browser()
		thief.cookies[name] = token
		if thief.alive() {
			t.Errorf("the token of a pending sign-in opens the account as %s", name)
		}
	}
	b.get("/session/state").says(`"state":"ended"`)
	if p.sessionsOf(u) != 0 {
		t.Error("a session was opened")
	}
}

// Of all that is sent at the same moment one opens a session, whatever code it brings.
func TestPendingIsOne(t *testing.T) {
	onBackends(t, func(t *testing.T, p *portal) {
		u, app, codes := p.enrolled("Una")
		p.app.Attempts = limiterOff{}
		b := p.withPassword(u.Email)
		tries := []string{app.code(), codes[0], codes[0], codes[1]}
		tries = append(tries, tries[0])
		var wg sync.WaitGroup
		for _, code := range tries {
			wg.Go(func() {
				one := p.browser()
				one.cookies["__Host-pending"] = b.cookies["__Host-pending"]
				one.post("/login/verify", "code", code)
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
	onBackends(t, func(t *testing.T, p *portal) {
		u, app, codes := p.enrolled("Uma")
		p.app.Attempts = limiterOff{}
		for i, code := range []string{app.code(), codes[0]} {
			waiting := make([]*browser, 6)
			for j := range waiting {
				waiting[j] = p.withPassword(u.Email)
			}
			var wg sync.WaitGroup
			for _, b := range waiting {
				wg.Go(func() { b.post("/login/verify", "code", code) })
			}
			wg.Wait()
			if n := p.sessionsOf(u); n != 1+i {
				t.Errorf("%d sessions, want %d", n, 1+i)
			}
		}
	})
}

// After five wrong codes the password is asked again, and a right code comes too late. The owner has a letter by then.
func TestPendingAttempts(t *testing.T) {
	onBackends(t, func(t *testing.T, p *portal) {
		u, app, codes := p.enrolled("Attila")
		b := p.withPassword(u.Email)
		for range 4 {
			b.post("/login/verify", "code", app.wrong()).want(http.StatusUnprocessableEntity)
		}
		token := b.cookies["__Host-pending"]
		b.post("/login/verify", "code", app.wrong()).location("/login?again=yes")
		if b.cookies["__Host-pending"] != "" {
			t.Error("the cookie stayed")
		}
		b.get("/login?again=yes").says("That sign-in is over").says("Nobody was signed in")
		b.cookies["__Host-pending"] = token
		b.post("/login/verify", "code", codes[0]).location("/login?again=yes")
		b.get("/login/verify").location("/login")
		if p.sessionsOf(u) != 0 || p.count(`SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NOT NULL`, u.ID) != 0 {
			t.Error("a code that came too late was taken")
		}
		if letter := p.letter(u.Email, "Somebody knows your password"); !strings.Contains(letter, "several wrong codes") {
			t.Errorf("got %q", letter)
		}
		n := 0
		for _, l := range p.lettersTo(u.Email) {
			if strings.HasPrefix(l, "Somebody knows") {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d letters about wrong codes, want 1", n)
		}
	})
}

// A code is good for its own account alone, and a pending sign-in for its own browser.
func TestPendingOfAnother(t *testing.T) {
	p := newPortal(t)
	mine, myApp, myCodes := p.enrolled("Mallory")
	theirs, theirApp, _ := p.enrolled("Alice", myApp)
	b := p.withPassword(theirs.Email)
	b.post("/login/verify", "code", myApp.code()).want(http.StatusUnprocessableEntity)
	b.post("/login/verify", "code", myCodes[0]).want(http.StatusUnprocessableEntity)
	p.withPassword(mine.Email).post("/login/verify", "code", theirApp.code()).want(http.StatusUnprocessableEntity)
	if p.sessionsOf(mine)+p.sessionsOf(theirs) != 0 {
		t.Error("a code opened another's account")
	}
	planted := p.browser() // somebody who gave the victim's browser its visitor's cookie
	planted.post("/basket", "plan", "hall").location("/plans")
	victim := p.browser()
	victim.cookies["__Host-id"] = planted.token()
	victim.post("/login", "email", theirs.Email, "password", password).location("/login/verify")
	planted.get("/login/verify").location("/login")
	planted.post("/login/verify", "code", theirApp.at(1)).location("/login")
	for _, bad := range []string{"", "x", strings.Repeat("A", 26), strings.Repeat("A", 500)} {
		planted.cookies["__Host-pending"] = bad
		planted.post("/login/verify", "code", theirApp.at(1)).want(http.StatusSeeOther)
	}
	if planted.alive() || p.sessionsOf(theirs) != 0 {
		t.Error("a visitor's cookie finished somebody's sign-in")
	}
}

// What ends the credentials or the sessions ends the sign-ins that wait, and so do time and a press on Sign out.
func TestPendingDies(t *testing.T) {
	for what, end := range map[string]func(p *portal, owner, waiting *browser){
		"other codes": func(_ *portal, owner, _ *browser) {
			owner.post("/account/security/recovery-codes").want(http.StatusSeeOther)
		},
		"the others ended": func(_ *portal, owner, _ *browser) {
			owner.post("/account/sessions/end-others").want(http.StatusSeeOther)
		},
		"all ended":  func(_ *portal, owner, _ *browser) { owner.post("/account/sessions/end-all").want(http.StatusSeeOther) },
		"signed out": func(_ *portal, _, waiting *browser) { waiting.post("/logout").location("/signed-out") },
		"the app was removed": func(_ *portal, owner, _ *browser) {
			owner.post("/account/security/totp/remove").want(http.StatusSeeOther)
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
				token := waiting.cookies["__Host-pending"]
				end(p, owner, waiting)
				before := p.sessionsOf(u)
				for _, code := range []string{app.code(), codes[0]} {
					waiting.cookies["__Host-pending"] = token
					waiting.post("/login/verify", "code", code).location("/login?again=yes")
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
		waiting.post("/login/verify", "code", app.code()).location("/account")
	})
}

// Guesses at the codes of one account are slowed down over all its sign-ins; a recovery code gets its owner in.
func TestGuessingCodes(t *testing.T) {
	onBackends(t, func(t *testing.T, p *portal) {
		u, app, codes := p.enrolled("Gus")
		b := p.withPassword(u.Email)
		for i := range perCode.Burst {
			if i%4 == 0 {
				b = p.withPassword(u.Email)
			}
			b.post("/login/verify", "code", app.wrong()).want(http.StatusUnprocessableEntity)
		}
		b = p.withPassword(u.Email)
		res := b.post("/login/verify", "code", app.code()).want(http.StatusTooManyRequests).says("too many wrong codes")
		if res.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		b.post("/login/verify", "code", codes[0]).location("/account")
		other, otherApp, _ := p.enrolled("Gwen")
		p.withPassword(other.Email).post("/login/verify", "code", otherApp.code()).location("/account")
	})
}

// Half a sign-in does not wash off what its password took from the limits; a whole one does.
func TestHalfASignInCounts(t *testing.T) {
	p := newPortal(t)
	u, app, _ := p.enrolled("Half")
	for range perAccountHere.Burst - 1 {
		p.withPassword(u.Email)
	}
	p.withPassword(u.Email).post("/login/verify", "code", app.code()).location("/account")
	for range perAccountHere.Burst {
		p.withPassword(u.Email)
	}
	p.browser().post("/login", "email", u.Email, "password", password).want(http.StatusTooManyRequests)
}

// A recovery code signs in once, is told, and leaves the rest.
func TestRecoveryCodeSignsIn(t *testing.T) {
	onBackends(t, func(t *testing.T, p *portal) {
		u, _, codes := p.enrolled("Rex")
		b := p.withPassword(u.Email)
		b.post("/login/verify", "code", strings.ToUpper(strings.ReplaceAll(codes[3], "-", " "))).location("/account")
		b.get("/account/sessions").says("You used a recovery code. 9 of 10 are left.").says("with password and recovery code")
		b.get("/account/security").says("9 of 10 left")
		p.withPassword(u.Email).post("/login/verify", "code", codes[3]).want(http.StatusUnprocessableEntity)
		p.withPassword(u.Email).post("/login/verify", "code", codes[4]).location("/account")
		if letter := p.letter(u.Email, "was used"); !strings.Contains(letter, "can still be used") || strings.Contains(letter, codes[3]) {
			t.Errorf("got %q", letter)
		}
		if got := p.kinds(u.ID); !slices.Contains(got, "recovery_code_used") || !slices.Contains(got, "authn_login_success:password+recovery_code") {
			t.Errorf("got %q", got)
		}
	})
}

// A request that carries nothing but the cookie of a pending sign-in has to show where it comes from like any other.
func TestPendingIsNoWayAroundTheSiteCheck(t *testing.T) {
	p := newPortal(t)
	u, app, _ := p.enrolled("Xena")
	b := p.withPassword(u.Email)
	r := b.request("POST", "/login/verify", strings.NewReader("code="+app.code()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Del("Origin")
	r.Header.Del("Sec-Fetch-Site")
	r.Header.Set("Cookie", "__Host-pending="+b.cookies["__Host-pending"])
	b.do(r).want(http.StatusForbidden)
	if p.sessionsOf(u) != 0 {
		t.Error("a session was opened")
	}
}

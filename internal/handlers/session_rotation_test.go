package handlers

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/webtest"
)

// A sign-in makes a token of its own, and never adopts one that the browser brings.
func TestSignInRotates(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Rosa")
	planted := strings.Repeat("A", 43)
	b := p.holding(planted)
	b.SignIn(u.Email, password)
	first := b.Token()
	if first == planted {
		t.Fatal("a token invented by the browser was adopted")
	}
	if p.replay(planted).StatusCode == http.StatusOK {
		t.Error("the planted token opens the account")
	}
	b.SignIn(u.Email, password)
	if b.Token() == first {
		t.Error("the second sign-in kept the token")
	}
	if p.replay(first).StatusCode == http.StatusOK {
		t.Error("the session that the second sign-in took the place of is alive")
	}
}

// The bag of a visitor comes along at sign-in; that of somebody else who was signed in here does not.
func TestBagAtSignIn(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		mine, theirs := p.newUser("Mina"), p.newUser("Theresa")
		b := p.browser()
		b.keeps("lantern")
		b.bag().Says("lantern")
		anonymous := b.Token()
		b.SignIn(mine.Email, password)
		if b.Token() == anonymous {
			t.Fatal("sign-in kept the visitor's token")
		}
		b.bag().Says("Mina").Says("lantern")
		stolen := p.holding(anonymous)
		stolen.Get(probe.Bag).SaysNot("lantern")
		b.SignIn(theirs.Email, password)
		b.bag().Says("Theresa").SaysNot("lantern")
	})
}

func TestReauthenticationRotates(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Rita"))
	old, handle := b.Token(), b.Handle()
	b.Reauth("wrong password, and long").Want(http.StatusUnprocessableEntity).Says("That is not your password.")
	if b.Token() != old {
		t.Error("a failed re-authentication rotated")
	}
	b.Reauth(password).Leads("/account/sessions")
	if b.Token() == old {
		t.Error("a re-authentication kept the token")
	}
	if b.Handle() != handle {
		t.Error("the public handle changed with the token")
	}
}

// The replaced token of a session whose time is up raises no flag: the session is over, whoever notices it.
func TestReplacedTokenAfterTheEnd(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Rene")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		old := b.Token()
		b.Reauth(password).Leads("/account/sessions")
		time.Sleep(testPolicy.Idle + time.Second)
		p.replay(old).Leads("/login?next=%2Faccount")
		p.endedOnce(u.ID, "idle")
		if n := p.count(`SELECT count(*) FROM sessions WHERE flag <> ''`); n != 0 {
			t.Errorf("%d sessions flagged, want none", n)
		}
	})
}

// A change of credentials that was on its way when the session was flagged does not open its elevation window again.
func TestRotationLeavesElevationClosed(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		b := p.signedIn(p.newUser("Rita"))
		x := p.sessionRow(b)
		x.ElevatedUntil = x.LastSeenAt.Add(time.Minute) // as it was read before the flag
		if err := p.store.Rotate(t.Context(), session.Rotation{Session: x, NewToken: session.NewToken{NewTokenHash: "next"}, At: x.LastSeenAt}); err != nil {
			t.Fatal(err)
		}
		if n := p.count(`SELECT count(*) FROM sessions WHERE elevated_until IS NOT NULL`); n != 0 {
			t.Error("the window is open again")
		}
	})
}

// A request on its way with the token that was just replaced is asked again; it neither opens anything nor flags the
// session. Later use of that token flags it.
func TestReplacedToken(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Rene")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		old := b.Token()
		b.Reauth(password).Leads("/account/sessions")

		late := p.holding(old)
		time.Sleep(session.RotationGrace / 2)
		res := late.Get("/account/activity?kind=sessions").Want(http.StatusTemporaryRedirect)
		if got := res.Header.Get("Location"); got != "/account/activity?kind=sessions" {
			t.Errorf("asked again at %q", got)
		}
		if lines := res.Header.Values("Set-Cookie"); len(lines) > 0 {
			t.Errorf("touched the cookie, which the other answer has set: %q", lines)
		}
		if got := late.Get("//evil.example/x").Want(http.StatusTemporaryRedirect).Header.Get("Location"); got != "/evil.example/x" {
			t.Errorf("asked again at %q", got)
		}
		late.Post("/account/sessions/end-all", "password", password).Leads("/account/sessions/end-all")
		if got := late.state(); got.State != "active" {
			t.Errorf("state within the grace: got %+v, want active", got)
		}
		if !b.Alive() {
			t.Fatal("a request with the replaced token changed something")
		}
		b.Get("/account/sessions").SaysNot("used again")

		time.Sleep(session.RotationGrace)
		for range 2 {
			res := p.replay(old)
			res.Leads("/login?next=%2Faccount")
			if lines := res.Header.Values("Set-Cookie"); len(lines) > 0 {
				t.Errorf("touched the cookie of a browser that may have a newer one: %q", lines)
			}
		}
		b.Get("/account/sessions").Says("A cookie that this session had replaced was used again.")
		if !b.Alive() {
			t.Error("use of the replaced token ended the session")
		}
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'session_token_reused'`); n != 1 {
			t.Errorf("%d session_token_reused events, want 1 while the flag stands", n)
		}
		recognise := "/account/sessions/" + b.Handle() + "/recognise"
		b.Post(recognise).Leads("/account/sessions")
		b.Get("/account/sessions").SaysNot("used again")
		b.Post(recognise).Want(http.StatusNotFound)
	})
}

// A sign-in whose password was checked before a sign-out everywhere, and that would open its session after it, is
// refused.
func TestSignInConflict(t *testing.T) {
	t.Parallel()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			for what, overtake := range map[string]func(*portal, *browser){
				"end all":         func(_ *portal, b *browser) { b.Post("/account/sessions/end-all", "password", password).Want(303) },
				"end others":      func(_ *portal, b *browser) { b.Post("/account/sessions/end-others", "password", password).Want(303) },
				"password change": func(_ *portal, b *browser) { b.changePassword().Want(303) },
				"disabling": func(p *portal, _ *browser) {
					p.exec(`UPDATE users SET disabled_at = $1`, time.Now().UTC())
				},
			} {
				t.Run(what, func(t *testing.T) {
					p := portalOn(t, open(t), nil)
					u := p.newUser("Otto")
					b := p.signedIn(u)
					proof, err := p.auth.CheckSignIn(t.Context(), auth.PasswordSignIn{Email: u.Email, Password: password}, device.Client{})
					if err != nil {
						t.Fatal(err)
					}
					overtake(p, b)
					_, err = p.sessions.SignIn(t.Context(), proof, session.SignInRequest{NewToken: session.NewToken{NewTokenHash: auth.HashToken("x")}})
					if !errors.Is(err, auth.ErrConflict) {
						t.Errorf("got %v, want ErrConflict", err)
					}
				})
			}
		})
	}
}

func (b *browser) changePassword() *webtest.Answer {
	b.p.t.Helper()
	return b.Post("/account/security/password", "current_password", password, "password", otherPassword)
}

func TestPasswordChange(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Paul")
		b, other := p.signedIn(u), p.signedIn(u)
		old, path := b.Token(), "/account/security/password"

		b.Post(path, "current_password", "not the password", "password", otherPassword).Want(422).Says("That is not your password.")
		b.Post(path, "current_password", password, "password", "short").Want(422).Says("at least 15")
		b.Post(path, "current_password", password, "password", u.Email).Want(422).Says("made of your name")
		b.Post(path, "password", otherPassword).Want(422).Says("Enter your password.")
		if b.Token() != old || !other.Alive() {
			t.Fatal("a refused change changed something")
		}

		b.changePassword().Leads("/account/security")
		b.Get("/account/security").Says("Your password was changed. Signed out 1 other session.")
		if p.replay(old).StatusCode == http.StatusOK {
			t.Error("the token was not rotated")
		}
		other.Follow(other.Get("/account")).Says("Your password was changed")
		p.browser().Post("/login", "email", u.Email, "password", password).Want(422)
		p.browser().SignIn(u.Email, otherPassword)
		if message := p.email(u.Email, "password"); strings.Contains(message, otherPassword) {
			t.Error("the email holds the password")
		}
	})
}

// A request on its way while its browser signs in, with the token of a visitor or of the session before, is asked
// again; the cookie of the sign-in is left alone.
func TestInFlightAtSignIn(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Flynn")
	inTime(t, p, func(t *testing.T) {
		b := p.browser()
		b.keeps("lantern")
		for _, before := range []string{"a visitor's token", "the session before"} {
			old := p.holding(b.Token())
			b.SignIn(u.Email, password)
			for _, path := range []string{probe.Bag, "/account", "/"} {
				res := old.Get(path)
				if lines := res.Header.Values("Set-Cookie"); res.StatusCode != http.StatusTemporaryRedirect || len(lines) > 0 {
					t.Errorf("%s, GET %s: got %d and cookies %q, want 307 and none", before, path, res.StatusCode, lines)
				}
			}
			time.Sleep(2 * session.RotationGrace)
			if res := old.Get("/account"); strings.Contains(res.Body, "Flynn") || res.StatusCode != http.StatusSeeOther {
				t.Errorf("%s opens the account", before)
			}
			if !b.Alive() {
				t.Fatalf("%s: signed out by an earlier request", before)
			}
		}
	})
}

// A bag that could not be taken from under the token it lay under is nobody's: not its owner's, not the next person's.
func TestBagUnderAReplacedToken(t *testing.T) {
	t.Parallel()
	under := sqliteBackend(t)
	p := portalOn(t, backend{store: under.store, bags: keepsBags{under.bags}}, nil)
	ann, bob := p.newUser("Ann"), p.newUser("Bob")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(ann)
		b.keeps("ladder")
		copied := p.holding(b.Token())
		b.Reauth(password).Want(http.StatusSeeOther)
		time.Sleep(2 * session.RotationGrace)
		copied.bag().SaysNot("ladder")
		copied.Post(probe.Bag, "value", "lantern").Want(http.StatusServiceUnavailable) // not lost in silence
		copied.SignIn(bob.Email, password)
		copied.bag().Says("Bob").SaysNot("ladder")
	})
}

// keepsBags never takes a bag away from where it is.
type keepsBags struct{ bag.Bags }

func (keepsBags) Delete(context.Context, string) error { return errUnavailable }

func (k keepsBags) Swap(ctx context.Context, key string, old, sealed []byte, expires time.Time) (bool, error) {
	if sealed == nil {
		return false, errUnavailable
	}
	return k.Bags.Swap(ctx, key, old, sealed, expires)
}

// Signing in again in a browser takes the place of the session there; it does not cost another device.
func TestSignInAgainHere(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Agnes")
	devices := make([]*browser, testPolicy.SessionsPerUser)
	for i := range devices {
		devices[i] = p.signedIn(u)
	}
	devices[1].SignIn(u.Email, password)
	for i, b := range devices {
		if !b.Alive() {
			t.Errorf("device %d was signed out", i)
		}
	}
	p.endedOnce(u.ID, "signed_out")
}

// One sign-in too many ends the oldest session, and says so there.
func TestSessionLimit(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Lim")
	browsers := make([]*browser, testPolicy.SessionsPerUser+1)
	for i := range browsers {
		browsers[i] = p.signedIn(u)
	}
	browsers[0].Follow(browsers[0].Get("/account")).Says("Another sign-in took this place")
	for i, b := range browsers[1:] {
		if !b.Alive() {
			t.Errorf("session %d ended, want only the oldest", i+1)
		}
	}
	p.endedOnce(u.ID, "replaced")
}

// A disabled account is signed out everywhere on its next request, even if somebody forgot to end its sessions.
func TestDisabledAccount(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Di")
	b := p.signedIn(u)
	p.exec(`UPDATE users SET disabled_at = $1`, longAgo)
	b.Follow(b.Get("/account")).Says("This account is switched off")
	p.endedOnce(u.ID, "account_disabled")
}

// A hash made with weaker parameters is made again at the next sign-in, and no earlier.
func TestHashIsUpgraded(t *testing.T) {
	t.Parallel()
	p := portalOn(t, sqliteBackend(t), func(_ *Options, policy *settings) { policy.HashCost = auth.DefaultHashCost })
	u := p.newUser("Upton")
	salt := []byte("sixteen bytes ok")
	b64 := base64.RawStdEncoding
	old := "$argon2id$v=19$m=8192,t=1,p=1$" + b64.EncodeToString(salt) + "$" + b64.EncodeToString(argon2.IDKey([]byte(password), salt, 1, 8192, 1, 32))
	p.exec(`UPDATE users SET password_hash = $1`, old)
	p.browser().guess(u.Email).Want(422)
	if n := p.count(`SELECT count(*) FROM users WHERE password_hash = $1`, old); n != 1 {
		t.Error("made again for a wrong password")
	}
	p.browser().SignIn(u.Email, password)
	if n := p.count(`SELECT count(*) FROM users WHERE password_hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'`); n != 1 {
		t.Error("not made again")
	}
	p.browser().SignIn(u.Email, password)
}

package handlers

import (
	"context"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/limit"
)

// limiterOff lets everything through.
type limiterOff struct{}

func (limiterOff) Take(context.Context, string, limit.Rule) time.Duration { return 0 }
func (limiterOff) Return(context.Context, string, limit.Rule)             {}
func (limiterOff) Reset(context.Context, string)                          {}

func (b *browser) guess(email string) *answer {
	b.p.t.Helper()
	return b.post("/login", "email", email, "password", "a wrong password, long enough")
}

// Guesses at one account from one network wait; the right password does not get through meanwhile; the page, its
// header and the clock agree; the owner elsewhere is not locked out, and gets a letter with the way in
// (ASVS v5.0.0-6.3.1).
func TestGuessing(t *testing.T) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			p := portalOn(t, open(t), nil)
			u, other := p.newUser("Gus"), p.newUser("Olga")
			thief := p.browser()
			for range perAccountHere.Burst {
				thief.guess(u.Email).want(422)
			}
			res := thief.guess(strings.ToUpper(u.Email)).want(http.StatusTooManyRequests).says("too many attempts")
			wait, err := strconv.Atoi(res.Header.Get("Retry-After"))
			if err != nil || wait < 1 || wait > 60 {
				t.Errorf("Retry-After %q, want 1 to 60 seconds", res.Header.Get("Retry-After"))
			}
			thief.post("/login", "email", u.Email, "password", password).want(http.StatusTooManyRequests)
			thief.signIn(other.Email, password) // another account from there

			owner := p.browser()
			owner.ip = p.prefix[:len(p.prefix)-1] + "f::9"
			if network(owner.ip) == network(thief.ip) {
				owner.ip = p.prefix[:len(p.prefix)-1] + "e::9"
			}
			owner.signIn(u.Email, password)

			link := linkIn(t, p.letter(u.Email, "unlock="))
			here := p.browser() // the same network as the thief
			form := here.get(link).want(http.StatusOK)
			key := link[strings.Index(link, "unlock=")+len("unlock="):]
			if !strings.Contains(form.body, key) {
				t.Fatal("the form does not carry the key on")
			}
			thief.post("/login", "email", other.Email, "password", "wrong but long enough", "unlock", key) // a key is one account's
			here.post("/login", "email", u.Email, "password", password, "unlock", key).want(http.StatusSeeOther)
		})
	}
}

// A letter's key opens nothing by itself, works for its own account only, and is limited in turn.
func TestUnlockKey(t *testing.T) {
	p := newPortal(t)
	u, other := p.newUser("Uma"), p.newUser("Oskar")
	_, key, err := p.auth.NewUnlockKey(t.Context(), u.Email, auth.Client{})
	if err != nil {
		t.Fatal(err)
	}
	b := p.browser()
	for range perAccountHere.Burst {
		b.guess(other.Email).want(422)
	}
	b.post("/login", "email", other.Email, "password", password, "unlock", key).want(http.StatusTooManyRequests)
	for range perUnlockKey.Burst {
		b.post("/login", "email", u.Email, "password", "wrong but long enough", "unlock", key).want(422)
	}
	b.post("/login", "email", u.Email, "password", password, "unlock", key).want(http.StatusTooManyRequests)
	if b.alive() {
		t.Error("a key signed somebody in")
	}
	p.signedInWithout(u).changePassword().want(http.StatusSeeOther)
	if good, err := p.auth.Unlocks(t.Context(), key, u.Email); good || err != nil {
		t.Errorf("the key outlived the password it was sent for: %v, %v", good, err)
	}
}

// A text that is no address does not count against somebody's account.
func TestLimitsDoNotCollide(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Coll")
	victim, thief := p.browser(), p.browser()
	thief.ip = "2001:db8:ffff:ffff::1"
	for range perAccountHere.Burst + 1 {
		thief.guess(u.Email + ":" + network(victim.ip))
		thief.guess(network(victim.ip) + ":" + u.Email)
	}
	victim.signIn(u.Email, password)
}

// signedInWithout is signedIn on a portal whose limits are used up.
func (p *portal) signedInWithout(u auth.User) *browser {
	p.app.Attempts = limiterOff{}
	return p.signedIn(u)
}

// The right password forgets the failures before it.
func TestSuccessResets(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Rex")
	b := p.browser()
	for range 3 {
		for range perAccountHere.Burst - 1 {
			b.guess(u.Email).want(422)
		}
		b.signIn(u.Email, password)
		p.app.Attempts.Reset(t.Context(), "address:"+network(b.ip)) // the spray limit is another test's
	}
}

// One password tried on many accounts from one network waits; the header of anybody but a trusted proxy changes
// nothing (ASVS v5.0.0-6.3.1, 4.1.3).
func TestSpraying(t *testing.T) {
	p := newPortal(t)
	b := p.browser()
	spray := func(forwarded string) int {
		r := b.request("POST", "/login", strings.NewReader("email="+newEmail()+"&password=a+wrong+password+here"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Forwarded-For", forwarded)
		return b.do(r).StatusCode
	}
	for i := range perNetwork.Burst {
		if got := spray("198.51.100." + strconv.Itoa(i)); got != 422 {
			t.Fatalf("guess %d: got %d, want 422", i, got)
		}
	}
	if len(p.outbox.Letters()) > 0 {
		t.Error("letters were sent for a limit that is no account's")
	}
	if got := spray("198.51.100.250"); got != http.StatusTooManyRequests {
		t.Errorf("with another X-Forwarded-For: got %d, want 429", got)
	}
	b.ip = strings.TrimSuffix(b.ip, "7") + "8" // another address of the same /64
	if got := spray(""); got != http.StatusTooManyRequests {
		t.Errorf("from another address of the network: got %d, want 429", got)
	}
}

// Behind a trusted proxy the visitor's own address counts, and is the one people see.
func TestTrustedProxy(t *testing.T) {
	p := portalOn(t, sqliteBackend(t), func(o *Options, _ *auth.Policy) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	})
	u := p.newUser("Trudy")
	b := p.browser()
	b.ip = "192.0.2.1"
	r := b.request("POST", "/login", strings.NewReader("email="+u.Email+"&password="+strings.ReplaceAll(password, " ", "+")))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Forwarded-For", "10.6.6.6, 198.51.100.23")
	b.do(r).want(http.StatusSeeOther)
	if n := p.count(`SELECT count(*) FROM sessions WHERE ip = '198.51.100.23'`); n != 1 {
		t.Error("the session does not have the address the trusted proxy saw")
	}
}

// Guessing inside a session is limited by session, so it cannot lock the owner's other devices.
func TestGuessingInsideASession(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Inga")
	b, other := p.signedIn(u), p.signedIn(u)
	for _, path := range []string{"/reauth", "/account/security/password", "/account/sessions/end-all"} {
		t.Run(path, func(t *testing.T) {
			p.app.Attempts = limit.NewMemory()
			wrong := []string{"password", "wrong, and long enough", "current_password", "wrong, and long enough"}
			for range perSession.Burst {
				b.post(path, wrong...).want(422)
			}
			if res := b.post(path, wrong...).want(http.StatusTooManyRequests); res.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			b.reauth(password).want(http.StatusTooManyRequests)
			other.reauth(password).want(http.StatusSeeOther)
		})
	}
}

// Guesses at one account from many networks wait too, and nobody else does for it.
func TestDistributedGuessing(t *testing.T) {
	p := newPortal(t)
	u, other := p.newUser("Dana"), p.newUser("Oda")
	from := func(n int) *browser {
		b := p.browser()
		b.ip = "2001:db8:0:" + strconv.FormatInt(int64(n), 16) + "::1"
		return b
	}
	for n := range perAccount.Burst {
		from(n).guess(u.Email).want(422)
	}
	from(1000).guess(u.Email).want(http.StatusTooManyRequests)
	from(1000).signIn(other.Email, password)
	p.letter(u.Email, "unlock=")
}

// Baskets of visitors are counted by network; whoever is signed in chooses freely.
func TestBasketsOfVisitors(t *testing.T) {
	p := newPortal(t)
	member := p.signedIn(p.newUser("Membra"))
	for range perBasket.Burst {
		p.browser().post("/basket", "plan", "hall").want(http.StatusSeeOther)
	}
	res := p.browser().post("/basket", "plan", "hall").want(http.StatusTooManyRequests)
	if res.Header.Get("Retry-After") == "" || len(res.Header.Values("Set-Cookie")) > 0 {
		t.Error("no Retry-After, or a cookie for a basket that was refused")
	}
	member.post("/basket", "plan", "hall").want(http.StatusSeeOther)
}

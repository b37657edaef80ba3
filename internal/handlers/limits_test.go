package handlers

import (
	"context"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/ratelimit"
	"example.com/gatehouse/internal/redispool"
	"example.com/gatehouse/webtest"
)

// A limiter is one that a test may put another in the place of.
type limiter struct{ ratelimit.Limiter }

// limiterOff lets everything through.
type limiterOff struct{}

func (limiterOff) Take(context.Context, string, ratelimit.Rule) time.Duration { return 0 }
func (limiterOff) Return(context.Context, string, ratelimit.Rule)             {}
func (limiterOff) Reset(context.Context, ...string)                           {}

// A countingLimiter knows how often each key was taken and not given back.
type countingLimiter struct {
	ratelimit.Limiter
	mu       sync.Mutex
	taken    map[string]int
	returned chan struct{}
	first    func() // is called once, before anything is taken; nil for nothing
}

func newCountingLimiter(l ratelimit.Limiter) *countingLimiter {
	return &countingLimiter{Limiter: l, taken: map[string]int{}, returned: make(chan struct{}, 100)}
}

func (l *countingLimiter) Take(ctx context.Context, key string, r ratelimit.Rule) time.Duration {
	if first := l.first; first != nil {
		l.first = nil
		first()
	}
	wait := l.Limiter.Take(ctx, key, r)
	if wait == 0 {
		l.add(key, 1)
	}
	return wait
}

func (l *countingLimiter) Return(ctx context.Context, key string, r ratelimit.Rule) {
	l.Limiter.Return(ctx, key, r)
	l.add(key, -1)
	l.returned <- struct{}{}
}

func (l *countingLimiter) Reset(ctx context.Context, keys ...string) {
	l.Limiter.Reset(ctx, keys...)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range keys {
		delete(l.taken, key)
	}
}

func (l *countingLimiter) add(key string, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken[key] += n
}

// await waits in a bubble of time until each key that was taken from has that much taken.
func (l *countingLimiter) await(t *testing.T, want int) {
	t.Helper()
	patience := time.After(time.Minute)
	for {
		l.mu.Lock()
		taken := maps.Clone(l.taken)
		l.mu.Unlock()
		other := maps.Clone(taken)
		maps.DeleteFunc(other, func(_ string, n int) bool { return n == want })
		if len(taken) > 0 && len(other) == 0 {
			return
		}
		select {
		case <-l.returned:
		case <-patience:
			t.Fatalf("taken from the limits: %v, want %d of each", taken, want)
		}
	}
}

// elsewhere is an address outside the portal's /48.
func elsewhere(p *portal) string {
	ip := webtest.Network() + "::9"
	for site := (device.Client{IP: p.prefix + "::7"}).Site(); (device.Client{IP: ip}).Site() == site; {
		ip = webtest.Network() + "::9"
	}
	return ip
}

func (b *browser) guess(email string) *webtest.Answer {
	b.p.t.Helper()
	return b.Post("/login", "email", email, "password", "a wrong password, long enough")
}

// Guesses at one account from one network wait; the right password does not get through meanwhile; the page, its
// header and the clock agree; the owner elsewhere is not locked out, and gets an email with the way in
// (ASVS v5.0.0-6.3.1).
func TestGuessing(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u, other := p.newUser("Gus"), p.newUser("Olga")
		thief := p.browser()
		for range guard.AccountHere.Burst {
			thief.guess(u.Email).Want(422)
		}
		res := thief.guess(strings.ToUpper(u.Email)).Want(http.StatusTooManyRequests).Says("too many attempts")
		wait, err := strconv.Atoi(res.Header.Get("Retry-After"))
		if err != nil || wait < 1 || wait > 60 {
			t.Errorf("Retry-After %q, want 1 to 60 seconds", res.Header.Get("Retry-After"))
		}
		thief.Post("/login", "email", u.Email, "password", password).Want(http.StatusTooManyRequests)
		thief.SignIn(other.Email, password) // another account from there

		owner := p.browser()
		owner.IP = elsewhere(p)
		owner.SignIn(u.Email, password)

		link := linkIn(t, p.email(u.Email, "unlock="))
		here := p.browser() // the same network as the thief
		form := here.Get(link).Want(http.StatusOK)
		key := link[strings.Index(link, "unlock=")+len("unlock="):]
		if !strings.Contains(form.Body, key) {
			t.Fatal("the form does not carry the token on")
		}
		thief.Post("/login", "email", other.Email, "password", "wrong but long enough", "unlock", key) // a token is one account's
		here.Post("/login", "email", u.Email, "password", password, "unlock", key).Want(http.StatusSeeOther)
	})
}

// A one-time token opens nothing by itself, works for its own account only, and is limited in turn.
func TestUnlockToken(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, other := p.newUser("Uma"), p.newUser("Oskar")
	_, key, err := p.app.Guard.NewUnlockToken(t.Context(), u.Email, device.Client{})
	if err != nil {
		t.Fatal(err)
	}
	b := p.browser()
	for range guard.AccountHere.Burst {
		b.guess(other.Email).Want(422)
	}
	b.Post("/login", "email", other.Email, "password", password, "unlock", key).Want(http.StatusTooManyRequests)
	for range guard.Unlocked.Burst {
		b.Post("/login", "email", u.Email, "password", "wrong but long enough", "unlock", key).Want(422)
	}
	b.Post("/login", "email", u.Email, "password", password, "unlock", key).Want(http.StatusTooManyRequests)
	if b.Alive() {
		t.Error("a token signed somebody in")
	}
	p.signedInWithout(u).changePassword().Want(http.StatusSeeOther)
	p.limits.Limiter = ratelimit.NewMemory()
	for range guard.AccountHere.Burst {
		b.guess(u.Email).Want(422)
	}
	b.Post("/login", "email", u.Email, "password", password, "unlock", key).Want(http.StatusTooManyRequests) // it died with the password
}

// A text that is no address does not count against somebody's account.
func TestLimitsDoNotCollide(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Coll")
	victim, thief := p.browser(), p.browser()
	thief.IP = "2001:db8:ffff:ffff::1"
	for range guard.AccountHere.Burst + 1 {
		thief.guess(u.Email + ":" + customer(victim.IP))
		thief.guess(customer(victim.IP) + ":" + u.Email)
	}
	victim.SignIn(u.Email, password)
}

// signedInWithout is signedIn on a portal whose limits are used up.
func (p *portal) signedInWithout(u auth.User) *browser {
	p.limits.Limiter = limiterOff{}
	return p.signedIn(u)
}

// The right password forgets the failures before it.
func TestSuccessResets(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Rex")
	b := p.browser()
	for range 3 {
		for range guard.AccountHere.Burst - 1 {
			b.guess(u.Email).Want(422)
		}
		b.SignIn(u.Email, password)
		p.limits.Reset(t.Context(), "address:"+customer(b.IP)) // the limit of the network is another test's
	}
}

// Guesses at many accounts from one network wait. No header of anybody but a trusted proxy makes another network of it, in
// the limits or in what is recorded (ASVS v5.0.0-6.3.1, 4.1.3, 15.3.4).
func TestGuessingAtManyAccounts(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Fay")
	inTime(t, p, func(t *testing.T) {
		b := p.browser()
		guess := func(i int, email string) int {
			another := "198.51.100." + strconv.Itoa(i)
			r := b.NewRequest("POST", "/login", strings.NewReader("email="+email+"&password=a+wrong+password+"+strconv.Itoa(i)))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for _, name := range []string{"X-Forwarded-For", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP"} {
				r.Header.Set(name, another)
			}
			r.Header.Set("Forwarded", "for="+another)
			return b.Do(r).StatusCode
		}
		if got := guess(0, u.Email); got != 422 {
			t.Fatalf("the first guess: got %d, want 422", got)
		}
		for i := 1; i < guard.SignIns.Burst; i++ {
			if got := guess(i, webtest.Email()); got != 422 {
				t.Fatalf("guess %d: got %d, want 422", i, got)
			}
		}
		if len(p.outbox.Emails()) > 0 {
			t.Error("emails were sent for a limit that is no account's")
		}
		if got := guess(250, webtest.Email()); got != http.StatusTooManyRequests {
			t.Errorf("with another address in every header: got %d, want 429", got)
		}
		b.IP = strings.TrimSuffix(b.IP, "7") + "8" // another address of the same /64
		if got := guess(251, webtest.Email()); got != http.StatusTooManyRequests {
			t.Errorf("from another address of the network: got %d, want 429", got)
		}
		if strings.Contains(p.log.String(), "198.51.100.") || strings.Contains(p.dump(), "198.51.100.") {
			t.Error("an address that somebody made up is on record")
		}
		if n := strings.Count(p.log.String(), `"msg":"excess_rate_limit_exceeded"`); n != 1 {
			t.Errorf("two refusals in a minute left %d lines, want 1", n)
		}
	})
}

// The networks of one /48 share a wider limit: whoever has one has 65,536 of them.
func TestGuessingFromManyNetworksOfOneSite(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		for what, test := range map[string]struct {
			rule ratelimit.Rule
			ask  func(b *browser) *webtest.Answer
		}{
			"sign-in": {guard.SignIns.Rule, func(b *browser) *webtest.Answer {
				return b.Post("/login", "email", webtest.Email(), "password", webtest.Email())
			}},
			"unknown tokens": {guard.UnknownTokens.Rule, func(b *browser) *webtest.Answer {
				b.Cookies[b.Session] = inventedToken()
				return b.Get("/")
			}},
		} {
			ask := func(ip string) int {
				b := p.browser()
				b.IP = ip
				return test.ask(b).StatusCode
			}
			n := test.rule.Burst * guard.NetworksOfSite
			for i := range n {
				if ask("2001:db8:5173:"+strconv.FormatInt(int64(i), 16)+"::1") == http.StatusTooManyRequests {
					t.Fatalf("%s %d of %d: got 429", what, i, n)
				}
			}
			if got := ask("2001:db8:5173:ffff::1"); got != http.StatusTooManyRequests {
				t.Errorf("%s from one more network of the /48: got %d, want 429", what, got)
			}
			if got := ask("2001:db8:5174:ffff::1"); got == http.StatusTooManyRequests {
				t.Errorf("%s from another /48: got 429", what)
			}
		}
	})
}

// One password tried on many accounts waits, from however many networks; other passwords do not. Nothing that is stored or
// logged has to do with it (ASVS v5.0.0-6.3.1).
func TestSpraying(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	const sprayed = "Spring is here 2026"
	u := p.newUser("Spry")
	from := func(n int) *browser {
		b := p.browser()
		b.IP = "2001:db8:" + strconv.FormatInt(int64(n), 16) + "::1"
		return b
	}
	before := p.dump()
	for range 2 { // again on the same account is nothing new
		from(0).Post("/login", "email", u.Email, "password", sprayed).Want(422)
	}
	for n := 1; n < guard.Sprayed.Burst; n++ {
		from(n).Post("/login", "email", webtest.Email(), "password", sprayed).Want(422)
	}
	res := from(1000).Post("/login", "email", webtest.Email(), "password", sprayed).Want(http.StatusTooManyRequests)
	if wait, err := strconv.Atoi(res.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 180 {
		t.Errorf("Retry-After %q, want 1 to 180 seconds", res.Header.Get("Retry-After"))
	}
	if len(p.outbox.Emails()) > 0 {
		t.Error("an email was sent: an account for each try would get one")
	}
	from(1001).Post("/login", "email", webtest.Email(), "password", sprayed+"!").Want(422)
	from(1002).SignIn(u.Email, password)
	if strings.Contains(p.dump(), sprayed) || strings.Contains(p.log.String(), sprayed) || strings.Contains(before, sprayed) {
		t.Error("the password is in the log or in the database")
	}
}

// Whoever signs in with a password does not count as trying it.
func TestCommonPasswordThatIsRight(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for range guard.Sprayed.Burst + 2 {
		b := p.browser()
		b.IP = p.prefix + ":1::1"
		b.SignIn(p.newUser("Same").Email, password)
	}
}

// Behind a trusted proxy the visitor's own address counts, and is the one people see.
func TestTrustedProxy(t *testing.T) {
	t.Parallel()
	p := portalOn(t, sqliteBackend(t), func(o *Options, _ *settings) {
		o.Proxies = trusting("192.0.2.0/24")
	})
	u := p.newUser("Trudy")
	b := p.browser()
	b.IP = "192.0.2.1"
	r := b.NewRequest("POST", "/login", strings.NewReader("email="+u.Email+"&password="+strings.ReplaceAll(password, " ", "+")))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Forwarded-For", "10.6.6.6, 198.51.100.23")
	b.Do(r).Want(http.StatusSeeOther)
	if n := p.count(`SELECT count(*) FROM sessions WHERE ip = '198.51.100.23'`); n != 1 {
		t.Error("the session does not have the address the trusted proxy saw")
	}
}

// Guessing inside a session is limited by session, so it cannot lock the owner's other devices.
func TestGuessingInsideASession(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Inga")
	b, other := p.signedIn(u), p.signedIn(u)
	for _, path := range []string{"/reauth", "/account/security/password", "/account/sessions/end-all"} {
		t.Run(path, func(t *testing.T) {
			p.limits.Limiter = ratelimit.NewMemory()
			wrong := []string{"password", "wrong, and long enough", "current_password", "wrong, and long enough"}
			for range guard.Confirmations.Burst {
				b.Post(path, wrong...).Want(422)
			}
			if res := b.Post(path, wrong...).Want(http.StatusTooManyRequests); res.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			b.Reauth(password).Want(http.StatusTooManyRequests)
			other.Reauth(password).Want(http.StatusSeeOther)
		})
	}
}

// Guesses at one account from many networks wait too, and nobody else does for it.
func TestDistributedGuessing(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u, other := p.newUser("Dana"), p.newUser("Oda")
	from := func(n int) *browser {
		b := p.browser()
		b.IP = "2001:db8:" + strconv.FormatInt(int64(n), 16) + "::1"
		return b
	}
	for n := range guard.Account.Burst {
		from(n).guess(u.Email).Want(422)
	}
	from(1000).guess(u.Email).Want(http.StatusTooManyRequests)
	from(1001).Post("/login", "email", u.Email, "password", password).Want(http.StatusTooManyRequests)
	from(1000).SignIn(other.Email, password)
	if n := strings.Count(p.log.String(), `"msg":"authn_login_fail_max"`); n != 1 {
		t.Errorf("%d lines say that the account waits, want 1", n)
	}
	// The owner gets in with the email, and with that the failures are no longer in a row.
	link := linkIn(t, p.email(u.Email, "unlock="))
	_, key, _ := strings.Cut(link, "unlock=")
	from(1002).Post("/login", "email", u.Email, "password", password, "unlock", key).Want(http.StatusSeeOther)
	if n := len(p.kinds(u.ID)); n != guard.Account.Burst+5 { // made, guessed at, locked, signed in, after failures
		t.Errorf("%d events in the owner's trail, want %d: %q", n, guard.Account.Burst+5, p.kinds(u.ID))
	}
	from(1003).SignIn(u.Email, password)
}

// While Redis is down each instance counts for itself: nobody is locked out by that, and nobody guesses freely.
func TestLimitsWithoutRedis(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	under := sqliteBackend(t)
	under.pool = redispool.New("redis://" + server.Addr())
	t.Cleanup(func() { _ = under.pool.Close() })
	p := portalOn(t, under, nil)
	u := p.newUser("Reda")
	p.browser().SignIn(u.Email, password)
	server.Close()
	b := p.browser()
	b.SignIn(u.Email, password)
	for range guard.AccountHere.Burst {
		b.guess(u.Email).Want(422)
	}
	b.guess(u.Email).Want(http.StatusTooManyRequests)
	if n := strings.Count(p.log.String(), "redis is unavailable"); n != 1 {
		t.Errorf("%d warnings in a minute, want 1", n)
	}
}

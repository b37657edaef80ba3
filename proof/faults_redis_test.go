package proof

import (
	"crypto/rand"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

// A redisFault breaks a Redis and mends it again.
type redisFault struct {
	name          string
	breaks, mends func(*redisServer)
	writes        bool // bags can be written while it lasts
	forgets       bool // what was in the bags before is gone
}

func injecting(m faultInjector) func(*redisServer) { return func(r *redisServer) { r.proxy.inject(m) } }

func configured(settings ...string) func(*redisServer) {
	return func(r *redisServer) {
		for i := 0; i < len(settings); i += 2 {
			r.do("CONFIG", "SET", settings[i], settings[i+1])
		}
	}
}

func signalled(s syscall.Signal) func(*redisServer) {
	return func(r *redisServer) { _ = r.process.Signal(s) }
}

func nothing(*redisServer) {}

var redisFaults = []redisFault{
	{name: "down", breaks: func(r *redisServer) { r.proxy.refuse(r.t) }, mends: func(r *redisServer) { r.proxy.admit(r.t) }},
	{name: "cutting", breaks: injecting(cutEverything), mends: injecting(nil)},
	{name: "stopped", breaks: signalled(syscall.SIGSTOP), mends: signalled(syscall.SIGCONT)},
	{name: "silent", breaks: injecting(deaf), mends: injecting(nil)},
	{name: "half-closed", breaks: injecting(halfClosed), mends: injecting(nil)},
	{name: "answers cut", breaks: injecting(answersCut), mends: injecting(nil), forgets: true}, // what was asked has happened
	{name: "answers broken", breaks: injecting(corrupt), mends: injecting(nil), forgets: true},
	{name: "answers late", breaks: injecting(slowAnswers), mends: injecting(nil), writes: true},
	{name: "full", breaks: configured("maxmemory", "1"), mends: configured("maxmemory", "0")},
	{
		name:   "read-only",
		breaks: func(r *redisServer) { r.do("REPLICAOF", "127.0.0.1", "1") },
		mends:  func(r *redisServer) { r.do("REPLICAOF", "NO", "ONE") },
	},
	{name: "flushed", breaks: func(r *redisServer) { r.do("FLUSHALL") }, mends: nothing, writes: true, forgets: true},
	{
		name: "evicting",
		breaks: func(r *redisServer) {
			configured("maxmemory-policy", "allkeys-lru", "maxmemory", "3mb")(r)
			for range 4000 {
				r.do("SET", rand.Text(), strings.Repeat("x", 1000))
			}
		},
		mends: configured("maxmemory", "0"), writes: true, forgets: true,
	},
	{name: "connections cut", breaks: func(r *redisServer) { r.proxy.cutAll() }, mends: nothing, writes: true},
}

// Whatever happens to Redis, people stay signed in and read; sign-in, sign-out, re-authentication and revoking work and
// are true; what cannot be kept says so; wrong passwords are still counted; and nobody has to be restarted.
func TestRedisFaults(t *testing.T) {
	t.Parallel()
	for _, f := range redisFaults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			r := startBreakable(t)
			p := start(t, environment{"--database-url=sqlite:" + filepath.Join(t.TempDir(), "test.db"), "--redis-url=redis://" + r.proxy.addr})
			email := p.account(t, "Ada Lovelace")
			desk, laptop, visitor := p.Client(t).SignIn(email, webtest.Password), p.Client(t).SignIn(email, webtest.Password), p.Client(t)
			put(desk, "before")
			put(visitor, "before")

			f.breaks(r)
			began := time.Now()
			f.lasts(t, p, email, desk, laptop)
			t.Log("with Redis broken:", time.Since(began))
			f.mends(r)

			put(desk, "after")
			if value := inBag(desk); value != "after" {
				t.Errorf("%q in the bag, want what was put there after the fault", value)
			}
			if value := inBag(visitor); !f.forgets && value != "before" {
				t.Errorf("%q in the bag of the visitor, want what was there before the fault", value)
			}
			webtest.Until(t, "a Redis that is ready", func() bool { return desk.Get("/readyz").Body == "ok\n" })
		})
	}
}

// lasts is what people do while Redis is broken.
func (f redisFault) lasts(t *testing.T, p *portal, email string, desk, laptop *webtest.Client) {
	t.Helper()
	desk.Get("/account").Want(http.StatusOK).Says("Ada Lovelace")
	if f.writes {
		put(desk, "meanwhile")
	} else {
		wantUnavailable(t, desk.Post(probe.Bag, "value", "meanwhile"), p)
	}
	before := desk.Twin()
	desk.Reauth(webtest.Password).Leads("/account/sessions")
	if before.Token() == desk.Token() || opens(before) || !opens(desk) {
		t.Error("the re-authentication did not swap the token")
	}
	desk.Post("/account/sessions/" + laptop.Handle() + "/end").Leads("/account/sessions")
	if opens(laptop) {
		t.Error("the revoked session is alive")
	}
	phone := p.Client(t).SignIn(email, webtest.Password)
	copied := phone.Twin()
	if !opens(phone) {
		t.Error("the sign-in opened nothing")
	}
	phone.Post("/logout").Leads("/signed-out")
	if opens(copied) {
		t.Error("the sign-out ended nothing")
	}
	guesser := p.Client(t)
	guesser.IP = webtest.Network() + "::1"
	limited := false
	for n := 0; n < 12 && !limited; n++ { // five are free, and five more if the portal begins to count by itself
		switch a := guesser.Post("/login", "email", email, "password", "a wrong password here"); a.StatusCode {
		case http.StatusUnprocessableEntity:
		case http.StatusTooManyRequests:
			limited = a.Header.Get("Retry-After") != ""
		default:
			t.Errorf("a wrong password: got %d", a.StatusCode)
		}
	}
	if !limited {
		t.Error("wrong passwords are not counted")
	}
	desk.Get("/account").Want(http.StatusOK).Says("Ada Lovelace")
}

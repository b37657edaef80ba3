package proof

import (
	"context"
	"crypto/rand"
	"encoding/gob"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
	"github.com/alexedwards/scs/redisstore"
	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"
	"github.com/gomodule/redigo/redis"
)

// stock is a small portal with chi, scs and redisstore as their documentation shows them: LoadAndSave around every page,
// RenewToken whenever somebody proves who they are, an idle timeout, everything in the session, and the sessions of one
// person found by going through all of them.
type stock struct {
	*scs.SessionManager
	charges atomic.Int64 // payments made
}

// preferences is a type of this build in the session.
type preferences struct{ Notes bool }

func newStock(pool *redis.Pool, hashed bool) *stock {
	gob.Register(preferences{})
	s := &stock{SessionManager: scs.New()}
	s.Store = redisstore.New(pool)
	s.IdleTimeout, s.Lifetime = 20*time.Minute, 24*time.Hour
	s.HashTokenInStore = hashed
	return s
}

func (s *stock) handler() http.Handler {
	r := chi.NewRouter()
	r.Use(s.LoadAndSave)
	r.Get("/login", s.showSignIn)
	r.Post("/login", s.signIn)
	r.Post("/logout", s.signOut)
	r.Get(probe.Bag, s.showBag)
	r.Group(func(r chi.Router) {
		r.Use(s.requireUser)
		r.Get("/account", s.account)
		r.Post("/reauth", s.reauth)
		r.Post(probe.Bag, s.keep)
		r.Post("/session/extend", s.extend)
		r.Get("/account/sessions", func(w http.ResponseWriter, r *http.Request) { s.eachOfMine(w, r, false) })
		r.Post("/account/sessions/end-others", func(w http.ResponseWriter, r *http.Request) { s.eachOfMine(w, r, true) })
		r.Post("/billing/payment-method", s.account)
		r.Post("/basket", s.account)
		r.Get("/billing/checkout", s.checkout)
		r.Post("/billing/checkout", s.pay)
	})
	return r
}

func (s *stock) requireUser(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.Exists(r.Context(), "user") {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// showSignIn keeps a value against forged forms in the session, as many forms do.
func (s *stock) showSignIn(w http.ResponseWriter, r *http.Request) {
	if !s.Exists(r.Context(), "form") {
		s.Put(r.Context(), "form", rand.Text())
	}
	fmt.Fprintf(w, "<form method=post><input type=hidden name=form value=%q>", s.GetString(r.Context(), "form"))
}

// signIn believes whoever knows the password that all accounts of the tests have.
func (s *stock) signIn(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("password") != webtest.Password {
		http.Error(w, "That address and password do not match an account.", http.StatusUnprocessableEntity)
		return
	}
	if err := s.RenewToken(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.Put(r.Context(), "user", r.FormValue("email"))
	s.Put(r.Context(), "preferences", preferences{Notes: true})
	http.Redirect(w, r, "/account", http.StatusSeeOther)
}

func (s *stock) signOut(w http.ResponseWriter, r *http.Request) {
	if err := s.Destroy(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/signed-out", http.StatusSeeOther)
}

func (s *stock) reauth(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("password") != webtest.Password {
		http.Error(w, "That is not your password.", http.StatusUnprocessableEntity)
		return
	}
	if err := s.RenewToken(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.Put(r.Context(), "confirmed", time.Now().Unix())
	http.Redirect(w, r, "/account/sessions", http.StatusSeeOther)
}

func (s *stock) account(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "<h1>Account of %s</h1>", s.GetString(r.Context(), "user"))
}

func (s *stock) showBag(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "<p>%s</p><p>%s %s</p>", s.GetString(r.Context(), "user"), inTheBag, s.GetString(r.Context(), "value"))
}

func (s *stock) keep(w http.ResponseWriter, r *http.Request) {
	s.Put(r.Context(), "value", r.FormValue("value"))
	s.showBag(w, r)
}

func (s *stock) extend(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	s.Put(r.Context(), "flash", "You stay signed in.")
	http.Redirect(w, r, "/account", http.StatusSeeOther)
}

// eachOfMine goes through all sessions for those of one person, which is what scs offers, and ends the others if asked.
func (s *stock) eachOfMine(w http.ResponseWriter, r *http.Request, endOthers bool) {
	user, token, n := s.GetString(r.Context(), "user"), s.Token(r.Context()), 0
	err := s.Iterate(context.WithoutCancel(r.Context()), func(ctx context.Context) error {
		if s.GetString(ctx, "user") != user || s.Token(ctx) == token {
			return nil
		}
		n++
		if endOthers {
			return s.Destroy(ctx)
		}
		return nil
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if endOthers {
		http.Redirect(w, r, "/account/sessions", http.StatusSeeOther)
		return
	}
	fmt.Fprintf(w, "<p>%d other sessions</p>", n)
}

func (s *stock) checkout(w http.ResponseWriter, r *http.Request) {
	order := rand.Text()
	s.Put(r.Context(), "order", order)
	fmt.Fprintf(w, "<input type=\"hidden\" name=\"order\" value=%q>", order)
}

// pay takes the order out of the session, so that it cannot be paid again.
func (s *stock) pay(w http.ResponseWriter, r *http.Request) {
	order := r.FormValue("order")
	if s.PopString(r.Context(), "order") != order {
		http.Error(w, "That was paid already.", http.StatusConflict)
		return
	}
	s.charges.Add(1)
	http.Redirect(w, r, "/billing/receipts/"+order, http.StatusSeeOther)
}

// onStock serves the stock portal on a Redis.
func onStock(t testing.TB, r *ownRedis, hashed bool) *site {
	t.Helper()
	pool := &redis.Pool{MaxIdle: 10, Dial: func() (redis.Conn, error) { return redis.DialURL(r.url) }}
	portal := newStock(pool, hashed)
	server := httptest.NewServer(portal.handler())
	t.Cleanup(func() {
		server.Close()
		_ = pool.Close()
	})
	return &site{
		t: t, redis: r,
		browser: func() *webtest.Client {
			c := webtest.New(t, server.URL)
			c.Session, c.Tolerant = "session", true
			return c
		},
		account: func(name string) string { return name + "@" + rand.Text() + ".example.org" },
		expires: func(c *webtest.Client) time.Time {
			deadline, _, err := portal.Codec.Decode([]byte(r.value(t, "scs:session:"+c.Token())))
			if err != nil {
				t.Fatal(err)
			}
			return deadline
		},
		charges:    func() int { return int(portal.charges.Load()) },
		stored:     func() string { return r.everything(t) },
		written:    func() string { return "" },
		others:     func() int { return 0 },
		unreadable: func(record string) string { return renamed(t, record) },
	}
}

package handlers

import (
	"net/http"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// While the database hangs, whoever has a cookie is told after five seconds, and others after thirty if they need it.
func TestHungDatabase(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Hanna")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		db := p.store.DB()
		db.SetMaxOpenConns(1)
		all, err := db.Conn(t.Context()) // whoever needs the database waits
		if err != nil {
			t.Fatal(err)
		}
		for _, ask := range []struct {
			what string
			do   func() *webtest.Answer
			took time.Duration
		}{
			{"a page, with a cookie", func() *webtest.Answer { return b.Get("/account") }, 5 * time.Second},
			{"a change, with a cookie", func() *webtest.Answer { return b.Post("/logout") }, 5 * time.Second},
			{"a sign-in", func() *webtest.Answer { return p.browser().Post("/login", "email", u.Email, "password", password) }, 30 * time.Second},
			{"a sign-up", func() *webtest.Answer {
				return p.browser().Post("/signup", "name", "Hanna", "email", webtest.Email(), "password", password)
			}, 30 * time.Second},
			{"a form that needs no database", func() *webtest.Answer { return p.browser().Get("/login").Want(http.StatusOK) }, 0},
		} {
			began := time.Now()
			res := ask.do()
			if took := time.Since(began); took != ask.took {
				t.Errorf("%s: answered after %s, want %s", ask.what, took, ask.took)
			}
			if ask.took > 0 {
				res.Want(http.StatusServiceUnavailable).SaysNot("Hanna")
			}
		}
		if err := all.Close(); err != nil {
			t.Fatal(err)
		}
		b.Get("/account").Want(http.StatusOK).Says("Hanna")
	})
}

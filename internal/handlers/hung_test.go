package handlers

import (
	"net/http"
	"testing"
	"time"
)

// While the database hangs, whoever has a cookie is told after five seconds, and others after thirty if they need it.
func TestHungDatabase(t *testing.T) {
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
			do   func() *answer
			took time.Duration
		}{
			{"a page, with a cookie", func() *answer { return b.get("/account") }, 5 * time.Second},
			{"a change, with a cookie", func() *answer { return b.post("/logout") }, 5 * time.Second},
			{"a sign-in", func() *answer { return p.browser().post("/login", "email", u.Email, "password", password) }, 30 * time.Second},
			{"a sign-up", func() *answer {
				return p.browser().post("/signup", "name", "Hanna", "email", newEmail(), "password", password)
			}, 30 * time.Second},
			{"a form that needs no database", func() *answer { return p.browser().get("/login").want(http.StatusOK) }, 0},
		} {
			began := time.Now()
			res := ask.do()
			if took := time.Since(began); took != ask.took {
				t.Errorf("%s: answered after %s, want %s", ask.what, took, ask.took)
			}
			if ask.took > 0 {
				res.want(http.StatusServiceUnavailable).saysNot("Hanna")
			}
		}
		if err := all.Close(); err != nil {
			t.Fatal(err)
		}
		b.get("/account").want(http.StatusOK).says("Hanna")
	})
}

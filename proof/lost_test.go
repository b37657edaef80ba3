package proof

import (
	"bytes"
	"html"
	"net/http"
	"sync/atomic"
	"testing"

	"example.com/gatehouse/webtest"
)

// atCommit cuts the first connection on which something is committed: before the server hears of it, or with its answer.
func atCommit(carriedOut bool) faultInjector {
	var once atomic.Bool
	return func(l *link, fromPortal bool, piece []byte) verdict {
		switch {
		case fromPortal && bytes.Contains(piece, []byte("commit")) && once.CompareAndSwap(false, true):
			if !carriedOut {
				return cut
			}
			l.marked.Store(true)
		case !fromPortal && l.marked.Load():
			return cut
		}
		return pass
	}
}

// A customer is an account with two browsers signed in, and a card.
type customer struct {
	t            *testing.T
	p            *portal
	email        string
	desk, laptop *webtest.Client
}

func newCustomer(t *testing.T, p *portal, env environment) customer {
	t.Helper()
	email := env.account(t, "Ada Lovelace")
	x := customer{t, p, email, p.Client(t).SignIn(email, webtest.Password), p.Client(t).SignIn(email, webtest.Password)}
	x.desk.Reauth(webtest.Password).Leads("/account/sessions")
	x.desk.Post("/billing/payment-method", "instrument", "visa-4242", "name", "Ada", "address", "1 Mint Lane").Leads("/billing")
	choose(x.desk)
	return x
}

// choose puts a plan into the basket, repeating the request until the portal says that it is there.
func choose(c *webtest.Client) {
	c.T.Helper()
	webtest.Until(c.T, "a plan to be taken", func() bool {
		status := c.Post("/basket", "plan", "hall").StatusCode
		return status == http.StatusOK || status == http.StatusSeeOther
	})
}

// bill is what the review shows, as the fields of its form; the order is among them.
func bill(c *webtest.Client) (fields []string, order string) {
	c.T.Helper()
	return billOf(c.Get("/billing/checkout").Want(http.StatusOK))
}

func billOf(a *webtest.Answer) (fields []string, order string) {
	a.T.Helper()
	for _, m := range hiddenField.FindAllStringSubmatch(a.Body, -1) {
		if m[1] == "next" {
			continue
		}
		fields = append(fields, m[1], html.UnescapeString(m[2]))
		if m[1] == "order" {
			order = m[2]
		}
	}
	if order == "" {
		a.T.Errorf("no order on the review:\n%s", a.Excerpt())
	}
	return append(fields, "password", webtest.Password), order
}

func (x customer) count(env environment, query string, args ...any) (n int) {
	x.t.Helper()
	if err := env.facts(x.t).DB().QueryRowContext(x.t.Context(), query, args...).Scan(&n); err != nil {
		x.t.Error(err)
	}
	return n
}

// lost are changes whose commit is cut, and what is true afterwards, if it was carried out and if it was not. A page
// claims success only when it is.
var lost = []struct {
	name   string
	change func(x customer, env environment, commit func(), carriedOut bool)
}{
	{"sign-in", func(x customer, _ environment, commit func(), carriedOut bool) {
		c := x.p.Client(x.t)
		commit()
		x.claims(c.Post("/login", "email", x.email, "password", webtest.Password), carriedOut)
		if (c.Token() != "") != carriedOut || carriedOut && !opens(c) {
			x.t.Error("the cookie is not that of the row")
		}
	}},
	{"re-authentication", func(x customer, _ environment, commit func(), carriedOut bool) {
		before := x.desk.Twin()
		commit()
		x.claims(x.desk.Reauth(webtest.Password), carriedOut)
		if !opens(x.desk) || (before.Token() != x.desk.Token()) != carriedOut {
			x.t.Error("the browser is left with a token that is dead")
		}
		if carriedOut && opens(before) {
			x.t.Error("the old token is alive")
		}
	}},
	{"password change", func(x customer, _ environment, commit func(), carriedOut bool) {
		commit()
		x.claims(x.desk.Post("/account/security/password", "current_password", webtest.Password, "password", webtest.OtherPassword), carriedOut)
		if !opens(x.desk) || opens(x.laptop) == carriedOut {
			x.t.Error("want this session alive, and the other only if nothing happened")
		}
		now := webtest.Password
		if carriedOut {
			now = webtest.OtherPassword
		}
		x.p.Client(x.t).SignIn(x.email, now)
	}},
	{"sign-out", func(x customer, env environment, commit func(), carriedOut bool) {
		commit()
		a := x.desk.Post("/logout")
		wantUnavailable(x.t, a, x.p)
		if a.Header.Get("Clear-Site-Data") != "" || x.desk.Token() == "" {
			x.t.Error("the sign-out was claimed")
		}
		if opens(x.desk) == carriedOut {
			x.t.Error("the session is not what its row says")
		}
		x.desk.Post("/logout").Leads("/signed-out")
		if n := x.count(env, `SELECT COALESCE(sum(times), 0) FROM events JOIN users ON users.id = user_id WHERE email = $1 AND kind = 'session_expired'`, x.email); n != 1 {
			x.t.Errorf("%d endings, want 1", n)
		}
	}},
	{"revoking", func(x customer, _ environment, commit func(), carriedOut bool) {
		path := "/account/sessions/" + x.laptop.Handle() + "/end"
		commit()
		wantUnavailable(x.t, x.desk.Post(path), x.p)
		if opens(x.laptop) == carriedOut {
			x.t.Error("the session is not what its row says")
		}
		x.desk.Post(path).Leads("/account/sessions")
		if opens(x.laptop) {
			x.t.Error("the session is alive after the second press")
		}
	}},
	{"payment", func(x customer, env environment, commit func(), carriedOut bool) {
		fields, order := bill(x.desk)
		commit()
		if a := x.desk.Post("/billing/checkout", fields...); carriedOut { // its answer is stored with it
			a.Leads("/billing/receipts/" + order)
		} else {
			wantUnavailable(x.t, a, x.p)
		}
		x.desk.Post("/billing/checkout", fields...).Leads("/billing/receipts/" + order)
		if n := x.count(env, `SELECT count(*) FROM payments WHERE id = $1`, order); n != 1 {
			x.t.Errorf("%d payments, want 1", n)
		}
	}},
}

func (x customer) claims(a *webtest.Answer, success bool) {
	x.t.Helper()
	if success {
		a.Want(http.StatusSeeOther)
	} else {
		wantUnavailable(x.t, a, x.p)
	}
}

// The connection breaks while a change is committed. Where the row shows what happened, the page says so; where it cannot,
// the page claims nothing, and pressing again leaves the change made exactly once.
func TestLostCommits(t *testing.T) {
	t.Parallel()
	db := newPostgres(t)
	p := start(t, db.proxied)
	for _, action := range lost {
		for _, carriedOut := range []bool{true, false} {
			t.Run(action.name, func(t *testing.T) {
				x := newCustomer(t, p, db.direct)
				var commit atomic.Bool
				cutting := atCommit(carriedOut)
				action.change(x, db.direct, func() {
					db.inject(func(l *link, fromPortal bool, piece []byte) verdict {
						if fromPortal && bytes.Contains(piece, []byte("commit")) {
							commit.Store(true)
						}
						return cutting(l, fromPortal, piece)
					})
				}, carriedOut)
				db.inject(nil)
				if !commit.Load() {
					t.Error("nothing was committed")
				}
			})
		}
	}
}

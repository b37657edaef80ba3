package proof

import (
	"bytes"
	"html"
	"net/http"
	"sync/atomic"
	"testing"
)

// atCommit cuts the first connection on which something is committed: before the server hears of it, or with its answer.
func atCommit(carriedOut bool) meddler {
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
	desk, laptop *client
}

func newCustomer(t *testing.T, p *portal, g ground) customer {
	t.Helper()
	email := g.account(t, "Ada Lovelace")
	x := customer{t, p, email, p.client(t).signIn(email, password), p.client(t).signIn(email, password)}
	x.desk.reauth().location("/account/sessions")
	x.desk.post("/billing/payment-method", "instrument", "visa-4242", "name", "Ada", "address", "1 Mint Lane").location("/billing")
	x.desk.choose("hall")
	return x
}

// bill is what the review shows, as the fields of its form; the order is among them.
func (c *client) bill() (fields []string, order string) {
	c.t.Helper()
	return c.get("/billing/checkout").want(http.StatusOK).bill()
}

func (a *answer) bill() (fields []string, order string) {
	a.t.Helper()
	for _, m := range hiddenField.FindAllStringSubmatch(a.body, -1) {
		if m[1] == "next" {
			continue
		}
		fields = append(fields, m[1], html.UnescapeString(m[2]))
		if m[1] == "order" {
			order = m[2]
		}
	}
	if order == "" {
		a.t.Errorf("no order on the review:\n%s", a.text())
	}
	return append(fields, "password", password), order
}

func (x customer) count(g ground, query string, args ...any) (n int) {
	x.t.Helper()
	if err := g.facts(x.t).DB().QueryRowContext(x.t.Context(), query, args...).Scan(&n); err != nil {
		x.t.Error(err)
	}
	return n
}

// lost are changes whose commit is cut, and what is true afterwards, if it was carried out and if it was not. A page
// claims success only when it is.
var lost = []struct {
	name   string
	change func(x customer, g ground, commit func(), carriedOut bool)
}{
	{"sign-in", func(x customer, _ ground, commit func(), carriedOut bool) {
		c := x.p.client(x.t)
		commit()
		x.claims(c.post("/login", "email", x.email, "password", password), carriedOut)
		if (c.token() != "") != carriedOut || carriedOut && !c.opens() {
			x.t.Error("the cookie is not that of the row")
		}
	}},
	{"re-authentication", func(x customer, _ ground, commit func(), carriedOut bool) {
		before := x.desk.at(x.p)
		commit()
		x.claims(x.desk.reauth(), carriedOut)
		if !x.desk.opens() || (before.token() != x.desk.token()) != carriedOut {
			x.t.Error("the browser is left with a token that is dead")
		}
		if carriedOut && before.opens() {
			x.t.Error("the old token is alive")
		}
	}},
	{"password change", func(x customer, _ ground, commit func(), carriedOut bool) {
		commit()
		x.claims(x.desk.post("/account/security/password", "current_password", password, "password", otherPassword), carriedOut)
		if !x.desk.opens() || x.laptop.opens() == carriedOut {
			x.t.Error("want this session alive, and the other only if nothing happened")
		}
		now := password
		if carriedOut {
			now = otherPassword
		}
		x.p.client(x.t).signIn(x.email, now)
	}},
	{"sign-out", func(x customer, g ground, commit func(), carriedOut bool) {
		commit()
		a := x.desk.post("/logout")
		a.refused(x.t, x.p)
		if a.header.Get("Clear-Site-Data") != "" || x.desk.token() == "" {
			x.t.Error("the sign-out was claimed")
		}
		if x.desk.opens() == carriedOut {
			x.t.Error("the session is not what its row says")
		}
		x.desk.post("/logout").location("/signed-out")
		if n := x.count(g, `SELECT count(*) FROM events JOIN users ON users.id = user_id WHERE email = $1 AND kind = 'session_expired'`, x.email); n != 1 {
			x.t.Errorf("%d endings, want 1", n)
		}
	}},
	{"revoking", func(x customer, _ ground, commit func(), carriedOut bool) {
		path := "/account/sessions/" + x.laptop.handle() + "/end"
		commit()
		x.desk.post(path).refused(x.t, x.p)
		if x.laptop.opens() == carriedOut {
			x.t.Error("the session is not what its row says")
		}
		x.desk.post(path).location("/account/sessions")
		if x.laptop.opens() {
			x.t.Error("the session is alive after the second press")
		}
	}},
	{"payment", func(x customer, g ground, commit func(), carriedOut bool) {
		fields, order := x.desk.bill()
		commit()
		x.desk.post("/billing/checkout", fields...).refused(x.t, x.p)
		x.desk.post("/billing/checkout", fields...).location("/billing/receipts/" + order)
		if n := x.count(g, `SELECT count(*) FROM payments WHERE id = $1`, order); n != 1 {
			x.t.Errorf("%d payments, want 1", n)
		}
	}},
}

func (x customer) claims(a *answer, success bool) {
	x.t.Helper()
	if success {
		a.want(http.StatusSeeOther)
	} else {
		a.refused(x.t, x.p)
	}
}

// The connection breaks while a change is committed. Where the row can tell what happened, the person is told; where it
// cannot, nothing is claimed, and pressing again does what was wanted once.
func TestLostCommits(t *testing.T) {
	t.Parallel()
	db := newPostgres(t)
	p := start(t, db.proxied)
	for _, deed := range lost {
		for _, carriedOut := range []bool{true, false} {
			t.Run(deed.name, func(t *testing.T) {
				x := newCustomer(t, p, db.direct)
				var commit atomic.Bool
				cutting := atCommit(carriedOut)
				deed.change(x, db.direct, func() {
					db.meddle(func(l *link, fromPortal bool, piece []byte) verdict {
						if fromPortal && bytes.Contains(piece, []byte("commit")) {
							commit.Store(true)
						}
						return cutting(l, fromPortal, piece)
					})
				}, carriedOut)
				db.meddle(nil)
				if !commit.Load() {
					t.Error("nothing was committed")
				}
			})
		}
	}
}

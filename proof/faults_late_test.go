package proof

import (
	"net/http"
	"testing"
	"time"
)

// Answers of PostgreSQL that come late make everything late, and nothing else of it: pages are pages, and what was
// pressed has happened, once.
func TestLatePostgres(t *testing.T) {
	t.Parallel()
	db := newPostgres(t)
	p := start(t, db.proxied)
	x := newCustomer(t, p, db.direct)
	fields, order := x.desk.bill()
	handle, old := x.laptop.handle(), x.desk.at(p)

	db.meddle(slowAnswers)
	for _, asked := range []func() *answer{
		func() *answer { return x.desk.get("/account").want(http.StatusOK).says("Ada Lovelace") },
		func() *answer {
			return x.desk.post("/billing/checkout", fields...).location("/billing/receipts/" + order)
		},
		func() *answer { return x.desk.post("/basket", "plan", "keep").location("/plans") },
		func() *answer { return x.desk.reauth().location("/account/sessions") },
		func() *answer {
			return x.desk.post("/account/sessions/" + handle + "/end").location("/account/sessions")
		},
		func() *answer {
			return x.desk.post("/account/security/password", "current_password", password, "password", otherPassword).location("/account/security")
		},
		func() *answer {
			return p.client(t).post("/login", "email", x.email, "password", otherPassword).location("/account")
		},
		func() *answer { return x.desk.at(p).post("/logout").location("/signed-out") },
	} {
		began := time.Now()
		if a := asked(); time.Since(began) < lateness {
			t.Errorf("%s took %s, want one late answer at least", a.what, time.Since(began))
		}
	}
	for _, c := range []*client{old, x.desk, x.laptop} {
		if c.opens() {
			t.Error("alive")
		}
	}
	db.meddle(nil)
	if n := x.count(db.direct, `SELECT count(*) FROM payments WHERE id = $1 AND state = 'paid'`, order); n != 1 {
		t.Errorf("%d payments, want 1", n)
	}
	endedOnce(t, db.direct)
}

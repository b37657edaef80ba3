package proof

import (
	"net/http"
	"testing"
	"time"

	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

// Answers of PostgreSQL that come late make everything late, and nothing else of it: pages are pages, and what was
// pressed has happened, once.
func TestLatePostgres(t *testing.T) {
	t.Parallel()
	db := newPostgres(t)
	p := start(t, db.proxied)
	x := newCustomer(t, p, db.direct)
	fields, order := bill(x.desk)
	handle, old := x.laptop.Handle(), x.desk.Twin()

	db.inject(slowAnswers)
	for _, asked := range []func() *webtest.Answer{
		func() *webtest.Answer { return x.desk.Get("/account").Want(http.StatusOK).Says("Ada Lovelace") },
		func() *webtest.Answer {
			return x.desk.Post("/billing/checkout", fields...).Leads("/billing/receipts/" + order)
		},
		func() *webtest.Answer { return x.desk.Post(probe.Bag, "value", "later").Leads(probe.Bag) },
		func() *webtest.Answer { return x.desk.Reauth(webtest.Password).Leads("/account/sessions") },
		func() *webtest.Answer {
			return x.desk.Post("/account/sessions/" + handle + "/end").Leads("/account/sessions")
		},
		func() *webtest.Answer {
			return x.desk.Post("/account/security/password", "current_password", webtest.Password, "password", webtest.OtherPassword).Leads("/account/security")
		},
		func() *webtest.Answer {
			return p.Client(t).Post("/login", "email", x.email, "password", webtest.OtherPassword).Leads("/account")
		},
		func() *webtest.Answer { return x.desk.Twin().Post("/logout").Leads("/signed-out") },
	} {
		began := time.Now()
		if a := asked(); time.Since(began) < lateness {
			t.Errorf("%s took %s, want one late answer at least", a.What, time.Since(began))
		}
	}
	for _, c := range []*webtest.Client{old, x.desk, x.laptop} {
		if opens(c) {
			t.Error("a session is alive that was ended")
		}
	}
	db.inject(nil)
	if n := x.count(db.direct, `SELECT count(*) FROM payments WHERE id = $1 AND state = 'paid'`, order); n != 1 {
		t.Errorf("%d payments, want 1", n)
	}
	endedOnce(t, db.direct)
}

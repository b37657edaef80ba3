package proof

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

// breaks are the moments during a change at which its database connection is lost or stops answering. Everything earlier is
// answered, so the portal has already authenticated the request.
var breaks = []struct {
	name, words string
	verdict     verdict
}{
	{"cut at a transaction", "begin", cut},
	{"cut at an update", "UPDATE ", cut},
	{"cut at an insert", "INSERT INTO ", cut},
	{"silent at an insert", "INSERT INTO ", hold},
}

// breakAt breaks every connection on which the words are said, and counts them.
func (p postgres) breakAt(words string, v verdict) *atomic.Int64 {
	var n atomic.Int64
	p.inject(func(l *link, fromPortal bool, piece []byte) verdict {
		if fromPortal && bytes.Contains(piece, []byte(words)) && l.marked.CompareAndSwap(false, true) {
			n.Add(1)
		}
		if l.marked.Load() {
			return v
		}
		return pass
	})
	return &n
}

// A press is a change that somebody makes with a button.
type press struct {
	name   string
	reach  string // the words it says to the database
	leads  string // where it leads when it is made
	press  func(x customer) (path string, fields []string)
	nobody bool // from a browser without a cookie
}

const everything = "begin, UPDATE , INSERT INTO "

var presses = []press{
	{name: "sign-out", reach: everything, leads: "/signed-out", press: func(customer) (string, []string) { return "/logout", nil }},
	{name: "revoking", reach: everything, leads: "/account/sessions", press: func(x customer) (string, []string) {
		return "/account/sessions/" + x.laptop.Handle() + "/end", nil
	}},
	{name: "ending all", reach: everything, leads: "/signed-out", press: func(customer) (string, []string) {
		return "/account/sessions/end-all", nil
	}},
	{name: "re-authentication", reach: everything, leads: "/account", press: func(customer) (string, []string) {
		return "/reauth", []string{"password", webtest.Password, "next", "/account"}
	}},
	{name: "password change", reach: everything, leads: "/account/security", press: func(customer) (string, []string) {
		return "/account/security/password", []string{"current_password", webtest.Password, "password", webtest.OtherPassword}
	}},
	{name: "payment", reach: everything, leads: "/billing/receipts/", press: func(x customer) (string, []string) {
		fields, _ := bill(x.desk)
		return "/billing/checkout", fields
	}},
	{name: "bag", reach: "UPDATE ", leads: probe.Bag, press: func(customer) (string, []string) {
		return probe.Bag, []string{"value", "later"}
	}},
	{name: "sign-in", reach: everything, leads: "/account", nobody: true, press: func(x customer) (string, []string) {
		return "/login", []string{"email", x.email, "password", webtest.Password}
	}},
	{name: "sign-up", reach: "INSERT INTO ", leads: "/signup/sent", nobody: true, press: func(x customer) (string, []string) {
		return "/signup", []string{"name", "Jean", "email", "jean." + x.email, "password", webtest.Password}
	}},
}

type attempt struct {
	by     *webtest.Client
	path   string
	fields []string
}

// A change whose own statement fails, or hangs until the portal gives up, is not claimed: no page says so, no cookie
// does, and no row is other than before. Pressing again makes it.
func TestPostgresFaultsInChanges(t *testing.T) {
	t.Parallel()
	db := newPostgres(t, "default_query_exec_mode", "describe_exec") // every statement is sent in words
	p := start(t, db.proxied, longElevation)
	facts := db.direct.facts(t).DB()
	attempts, names := make([]attempt, len(presses)), make([]string, len(presses))
	for i, press := range presses {
		x := newCustomer(t, p, db.direct)
		names[i] = "Visitor " + rand.Text()
		run(t, facts, `UPDATE users SET name = $1 WHERE email = $2`, names[i], x.email)
		c := x.desk
		if press.nobody {
			c = p.Client(t)
		}
		path, fields := press.press(x)
		attempts[i] = attempt{c, path, fields}
	}
	for _, b := range breaks {
		t.Run(b.name, func(t *testing.T) {
			before := rows(t, facts)
			var together sync.WaitGroup
			for i, press := range presses {
				if !strings.Contains(press.reach, b.words) {
					continue
				}
				others := slices.Concat(names[:i], names[i+1:])
				broken := db.breakAt(b.words, b.verdict)
				together.Go(func() {
					wantUnavailable(t, unclaimed(attempts[i].by, attempts[i].path, attempts[i].fields...), p, others...)
				})
				if b.verdict == hold { // which is noticed by waiting: all of them at once
					webtest.Until(t, press.name+" to come so far", func() bool { return broken.Load() > 0 })
					continue
				}
				together.Wait()
				if broken.Load() == 0 {
					t.Errorf("%s was not broken", press.name)
				}
			}
			together.Wait()
			db.cutMarked() // drops the held pieces for good
			db.inject(nil)
			if after := rows(t, facts); after != before {
				t.Errorf("the rows are\n%s\nwant\n%s", after, before)
			}
		})
	}
	for i, press := range presses {
		again := attempts[i].by.Post(attempts[i].path, attempts[i].fields...).Want(http.StatusSeeOther)
		if to := again.Header.Get("Location"); !strings.HasPrefix(to, press.leads) {
			t.Errorf("%s: led to %q, want %q", press.name, to, press.leads)
		}
	}
}

// rows are what a change would show in.
func rows(t *testing.T, facts *sql.DB) (all string) {
	t.Helper()
	err := facts.QueryRowContext(t.Context(), `SELECT concat_ws(E'\n',
		(SELECT string_agg(concat_ws(' ', id, epoch, password_hash), E'\n' ORDER BY id) FROM users),
		(SELECT string_agg(concat_ws(' ', id, token_hash, elevated_until, ended_at), E'\n' ORDER BY id) FROM sessions),
		(SELECT string_agg(concat_ws(' ', key, md5(sealed)), E'\n' ORDER BY key) FROM bags),
		(SELECT string_agg(concat_ws(' ', id, kind), E'\n' ORDER BY id) FROM events),
		(SELECT count(*) FROM payments), (SELECT count(*) FROM signups))`).Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

package proof

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// A kept is what visitors of one network can make the portal store, however much they send: some at once, then one more
// each so often, each for a while (docs/evidence/load.md).
type kept struct {
	table  string
	each   int // rows, at most
	burst  int
	every  time.Duration
	expire string        // when a row goes: a column, or "" for what is swept by its age or with its account
	life   time.Duration // from now
}

// sent is what one network sends, all of it at once, and what is kept of it.
type sent struct {
	times  int
	send   func(c *webtest.Client, i int) *http.Request
	answer []int
	kept   []kept
}

var floods = map[string]sent{
	"pages": {times: 400, send: func(c *webtest.Client, i int) *http.Request {
		paths := []string{
			"/", "/login?next=/account", "/signup", "/plans", "/password/forgot", "/signed-out", "/login/verify", "/account", "/nothing", "/password/reset",
			"/signup/sent", "/password/forgot/sent", "/session/state", "/healthz", "/readyz", "/static/app.css",
		}
		return c.Request(http.MethodGet, paths[i%len(paths)])
	}, answer: []int{200, 303, 404}},
	"tokens": {times: 100, send: func(c *webtest.Client, i int) *http.Request {
		c.Cookies[c.Session] = fmt.Sprintf("%042dA", i)
		return c.Request(http.MethodGet, "/account")
	}, answer: []int{303, 429}},
	"tokens sent by email": {times: 100, send: func(c *webtest.Client, i int) *http.Request {
		return c.Request([]string{"GET", "POST"}[i%2], fmt.Sprintf("/email/confirm/%026d", i))
	}, answer: []int{404, 429}},
	"passkeys": {times: 200, send: func(c *webtest.Client, _ int) *http.Request {
		return c.Request(http.MethodPost, "/login/passkey/begin")
	}, answer: []int{200, 429}},
	"preferences": {times: 100, send: func(c *webtest.Client, _ int) *http.Request {
		return c.Request(http.MethodPost, "/preferences", "theme", "dark")
	}, answer: []int{303}},
	"failing sign-ins": {times: 100, send: func(c *webtest.Client, i int) *http.Request {
		return c.Request(http.MethodPost, "/login", "email", fmt.Sprintf("nobody-%d@example.org", i), "password", fmt.Sprintf("not so good as %d", i))
	}, answer: []int{422, 429}, kept: []kept{{table: "stray_events", each: 1, burst: 30, every: 10 * time.Second}}},
	"forgotten passwords": {times: 100, send: func(c *webtest.Client, i int) *http.Request {
		return c.Request(http.MethodPost, "/password/forgot", "email", fmt.Sprintf("nobody-%d@example.org", i), "act", rand.Text())
	}, answer: []int{303, 429}, kept: []kept{
		{table: "acts", each: 1, burst: 30, every: 20 * time.Second, expire: "expires_at", life: 30 * time.Second},
		{table: "decoys", each: 3, burst: 30, every: 20 * time.Second, expire: "expires_at", life: 30 * time.Minute},
		{table: "stray_events", each: 1, burst: 30, every: 20 * time.Second},
	}},
	"sign-ups": {times: 150, send: func(c *webtest.Client, i int) *http.Request {
		return c.Request(http.MethodPost, "/signup", "name", "Stranger", "email", fmt.Sprintf("stranger-%d@example.org", i), "password", webtest.Password)
	}, answer: []int{303, 429}, kept: []kept{
		{table: "signups", each: 1, burst: 60, every: 20 * time.Second, expire: "expires_at", life: 24 * time.Hour},
		{table: "stray_events", each: 1, burst: 1, every: time.Minute}, // a line with a count
	}},
	"baskets": {times: 150, send: func(c *webtest.Client, _ int) *http.Request {
		return c.Request(http.MethodPost, "/basket", "plan", "hall")
	}, answer: []int{303, 429, 503}, kept: []kept{
		{table: "bags", each: 1, burst: 60, every: 10 * time.Second, expire: "expires_at", life: time.Hour},
	}},
	"demos": {times: 30, send: func(c *webtest.Client, _ int) *http.Request {
		return c.Request(http.MethodPost, "/demo")
	}, answer: []int{303, 429, 503}, kept: []kept{
		{table: "users", each: 1, burst: 10, every: time.Minute, expire: "demo_until", life: 2 * time.Hour},
		{table: "bags", each: 1, burst: 10, every: time.Minute, expire: "expires_at", life: 2 * time.Hour},
		{table: "sessions", each: 12, burst: 10, every: time.Minute},
		{table: "events", each: 50, burst: 10, every: time.Minute},
		{table: "user_terms", each: 3, burst: 10, every: time.Minute},
		{table: "demo_emails", each: 1, burst: 10, every: time.Minute},
		{table: "demo_links", each: 1, burst: 10, every: time.Minute, expire: "expires_at", life: 2 * time.Hour},
	}},
}

// TestFloodOfVisitors sends from one network what needs no account. Of most of it nothing is kept; of the rest no more
// than the network's allowance, and nothing for good.
func TestFloodOfVisitors(t *testing.T) {
	for name, newEnvironment := range map[string]func(testing.TB) environment{"sqlite": onSQLite, "postgres and redis": onServersAlone} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newEnvironment(t)
			db, p := env.facts(t).DB(), start(t, env)
			webtest.Until(t, "the administrator of a first start", func() bool { return env.rows(t, db)["users"] == 1 })
			for what, s := range floods {
				t.Run(what, func(t *testing.T) { s.check(t, p, db) })
			}
			if len(env) > 1 {
				nothingForGood(t, env)
			}
			p.Client(t).Get("/login").Want(http.StatusOK)
		})
	}
}

func (s sent) check(t *testing.T, p *portal, db *sql.DB) {
	before, began, from := p.rows(t, db), time.Now(), p.Log.Len()
	staying := make([]int, len(s.kept))
	for i, k := range s.kept {
		staying[i] = p.staying(t, db, k)
	}
	f := s.pour(t, p)
	webtest.Until(t, "an empty outbox", func() bool { return p.rows(t, db)["letters"] == 0 })

	p.catchUp(t)
	more := grown(before, p.rows(t, db))
	for i, k := range s.kept {
		allowed := k.burst + int(time.Since(began)/k.every) + 1
		if strings.Contains(p.Log.String(), "redis is unavailable") {
			allowed += k.burst // from then on the process has counted by itself
		}
		n := more[k.table]
		refused := int(f.lost.Load() + f.seen[http.StatusServiceUnavailable].Load()) // because Redis was slow for a moment
		if k.table == "bags" {
			refused += p.bagsMissed(t, from) // which a demo goes on without
		}
		if n < k.burst-refused || n > allowed*k.each {
			t.Errorf("%d more in %s, want at least %d and at most %d", n, k.table, k.burst, allowed*k.each)
		}
		t.Logf("%d requests from one network: %d more in %s, at most %d", s.times, n, k.table, allowed*k.each)
		if n := p.staying(t, db, k) - staying[i]; n > 0 {
			t.Errorf("%d more in %s for longer than %s", n, k.table, k.life)
		}
		delete(more, k.table)
	}
	if len(more) > 0 {
		t.Errorf("more rows than before: %v", more)
	}
}

// pour sends it from one network and wants the answers it may have.
func (s sent) pour(t *testing.T, p *portal) *flood {
	const workers = 4 // few enough that all find a place in the queue of the password hash
	f, network := newFlood(t, workers), webtest.Network()
	for worker := range workers {
		f.workers.Go(func() {
			for i := worker; i < s.times; i += workers {
				c := p.Client(t)
				c.IP = network + "::7"
				f.send(s.send(c, i))
			}
		})
	}
	f.workers.Wait()
	f.only(s.answer...)
	return f
}

// staying counts the rows that stay for longer than they may, 0 where no column says how long.
func (env environment) staying(t *testing.T, db *sql.DB, k kept) (n int) {
	t.Helper()
	if k.expire == "" || len(env) > 1 && k.table == "bags" {
		return 0
	}
	err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM `+k.table+` WHERE `+k.expire+` > $1`, time.Now().Add(k.life).UTC()).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// nothingForGood wants each key in Redis to expire: bags of demo accounts with those, attempts that are counted in a row
// after a day.
func nothingForGood(t *testing.T, env environment) {
	t.Helper()
	keys := env.keys(t)
	for name, left := range keys {
		most := 24 * time.Hour
		if strings.HasPrefix(name, bagPrefix) {
			most = 2 * time.Hour
		}
		if left < 0 || left > most.Milliseconds() {
			t.Errorf("%s is kept for %d ms", name, left)
		}
	}
	t.Logf("%d keys in Redis, each with an end", len(keys))
}

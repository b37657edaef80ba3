package proof

import (
	"crypto/rand"
	"database/sql"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

// asRole is the environment of portals that connect as a role of their own, on which the server may put limits. It lasts as
// long as the test.
func (p postgres) asRole(t *testing.T, facts *sql.DB) (environment, string) {
	t.Helper()
	u, err := url.Parse(strings.TrimPrefix(p.proxied[0], "--database-url="))
	if err != nil {
		t.Fatal(err)
	}
	role := "role_" + strings.ToLower(rand.Text())
	run(t, facts, `CREATE ROLE `+role+` LOGIN PASSWORD 'limited'`)
	t.Cleanup(func() { // the portal has stopped, and the schema is still there
		run(t, facts, `DROP OWNED BY `+role+` CASCADE`)
		run(t, facts, `DROP ROLE `+role)
	})
	run(t, facts, `GRANT ALL ON SCHEMA public TO `+role)
	run(t, facts, `GRANT ALL ON ALL TABLES IN SCHEMA public TO `+role)
	run(t, facts, `GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO `+role)
	u.User = url.UserPassword(role, "limited")
	return environment{"--database-url=" + u.String()}, role
}

// The server has one connection for the portal, which somebody's page keeps, and then none. Each answer is a page or says
// that it cannot be had now.
func TestOutOfConnections(t *testing.T) {
	t.Parallel()
	db := newPostgres(t)
	facts := db.direct.facts(t).DB()
	env, role := db.asRole(t, facts)
	p := start(t, env, "--sweep-every=1h") // a sweep would want the connection too
	c := p.Client(t).SignIn(db.direct.account(t, "Ada Lovelace"), webtest.Password)

	run(t, facts, `ALTER ROLE `+role+` CONNECTION LIMIT 1`)
	tx, err := facts.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	run(t, tx, `LOCK TABLE events`)
	db.cutAll()
	first := take(c.Twin(), "/account/activity")
	blocked(t, facts, tx)
	var many sync.WaitGroup
	for range 20 {
		many.Go(func() { wantUnavailableAnonymous(t, c.Twin().Get("/account/activity"), p) })
	}
	many.Wait()
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	(<-first).Want(http.StatusOK).Says("Ada Lovelace")

	run(t, facts, `ALTER ROLE `+role+` CONNECTION LIMIT 0`)
	db.cutAll()
	wantUnavailableAnonymous(t, c.Get("/account"), p)
	wantUnavailableAnonymous(t, c.Post("/logout"), p)

	run(t, facts, `ALTER ROLE `+role+` CONNECTION LIMIT -1`)
	webtest.Until(t, "a page", func() bool { return c.Get("/account").StatusCode == http.StatusOK })
	c.Post("/logout").Leads("/signed-out")
}

// take asks for a page until it is not answered with 503: others may have the only connection for a moment.
func take(c *webtest.Client, path string) <-chan *webtest.Answer {
	page := make(chan *webtest.Answer, 1)
	go func() {
		a, deadline := c.Get(path), time.Now().Add(webtest.Patience)
		for a.StatusCode == http.StatusServiceUnavailable && time.Now().Before(deadline) {
			a = c.Get(path)
		}
		page <- a
	}()
	return page
}

// The server takes no writes, as a standby does that is asked in place of its primary. People read on, and no change is
// claimed.
func TestReadOnlyPostgres(t *testing.T) {
	t.Parallel()
	db := newPostgres(t)
	facts := db.direct.facts(t).DB()
	env, role := db.asRole(t, facts)
	p := start(t, env)
	email := db.direct.account(t, "Ada Lovelace")
	c := p.Client(t).SignIn(email, webtest.Password)

	run(t, facts, `ALTER ROLE `+role+` SET default_transaction_read_only = on`)
	db.cutAll()
	webtest.Until(t, "a page", func() bool { return c.Get("/account").StatusCode == http.StatusOK })
	for path, fields := range map[string][]string{"/logout": nil, "/reauth": {"password", webtest.Password}, probe.Bag: {"value", "later"}} {
		before := c.Token()
		wantUnavailable(t, c.Post(path, fields...), p)
		if c.Token() != before {
			t.Errorf("POST %s: the cookie was touched", path)
		}
	}
	wantUnavailable(t, p.Client(t).Post("/login", "email", email, "password", webtest.Password), p)
	c.Get("/account").Want(http.StatusOK).Says("Ada Lovelace")

	run(t, facts, `ALTER ROLE `+role+` RESET default_transaction_read_only`)
	db.cutAll()
	webtest.Until(t, "a page", func() bool { return c.Get("/account").StatusCode == http.StatusOK })
	c.Post("/logout").Leads("/signed-out")
}

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
)

// asRole is the ground of portals that connect as a role of their own, on which the server may put limits. It lasts as
// long as the test.
func (p postgres) asRole(t *testing.T, facts *sql.DB) (ground, string) {
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
	return ground{"--database-url=" + u.String()}, role
}

// The server has one connection for the portal, which somebody's page keeps, and then none. Each answer is a page or says
// that it cannot be had now.
func TestOutOfConnections(t *testing.T) {
	t.Parallel()
	db := newPostgres(t)
	facts := db.direct.facts(t).DB()
	g, role := db.asRole(t, facts)
	p := start(t, g, "--sweep-every=1h") // a sweep would want the connection too
	c := p.client(t).signIn(db.direct.account(t, "Ada Lovelace"), password)

	run(t, facts, `ALTER ROLE `+role+` CONNECTION LIMIT 1`)
	tx, err := facts.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	run(t, tx, `LOCK TABLE events`)
	db.cutAll()
	first := c.at(p).take("/account/activity")
	blocked(t, facts, tx)
	var many sync.WaitGroup
	for range 20 {
		many.Go(func() { c.at(p).get("/account/activity").unavailable(t, p) })
	}
	many.Wait()
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	(<-first).want(http.StatusOK).says("Ada Lovelace")

	run(t, facts, `ALTER ROLE `+role+` CONNECTION LIMIT 0`)
	db.cutAll()
	c.get("/account").unavailable(t, p)
	c.post("/logout").unavailable(t, p)

	run(t, facts, `ALTER ROLE `+role+` CONNECTION LIMIT -1`)
	until(t, "a page", func() bool { return c.get("/account").status == http.StatusOK })
	c.post("/logout").location("/signed-out")
}

// take asks for a page until it is not refused: others may have the only connection for a moment.
func (c *client) take(path string) <-chan *answer {
	page := make(chan *answer, 1)
	go func() {
		a, deadline := c.get(path), time.Now().Add(patience)
		for a.status == http.StatusServiceUnavailable && time.Now().Before(deadline) {
			a = c.get(path)
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
	g, role := db.asRole(t, facts)
	p := start(t, g)
	email := db.direct.account(t, "Ada Lovelace")
	c := p.client(t).signIn(email, password)

	run(t, facts, `ALTER ROLE `+role+` SET default_transaction_read_only = on`)
	db.cutAll()
	until(t, "a page", func() bool { return c.get("/account").status == http.StatusOK })
	for path, fields := range map[string][]string{"/logout": nil, "/reauth": {"password", password}, "/basket": {"plan", "hall"}} {
		before := c.token()
		c.post(path, fields...).refused(t, p)
		if c.token() != before {
			t.Errorf("POST %s: the cookie was touched", path)
		}
	}
	p.client(t).post("/login", "email", email, "password", password).refused(t, p)
	c.get("/account").want(http.StatusOK).says("Ada Lovelace")

	run(t, facts, `ALTER ROLE `+role+` RESET default_transaction_read_only`)
	db.cutAll()
	until(t, "a page", func() bool { return c.get("/account").status == http.StatusOK })
	c.post("/logout").location("/signed-out")
}

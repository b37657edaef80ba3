package proof

import (
	"bytes"
	"crypto/rand"
	"os"
	"strings"
	"testing"
	"time"
)

// A site is a portal that the steps of a hazard are taken on, the stock one or Gatehouse. Both answer to the same paths
// and fields.
type site struct {
	t       testing.TB
	redis   *ownRedis
	browser func() *client
	account func(name string) (email string)
	expires func(*client) time.Time    // the absolute limit of the browser's session
	charges func() int                 // payments made so far
	stored  func() string              // everything that is stored anywhere
	foreign func(record string) string // the record as this build cannot read it
}

func (s *site) signedIn(email string) *client {
	s.t.Helper()
	return s.browser().signIn(email, password)
}

// onGatehouse serves Gatehouse on a Redis, and on a database that goes with the test.
func onGatehouse(t testing.TB, r *ownRedis) *site {
	t.Helper()
	g := append(onSQLite(t), "--redis-url="+r.url)
	p, db := start(t, g), g.facts(t).DB()
	file := strings.TrimPrefix(g[0], "--database-url=sqlite:")
	return &site{
		t: t, redis: r,
		browser: func() *client { return p.client(t) },
		account: func(name string) string { return g.account(t, name) },
		expires: func(c *client) (at time.Time) {
			if err := db.QueryRowContext(t.Context(), `SELECT expires_at FROM sessions WHERE id = $1`, c.handle()).Scan(&at); err != nil {
				t.Fatal(err)
			}
			return at
		},
		charges: func() (n int) {
			if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM payments WHERE state = 'paid'`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		},
		stored: func() string {
			all := r.everything(t)
			for _, part := range []string{file, file + "-wal"} {
				content, _ := os.ReadFile(part)
				all += string(content)
			}
			return all
		},
		foreign: func(record string) string { return rand.Text() + record },
	}
}

// renamed is a record of the stock portal in which a type has another name of the same length.
func renamed(t testing.TB, record string) string {
	t.Helper()
	other := bytes.ReplaceAll([]byte(record), []byte("proof.preferences"), []byte("proof.preferencez"))
	if string(other) == record {
		t.Fatal("no type to rename")
	}
	return string(other)
}

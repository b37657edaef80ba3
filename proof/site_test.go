package proof

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"os"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// A site is a portal that the steps of a hazard are taken on, the stock one or Gatehouse. Both answer to the same paths
// and fields.
type site struct {
	t          testing.TB
	redis      *ownRedis
	browser    func() *webtest.Client
	account    func(name string) (email string)
	expires    func(*webtest.Client) time.Time // the absolute limit of the browser's session
	charges    func() int                      // payments made so far
	stored     func() string                   // everything that is stored anywhere
	written    func() string                   // changes with whatever is written to a database beside the Redis
	others     func() int                      // lists that would go through the rows of everybody there
	unreadable func(record string) string      // the record as this build cannot read it
}

func (s *site) signedIn(email string) *webtest.Client {
	s.t.Helper()
	return s.browser().SignIn(email, webtest.Password)
}

// onGatehouse serves Gatehouse on a Redis, and on a database that goes with the test.
func onGatehouse(t testing.TB, r *ownRedis) *site {
	t.Helper()
	env := append(onSQLite(t), "--redis-url="+r.url)
	p, db := start(t, env, "--session-touch=10m", "--sweep-every=1h"), env.facts(t).DB() // on a slow machine neither comes between
	file := strings.TrimPrefix(env[0], "--database-url=sqlite:")
	observer, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = observer.Close() })
	return &site{
		t: t, redis: r,
		browser: func() *webtest.Client { return p.Client(t) },
		account: func(name string) string { return env.account(t, name) },
		expires: func(c *webtest.Client) (at time.Time) {
			if err := db.QueryRowContext(t.Context(), `SELECT expires_at FROM sessions WHERE id = $1`, c.Handle()).Scan(&at); err != nil {
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
				content, err := os.ReadFile(part)
				if err != nil {
					t.Fatal(err)
				}
				all += string(content)
			}
			return all
		},
		written:    func() string { return written(t, observer) },
		others:     func() int { return scans(t, db) },
		unreadable: func(record string) string { return rand.Text() + record },
	}
}

// written is the number that SQLite changes for an observer with every commit of somebody else, and the latest activity.
func written(t testing.TB, observer *sql.Conn) string {
	t.Helper()
	var version, seen string
	err := observer.QueryRowContext(t.Context(), `PRAGMA data_version`).Scan(&version)
	if err == nil {
		err = observer.QueryRowContext(t.Context(), `SELECT max(last_seen_at) FROM sessions`).Scan(&seen)
	}
	if err != nil {
		t.Fatal(err)
	}
	return version + " " + seen
}

// scans counts the lists of somebody's sessions, by the conditions and the order they are asked for with, that the index by
// account does not serve.
func scans(t testing.TB, db *sql.DB) (n int) {
	t.Helper()
	for _, which := range []string{"ended_at IS NULL ORDER BY last_seen_at DESC, id", "ended_at > '2006-01-02' ORDER BY ended_at DESC, id"} {
		var plan string
		for _, step := range columns(t, db, `EXPLAIN QUERY PLAN SELECT * FROM sessions WHERE user_id = 'x' AND `+which, 4) {
			plan += step[3] + "\n"
		}
		n += count(!strings.Contains(plan, "USING INDEX sessions_user_id (user_id=?)"))
	}
	return n
}

// renamed is a record of the stock portal in which a type has another name of the same length.
func renamed(t testing.TB, record string) string {
	t.Helper()
	other := bytes.ReplaceAll([]byte(record), []byte("twin.preferences"), []byte("twin.preferencez"))
	if string(other) == record {
		t.Fatal("no type to rename")
	}
	return string(other)
}

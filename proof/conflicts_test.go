package proof

import (
	"bytes"
	"database/sql"
	"sync/atomic"
	"testing"

	"example.com/gatehouse/webtest"
)

// countErrors counts how often PostgreSQL answers a portal with an error of that code.
func (p postgres) countErrors(code string) *atomic.Int64 {
	var n atomic.Int64
	p.inject(func(_ *link, fromPortal bool, piece []byte) verdict {
		if !fromPortal {
			n.Add(errorsIn(piece, code))
		}
		return pass
	})
	return &n
}

// errorsIn counts the errors of that code in what PostgreSQL says.
func errorsIn(piece []byte, code string) int64 {
	return int64(bytes.Count(piece, []byte("\x00C"+code+"\x00")))
}

// blocked waits until another process waits for a lock that the transaction holds.
func blocked(t *testing.T, db *sql.DB, tx *sql.Tx) {
	t.Helper()
	waiting(t, db, `EXISTS (SELECT 1 FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid)))`, pidOf(t, tx))
}

// waiting waits until a condition on locks is true of a process of the server.
func waiting(t *testing.T, db *sql.DB, condition string, pid int) {
	t.Helper()
	webtest.Until(t, "a lock that is waited for", func() bool {
		var waits bool
		err := db.QueryRowContext(t.Context(), `SELECT `+condition, pid).Scan(&waits)
		return err == nil && waits
	})
}

// pidOf is the server's process that a transaction runs in.
func pidOf(t *testing.T, tx *sql.Tx) (pid int) {
	t.Helper()
	if err := tx.QueryRowContext(t.Context(), `SELECT pg_backend_pid()`).Scan(&pid); err != nil {
		t.Fatal(err)
	}
	return pid
}

func run(t testing.TB, db interface {
	Exec(query string, args ...any) (sql.Result, error)
}, statement string, args ...any,
) {
	t.Helper()
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// A stricter isolation than PostgreSQL's usual one aborts a transaction that conflicts with another. The portal retries it.
func TestSerializationFailure(t *testing.T) {
	t.Parallel()
	db := newPostgres(t, "default_transaction_isolation", "serializable")
	p := start(t, db.proxied)
	email := db.direct.account(t, "Ada Lovelace")
	facts := db.direct.facts(t).DB()
	tx, err := facts.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	run(t, tx, `UPDATE users SET name = 'Ada' WHERE email = $1`, email)
	undone := db.countErrors("40001")
	c, done := p.Client(t), make(chan *webtest.Answer, 1)
	go func() { done <- c.Post("/login", "email", email, "password", webtest.Password) }()
	blocked(t, facts, tx)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	(<-done).Leads("/account")
	if undone.Load() == 0 {
		t.Error("PostgreSQL undid nothing")
	}
	var sessions, signIns int
	err = facts.QueryRowContext(t.Context(), `
		SELECT (SELECT count(*) FROM sessions), (SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'authn_login_success')`).Scan(&sessions, &signIns)
	if err != nil || sessions != 1 || signIns != 1 {
		t.Errorf("%d sessions and %d sign-ins, %v, want 1", sessions, signIns, err)
	}
	if !opens(c) {
		t.Error("the sign-in opened nothing")
	}
}

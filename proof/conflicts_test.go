package proof

import (
	"bytes"
	"database/sql"
	"sync/atomic"
	"testing"
)

// told counts how often PostgreSQL answers a portal with an error of that code.
func (p postgres) told(code string) *atomic.Int64 {
	var n atomic.Int64
	p.meddle(func(_ *link, fromPortal bool, piece []byte) verdict {
		if !fromPortal {
			n.Add(int64(bytes.Count(piece, []byte("\x00C"+code+"\x00"))))
		}
		return pass
	})
	return &n
}

// blocked waits until somebody waits for a lock of the transaction.
func blocked(t *testing.T, db *sql.DB, tx *sql.Tx) {
	t.Helper()
	var pid int
	if err := tx.QueryRowContext(t.Context(), `SELECT pg_backend_pid()`).Scan(&pid); err != nil {
		t.Fatal(err)
	}
	until(t, "a lock that is waited for", func() bool {
		var waits bool
		err := db.QueryRowContext(t.Context(), `SELECT count(*) > 0 FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))`, pid).Scan(&waits)
		return err == nil && waits
	})
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

// A stricter isolation than PostgreSQL's usual one refuses what crosses another transaction. It is tried again.
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
	undone := db.told("40001")
	c, done := p.client(t), make(chan *answer, 1)
	go func() { done <- c.post("/login", "email", email, "password", password) }()
	blocked(t, facts, tx)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	(<-done).location("/account")
	if undone.Load() == 0 {
		t.Error("PostgreSQL undid nothing")
	}
	var sessions, signIns int
	err = facts.QueryRowContext(t.Context(), `
		SELECT (SELECT count(*) FROM sessions), (SELECT count(*) FROM events WHERE kind = 'authn_login_success')`).Scan(&sessions, &signIns)
	if err != nil || sessions != 1 || signIns != 1 {
		t.Errorf("%d sessions and %d sign-ins, %v, want 1", sessions, signIns, err)
	}
	if !c.opens() {
		t.Error("the sign-in opened nothing")
	}
}

// Somebody else's transaction and the portal's wait for each other. PostgreSQL ends one of them; what was pressed
// happens all the same, once.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	db := newPostgres(t, "deadlock_timeout", "10s")
	p := start(t, db.proxied)
	x := newCustomer(t, p, db.direct)
	handle := x.laptop.handle()
	facts := db.direct.facts(t).DB()
	tx, err := facts.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	run(t, tx, `SET LOCAL deadlock_timeout = '1min'`)
	run(t, tx, `UPDATE sessions SET flag = flag WHERE id = $1`, handle)
	undone, done := db.told("40P01"), make(chan *answer, 1)
	go func() { done <- x.desk.post("/account/sessions/" + handle + "/end") }() // which has the account's row by now
	blocked(t, facts, tx)
	run(t, tx, `UPDATE users SET epoch = epoch WHERE email = $1`, x.email)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	(<-done).location("/account/sessions")
	if n := undone.Load(); n != 1 {
		t.Errorf("the portal was told of %d deadlocks, want 1", n)
	}
	if x.laptop.opens() {
		t.Error("the revoked session is alive")
	}
	if n := x.count(db.direct, `SELECT count(*) FROM events WHERE session_id = $1 AND kind = 'session_expired'`, handle); n != 1 {
		t.Errorf("%d endings, want 1", n)
	}
}

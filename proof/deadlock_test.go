package proof

import (
	"bytes"
	"sync/atomic"
	"testing"

	"example.com/gatehouse/webtest"
)

// holdAt holds what a portal says from the given words on, and counts how often it got there.
func (p postgres) holdAt(words string) *atomic.Int64 {
	var n atomic.Int64
	p.inject(func(_ *link, fromPortal bool, piece []byte) verdict {
		if !fromPortal || !bytes.Contains(piece, []byte(words)) {
			return pass
		}
		n.Add(1)
		return hold
	})
	return &n
}

// holdOnce counts the answers with an error of that code, and holds what a portal says after the first.
func (p postgres) holdOnce(code string) *atomic.Int64 {
	var n atomic.Int64
	p.inject(func(_ *link, fromPortal bool, piece []byte) verdict {
		switch {
		case !fromPortal:
			n.Add(errorsIn(piece, code))
		case n.Load() > 0:
			return hold
		}
		return pass
	})
	return &n
}

// A transaction of the test and one of the portal wait for each other. PostgreSQL aborts the portal's, which retries
// it, so that the change happens exactly once.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	db := newPostgres(t, "deadlock_timeout", "100ms", "default_query_exec_mode", "describe_exec") // every statement is sent in words
	p := start(t, db.proxied)
	x := newCustomer(t, p, db.direct)
	handle := x.laptop.Handle()
	facts := db.direct.facts(t).DB()
	tx, err := facts.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	pid := pidOf(t, tx)
	run(t, tx, `SET LOCAL deadlock_timeout = '1min'`) // it is the portal's transaction that is ended
	run(t, tx, `UPDATE sessions SET flag = flag WHERE id = $1`, handle)

	reached, done := db.holdAt("UPDATE sessions"), make(chan *webtest.Answer, 1)
	go func() { done <- x.desk.Post("/account/sessions/" + handle + "/end") }()
	webtest.Until(t, "the portal to have the account's row, and to want the session's", func() bool { return reached.Load() > 0 })
	locked := make(chan error, 1)
	go func() {
		_, err := tx.ExecContext(t.Context(), `UPDATE users SET epoch = epoch WHERE email = $1`, x.email)
		locked <- err
	}()
	waiting(t, facts, `cardinality(pg_blocking_pids($1)) > 0`, pid)
	undone := db.holdOnce("40P01") // lets the held transaction continue, which completes the deadlock
	if err := <-locked; err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	again := db.countErrors("40P01")
	(<-done).Leads("/account/sessions")
	if n := undone.Load() + again.Load(); n != 1 {
		t.Errorf("the portal was told of %d deadlocks, want 1", n)
	}
	if opens(x.laptop) {
		t.Error("the revoked session is alive")
	}
	if n := x.count(db.direct, `SELECT COALESCE(sum(times), 0) FROM events WHERE session_id = $1 AND kind = 'session_expired'`, handle); n != 1 {
		t.Errorf("%d endings, want 1", n)
	}
}

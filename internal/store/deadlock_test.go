package store_test

import (
	"database/sql"
	"errors"
	"testing"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/internal/store/storetest"
)

// PostgreSQL locks an account's row against everybody's events while it is deleted. Somebody who has changed a row of the
// account by then, and has yet to write the event of that, blocks nobody and is not blocked.
func TestDeletionAmongEvents(t *testing.T) {
	s := storetest.Postgres(t)
	for table, statement := range map[string]string{
		"sessions":       `UPDATE sessions SET ended_at = $1, end_reason = 'revoked' WHERE user_id = $2`,
		"recovery_codes": `UPDATE recovery_codes SET used_at = $1 WHERE user_id = $2`,
		"payments":       `UPDATE payments SET state = 'paid', settled_at = $1 WHERE user_id = $2`,
	} {
		newUser(t, s, table)
		furnish(t, s, table)
		if _, err := s.DB().Exec(`UPDATE users SET delete_after = $1 WHERE id = $2`, at, table); err != nil {
			t.Fatal(err)
		}
		deletedAmong(t, s, statement, table, func() error { return second(s.DeleteAccounts(t.Context(), at, 10)) })

		if err := s.CreateDemo(t.Context(), newDemo(table, at)); err != nil {
			t.Fatal(err)
		}
		furnish(t, s, "demo-"+table)
		deletedAmong(t, s, statement, "demo-"+table, func() error { return second(s.DeleteDemos(t.Context(), at, 10)) })
	}
}

// furnish gives an account something of each kind that changes together with an event.
func furnish(t *testing.T, s *store.Store, id string) {
	t.Helper()
	x := newSession("s-"+id, id)
	open(t, s, x)
	c := change(x, 0, []string{"code"})
	if _, err := s.ChangeRecoveryCodes(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	x.TokenHash = c.NewTokenHash
	if err := ledger(s).Begin(t.Context(), payment("order-"+id, id), x.By(device.Client{}), nil, auth.Spend{}); err != nil {
		t.Fatal(err)
	}
}

// deletedAmong runs a deletion between a change of an account's rows and the event of that change.
func deletedAmong(t *testing.T, s *store.Store, statement, id string, deletion func() error) {
	t.Helper()
	tx, pid := beginWatched(t, s)
	if _, err := tx.Exec(statement, at, id); err != nil {
		t.Fatal(err)
	}
	deleted := make(chan error, 1)
	go func() { deleted <- deletion() }()
	awaitBlocked(t, s, pid, func() bool { return len(deleted) > 0 })
	_, err := tx.Exec(`
		INSERT INTO events (id, user_id, session_id, kind, reason, ip, user_agent, at)
		VALUES ($1, $2, '', 'kind', '', '', '', $3)`, "late-"+id, id, at)
	if err := errors.Join(err, tx.Commit(), <-deleted); err != nil {
		t.Errorf("%s: %v", id, err)
	}
	if _, err := s.UserByID(t.Context(), id); !errors.Is(err, audit.ErrNotFound) {
		t.Errorf("%s: got %v, want the account deleted", id, err)
	}
}

// beginWatched begins a transaction and returns the server's number of it. In a deadlock PostgreSQL undoes whoever looks first,
// which is this one, since the store makes what is undone again without a word.
func beginWatched(t *testing.T, s *store.Store) (tx *sql.Tx, pid int) {
	t.Helper()
	tx, err := s.DB().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	if err := errors.Join(second(tx.Exec(`SET LOCAL deadlock_timeout = '10ms'`)), tx.QueryRow(`SELECT pg_backend_pid()`).Scan(&pid)); err != nil {
		t.Fatal(err)
	}
	return tx, pid
}

// awaitBlocked waits until somebody waits for the transaction.
func awaitBlocked(t *testing.T, s *store.Store, pid int, done func() bool) {
	t.Helper()
	for waiting := false; !waiting; {
		err := s.DB().QueryRowContext(t.Context(), `SELECT count(*) > 0 FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))`, pid).Scan(&waiting)
		if err != nil || done() {
			t.Fatalf("%v, or it did not wait", err)
		}
	}
}

// An export takes the account's row before the code that it spends, as an undone change of address does: whoever comes second
// waits, and the code is gone.
func TestExportAmongChangesOfAddress(t *testing.T) {
	s := storetest.Postgres(t)
	u := newUser(t, s, "ada")
	furnish(t, s, u.ID)
	x, err := s.SessionByHandle(t.Context(), "s-ada")
	if err != nil {
		t.Fatal(err)
	}
	tx, pid := beginWatched(t, s)
	_, err = tx.Exec(`UPDATE users SET epoch = epoch + 1 WHERE id = 'ada'`)
	if err := errors.Join(err, second(tx.Exec(`DELETE FROM recovery_codes WHERE user_id = 'ada'`))); err != nil {
		t.Fatal(err)
	}
	exported := make(chan error, 1)
	go func() {
		exported <- s.Export(t.Context(), x.By(device.Client{}), event("export", "ada", audit.SensitiveRead), func([]account.Table) (account.Press, error) {
			return account.Press{Spend: auth.Spend{UserID: "ada", CodeHash: "code", At: at}}, nil
		})
	}()
	awaitBlocked(t, s, pid, func() bool { return len(exported) > 0 })
	_, err = tx.Exec(`UPDATE users SET email_key = 'old@example.org' WHERE id = 'ada'`)
	if err := errors.Join(err, tx.Commit()); err != nil {
		t.Error(err)
	}
	if err := <-exported; !errors.Is(err, auth.ErrConflict) {
		t.Errorf("got %v, want ErrConflict", err)
	}
}

// A re-authentication locks the account's row before the session, as a change of credentials does: one that takes the session
// first and then waits for what it spends would wait for the other for ever.
func TestRotationLocksTheAccountFirst(t *testing.T) {
	s := storetest.Postgres(t)
	newUser(t, s, "ada")
	x := newSession("x", "ada")
	open(t, s, x)
	if _, err := s.DB().Exec(`INSERT INTO totp_secrets (user_id, sealed, last_step, enrolled_at) VALUES ('ada', 'x', 0, $1)`, at); err != nil {
		t.Fatal(err)
	}
	tx, pid := beginWatched(t, s)
	for _, lock := range []string{`UPDATE users SET epoch = epoch`, `UPDATE totp_secrets SET last_step = last_step`} {
		if _, err := tx.Exec(lock); err != nil {
			t.Fatal(err)
		}
	}
	rotated := make(chan error, 1)
	go func() {
		spend := auth.Spend{UserID: "ada", At: at, App: auth.TOTPSecret{UserID: "ada", Sealed: []byte("y"), LastStep: 1, EnrolledAt: at}}
		rotated <- s.Rotate(t.Context(), session.Rotation{Session: x, NewToken: session.NewToken{NewTokenHash: "next"}, At: at, Spend: spend})
	}()
	awaitBlocked(t, s, pid, func() bool { return len(rotated) > 0 })
	if _, err := tx.Exec(`SELECT 1 FROM sessions WHERE id = 'x' FOR UPDATE NOWAIT`); err != nil {
		t.Errorf("the rotation holds the session: %v", err)
	}
	if err := errors.Join(tx.Rollback(), <-rotated); err != nil {
		t.Error(err)
	}
}

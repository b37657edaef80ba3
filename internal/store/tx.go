package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// tries bounds how often a transaction is tried again that PostgreSQL rolled back because of another.
const tries = 4

// tx runs do in one transaction: all of it happens, or nothing. do may be run again, so it keeps nothing of a run before.
func (s *Store) tx(ctx context.Context, do func(tx *sql.Tx) error) error {
	for try := 1; ; try++ {
		err := s.tryTx(ctx, do)
		if pg, ok := errors.AsType[*pgconn.PgError](err); !ok || !undone(pg) || try == tries {
			return err
		}
	}
}

// undone reports a deadlock, or a conflict at a higher isolation level than the default: nothing happened, and the next
// try may succeed.
func undone(pg *pgconn.PgError) bool { return pg.Code == "40P01" || pg.Code == "40001" }

func (s *Store) tryTx(ctx context.Context, do func(tx *sql.Tx) error) error {
	defer s.db.took(observeTransaction, s.db.began())
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer s.ended.Delete(tx)
	if err := do(tx); err != nil {
		return errors.Join(err, rollback(tx))
	}
	if err := tx.Commit(); err != nil {
		return unanswered{err}
	}
	if keys, some := s.ended.Load(tx); some {
		s.deleteBags(ctx, keys.([]string))
	}
	return nil
}

func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return nil
}

// unanswered is the error of a commit that may have happened although its answer was lost.
type unanswered struct{ error }

func (e unanswered) Unwrap() error { return e.error }

// txForToken is tx for a transaction that gives a session a new token. If the answer to the commit is lost, a row with
// that token proves that the commit happened. Without this check the browser would keep the old token, and its next
// request would look like the use of a stolen one. Without a token it is tx.
func (s *Store) txForToken(ctx context.Context, tokenHash string, do func(tx *sql.Tx) error) error {
	err := s.tx(ctx, do)
	if lost, ok := errors.AsType[unanswered](err); !ok || tokenHash == "" || lost.refused() || !s.receipt(ctx, tokenHash) {
		return err
	}
	return nil
}

// refused reports whether the database itself said that the commit did not happen.
func (e unanswered) refused() bool {
	_, postgres := errors.AsType[*pgconn.PgError](e.error)
	_, lite := errors.AsType[*sqlite.Error](e.error)
	return postgres || lite
}

// receiptWithin bounds the wait for a commit whose connection is gone: the server may still be working on it.
const receiptWithin = 2 * time.Second

// receipt looks for the row with the token, even when the request has reached its deadline.
func (s *Store) receipt(ctx context.Context, tokenHash string) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), receiptWithin)
	defer cancel()
	for {
		var one int
		if s.db.QueryRowContext(ctx, `SELECT 1 FROM sessions WHERE token_hash = $1`, tokenHash).Scan(&one) == nil {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Refused reports whether an error comes from the state of the database, such as a broken connection, a full disk or a
// restart, and not from a mistake in the query.
func (s *Store) Refused(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		// Broken connections, read-only, undone, no room, not at the moment, stopped, its own disk.
		return slices.ContainsFunc([]string{"08", "25006", "40", "53", "55", "57", "58"}, func(class string) bool {
			return strings.HasPrefix(pg.Code, class)
		})
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff { // the rest says more than is needed
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM:
			return true
		}
	}
	_, lost := errors.AsType[unanswered](err)
	_, network := errors.AsType[net.Error](err) // an exceeded deadline is one too
	return lost || network || errors.Is(err, driver.ErrBadConn) || errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// Package store stores accounts, sessions, events and everything else in SQLite or PostgreSQL, with the same SQL and the
// same migrations for both. It decides nothing: conditions come with the call and stand in the WHERE clause.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/internal/session"
)

// Store implements what auth, session, account and the others need of a database, on one of the two.
type Store struct {
	db       *conns
	postgres bool

	bags         bagDeleter   // of all sessions; nil for bags that end when their time is up
	noBagsBefore atomic.Int64 // in Unix nanoseconds: deleting bags failed a short while ago
	ended        sync.Map     // by transaction, the keys of the bags of the sessions that it ends
	log          *slog.Logger
}

var (
	_ audit.Store   = (*Store)(nil)
	_ auth.Store    = (*Store)(nil)
	_ session.Store = (*Store)(nil)
	_ account.Store = (*Store)(nil)
	_ demo.Store    = (*Store)(nil)
)

// Open connects to "sqlite:FILE" or "postgres://...". It does not migrate.
func Open(ctx context.Context, databaseURL string) (*Store, error) {
	s := &Store{postgres: strings.HasPrefix(databaseURL, "postgres")}
	db, err := s.pool(ctx, databaseURL)
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil, ctx.Err() // the caller cancelled it and knows why
	}
	if err != nil {
		return nil, unreachable(err)
	}
	if strings.HasSuffix(databaseURL, ":memory:") {
		db.SetMaxOpenConns(1) // each connection would have a database of its own
	} else {
		db.SetMaxOpenConns(maxConns)
		db.SetMaxIdleConns(maxConns)
		db.SetConnMaxIdleTime(5 * time.Minute)
	}
	s.db = newConns(db, s.postgres)
	if err := s.connect(ctx); errors.Is(ctx.Err(), context.Canceled) {
		return nil, errors.Join(ctx.Err(), db.Close()) // the caller cancelled it and knows why
	} else if err != nil {
		return nil, errors.Join(unreachable(err), db.Close())
	}
	return s, nil
}

// pool returns the connections, none of which is open yet.
func (s *Store) pool(ctx context.Context, databaseURL string) (*sql.DB, error) {
	if s.postgres {
		return openPostgres(ctx, databaseURL)
	}
	return sql.Open("sqlite", SQLiteDSN(strings.TrimPrefix(databaseURL, "sqlite:")))
}

// connect opens the first connection. The first ever to a SQLite file switches it to WAL, and while one instance does that
// another is refused at once, whatever its busy_timeout.
func (s *Store) connect(ctx context.Context) error {
	for {
		err := s.Ping(ctx)
		if e, ok := errors.AsType[*sqlite.Error](err); !ok || e.Code()&0xff != sqlite3.SQLITE_BUSY {
			return err
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}

// New returns a store on connections made elsewhere. The SQLite ones need the settings of SQLiteDSN.
func New(db *sql.DB, postgres bool) *Store {
	return &Store{db: newConns(db, postgres), postgres: postgres}
}

// maxConns bounds the connections of one instance, unless SetConns does. Two dozen keep two processors busy; PostgreSQL
// allows a hundred.
const maxConns = 24

// SetConns bounds the connections to the database. One in memory has a single one.
func (s *Store) SetConns(n int) {
	if s.db.Stats().MaxOpenConnections > 1 {
		s.db.SetMaxOpenConns(n)
		s.db.SetMaxIdleConns(n)
	}
}

// SQLiteDSN returns the driver's name of a file. It puts the pragmas into the DSN, because database/sql opens many connections and each needs them.
// Times are stored as text that sorts and that a person can read.
func SQLiteDSN(file string) string {
	q := url.Values{
		"_pragma":      {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)"},
		"_txlock":      {"immediate"},
		"_dqs":         {"0"},
		"_time_format": {"sqlite"},
		"_timezone":    {"UTC"},
	}
	return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + q.Encode()
}

// unreachable says what is wrong without the DSN that the driver would quote.
func unreachable(err error) error {
	if errors.Is(err, errURL) {
		return err
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return fmt.Errorf("the database refused the connection: %s", pg.Message)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return errors.New("the database does not answer")
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return fmt.Errorf("the database file cannot be used: %w", e)
	}
	return errors.New("the database does not answer")
}

// DB returns the same connections for other tables, such as that of bags.
func (s *Store) DB() *sql.DB { return s.db.DB }

// closeWithin bounds the goodbye to a server that does not answer: each connection would wait for five seconds.
const closeWithin = time.Second

// Close closes the connections.
func (s *Store) Close() error {
	if !s.postgres {
		return s.db.Close()
	}
	done := make(chan error, 1)
	go func() { done <- s.db.Close() }()
	select {
	case err := <-done:
		return err
	case <-time.After(closeWithin):
		return nil // they end with the process
	}
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.db.PingContext(ctx) }

// readAll reads the rows of a query, each to where its fields scan to.
func readAll[T any](rows *sql.Rows, err error, fields func(*T) []any) (all []T, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one T
		if err := rows.Scan(fields(&one)...); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// itself is where a row of one column scans to.
func itself[T any](one *T) []any { return []any{one} }

// changed returns otherwise when a conditional update changed no row.
func changed(result sql.Result, err, otherwise error) error {
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		return otherwise
	}
	return err
}

// found turns sql.ErrNoRows into audit.ErrNotFound.
func found(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return audit.ErrNotFound
	}
	return err
}

func isDuplicate(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "23505"
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// null stores the zero time as NULL.
func null(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: !t.IsZero()} }

// orZero reads NULL as the zero time.
type orZero struct{ to *time.Time }

// Scan implements [sql.Scanner].
func (o orZero) Scan(value any) error {
	var t sql.NullTime
	err := t.Scan(value)
	*o.to = t.Time
	return err
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// conns are the connections to the database. What is asked outside of transactions is prepared once for each connection to
// SQLite, which would parse the text again each time. PostgreSQL is left to pgx, which knows what a pooler in between allows. A
// transaction prepares nothing here: it has one connection, and preparing would wait for another.
type conns struct {
	*sql.DB
	prepares bool
	observe  atomic.Pointer[func(kind string, took time.Duration)] // nil for nobody

	mu    sync.RWMutex
	texts map[string]*sql.Stmt
}

// maxPrepared bounds the texts that stay prepared. The program has fewer; a few are put together for what a form asks for.
const maxPrepared = 128

func newConns(db *sql.DB, postgres bool) *conns {
	return &conns{DB: db, prepares: !postgres, texts: map[string]*sql.Stmt{}}
}

// QueryContext is that of the connections.
func (c *conns) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	began := c.began()
	rows, err := c.query(ctx, query, args)
	c.took(observeRead, began)
	return rows, err
}

func (c *conns) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	if stmt := c.prepared(ctx, query); stmt != nil { //nolint:sqlclosecheck // it lives as long as the connections
		return stmt.QueryContext(ctx, args...)
	}
	return c.DB.QueryContext(ctx, query, args...)
}

// QueryRowContext is that of the connections.
func (c *conns) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return c.queryRow(ctx, observeRead, query, args)
}

func (c *conns) queryRow(ctx context.Context, kind, query string, args []any) *sql.Row {
	defer c.took(kind, c.began())
	if stmt := c.prepared(ctx, query); stmt != nil { //nolint:sqlclosecheck // as above
		return stmt.QueryRowContext(ctx, args...)
	}
	return c.DB.QueryRowContext(ctx, query, args...)
}

// ExecContext is that of the connections.
func (c *conns) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	defer c.took(observeWrite, c.began())
	if stmt := c.prepared(ctx, query); stmt != nil { //nolint:sqlclosecheck // as above
		return stmt.ExecContext(ctx, args...)
	}
	return c.DB.ExecContext(ctx, query, args...)
}

// The kinds of what is observed.
const (
	observeSession     = "session" // the read that every request of a session makes
	observeRead        = "read"
	observeWrite       = "write"
	observeTransaction = "transaction"
)

// Observed are the kinds of what Observe tells.
var Observed = []string{observeSession, observeRead, observeWrite, observeTransaction}

// Observe has told how long the database took for what is asked outside of transactions, and for transactions as a whole. It is
// safe while the store is used.
func (s *Store) Observe(f func(kind string, took time.Duration)) { s.db.observe.Store(&f) }

func (c *conns) began() (at time.Time) {
	if c.observe.Load() != nil {
		at = time.Now()
	}
	return at
}

func (c *conns) took(kind string, began time.Time) {
	if observe := c.observe.Load(); observe != nil && !began.IsZero() {
		(*observe)(kind, time.Since(began))
	}
}

// prepared returns the statement of a text, nil for one that is to be asked as it is: there are enough, or it cannot be
// prepared, and then the answer to it says why.
func (c *conns) prepared(ctx context.Context, query string) *sql.Stmt {
	if !c.prepares {
		return nil
	}
	c.mu.RLock()
	stmt, full := c.texts[query], c.full()
	c.mu.RUnlock()
	if stmt != nil || full {
		return stmt
	}
	made, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if stmt, full = c.texts[query], c.full(); stmt != nil || full {
		_ = made.Close() //nolint:sqlclosecheck // somebody else was first
		return stmt
	}
	c.texts[query] = made
	return made
}

// full reports whether no text is prepared any more. It is nil when the connections are closed.
func (c *conns) full() bool { return c.texts == nil || len(c.texts) >= maxPrepared }

// Close closes the statements, then the connections.
func (c *conns) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, stmt := range c.texts {
		errs = append(errs, stmt.Close())
	}
	c.texts = nil
	return errors.Join(append(errs, c.DB.Close())...)
}

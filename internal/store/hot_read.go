package store

import (
	"context"
	"database/sql"
	"sync/atomic"

	"github.com/jackc/pgx/v5/stdlib" // also registers "pgx"
)

// A row is read when it is scanned.
type row interface{ Scan(dest ...any) error }

// hotRead is the read that every request of a session makes, so its overhead matters. The statement for SQLite is prepared
// at first use, because the tables are created after the connection.
type hotRead struct{ stmt atomic.Pointer[sql.Stmt] }

// row runs the query, which has to be the same text each time.
func (h *hotRead) row(ctx context.Context, s *Store, query string, args ...any) row {
	if s.postgres {
		return pgRow(func(dest []any) error { return readPostgres(ctx, s.db, query, args, dest) })
	}
	stmt := h.stmt.Load() //nolint:sqlclosecheck // it lives as long as the connections
	if stmt == nil {
		var err error
		if stmt, err = s.db.PrepareContext(ctx, query); err != nil {
			return s.db.QueryRowContext(ctx, query, args...) // carries the error
		}
		if !h.stmt.CompareAndSwap(nil, stmt) {
			_ = stmt.Close()     //nolint:sqlclosecheck // somebody else was first
			stmt = h.stmt.Load() //nolint:sqlclosecheck // as above
		}
	}
	return stmt.QueryRowContext(ctx, args...)
}

type pgRow func(dest []any) error

func (r pgRow) Scan(dest ...any) error { return r(dest) }

// readPostgres scans with pgx, because database/sql would first convert every column and start a goroutine to watch the
// context. pgx prepares the query itself, once for each connection.
func readPostgres(ctx context.Context, db *sql.DB, query string, args, dest []any) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(c any) error {
		return c.(*stdlib.Conn).Conn().QueryRow(ctx, query, args...).Scan(dest...)
	})
}

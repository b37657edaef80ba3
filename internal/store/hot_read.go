package store

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5/stdlib" // also registers "pgx"
)

// A row is read when it is scanned.
type row interface{ Scan(dest ...any) error }

// hotRow is the read that every request of a session makes, so its overhead matters.
func (s *Store) hotRow(ctx context.Context, query string, args ...any) row {
	if s.postgres {
		return pgRow(func(dest []any) error {
			defer s.db.took(observeSession, s.db.began())
			return readPostgres(ctx, s.db.DB, query, args, dest)
		})
	}
	return s.db.queryRow(ctx, observeSession, query, args)
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

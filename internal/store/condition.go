package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"example.com/gatehouse/internal/audit"
)

// errUndo takes a transaction back that was only tried.
var errUndo = errors.New("not to be kept")

// Writable writes a row, and takes it back. A copy that only reads, a full disk and missing rights answer every question until then.
func (s *Store) Writable(ctx context.Context) error {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO key_samples (key_id, sealed) VALUES ($1, '')`, audit.NewID()); err != nil {
			return err
		}
		return errUndo
	})
	if errors.Is(err, errUndo) {
		return nil
	}
	return err
}

// A Condition is what an operator may want to know of the database.
type Condition struct {
	Postgres bool
	Server   string        // version of PostgreSQL, or of the SQLite in this program
	Conns    int           // that PostgreSQL allows everybody together; 0 for SQLite
	Ahead    time.Duration // how far the clock of PostgreSQL is before ours
}

// Condition asks the database how it is.
func (s *Store) Condition(ctx context.Context) (c Condition, err error) {
	c.Postgres = s.postgres
	if !s.postgres {
		err = s.db.QueryRowContext(ctx, `SELECT sqlite_version()`).Scan(&c.Server)
		return c, err
	}
	var theirs time.Time
	asked := time.Now()
	err = s.db.QueryRowContext(ctx, `
		SELECT current_setting('server_version'), CAST(current_setting('max_connections') AS INTEGER), clock_timestamp()`).
		Scan(&c.Server, &c.Conns, &theirs)
	c.Ahead = theirs.Sub(asked.Add(time.Since(asked) / 2))
	return c, err
}

// LatestEvent is when the latest event was written, by the clock of whoever wrote it; the zero time without any.
func (s *Store) LatestEvent(ctx context.Context) (at time.Time, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT at FROM events ORDER BY at DESC LIMIT 1`).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return at, err
}

// StoredKey is the key of a development machine, "" if there is none yet.
func (s *Store) StoredKey(ctx context.Context) (key string, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT key FROM development_keys WHERE id = 1`).Scan(&key)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return key, err
}

package session

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// SQLBags keeps bags in the table of that name, on either database.
type SQLBags struct{ DB *sql.DB }

var _ Bags = SQLBags{}

// Find returns the bag under key if its time is not up.
func (s SQLBags) Find(ctx context.Context, key string) (sealed []byte, found bool, err error) {
	err = s.DB.QueryRowContext(ctx, `SELECT sealed FROM bags WHERE key = $1 AND expires_at > $2`, key, utc(time.Now())).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return sealed, err == nil, err
}

// Commit stores or replaces the bag under key.
func (s SQLBags) Commit(ctx context.Context, key string, sealed []byte, expires time.Time) error {
	_, err := s.DB.ExecContext(ctx, `
		INSERT INTO bags (key, sealed, expires_at)
		VALUES ($1, $2, $3)
		ON CONFLICT (key) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at`, key, sealed, utc(expires))
	return err
}

// Delete removes the bag under key, if there is one.
func (s SQLBags) Delete(ctx context.Context, key string) error {
	_, err := s.DB.ExecContext(ctx, `DELETE FROM bags WHERE key = $1`, key)
	return err
}

// Sweep deletes the bags whose time is up.
func (s SQLBags) Sweep(ctx context.Context) error {
	_, err := s.DB.ExecContext(ctx, `DELETE FROM bags WHERE expires_at <= $1`, utc(time.Now()))
	return err
}

// utc is a time as both databases keep it.
func utc(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

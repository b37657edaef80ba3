package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"example.com/gatehouse/migrations"
)

// Migrate brings the schema up to date and returns how many migrations it applied. Instances that start together take
// turns by an advisory lock on PostgreSQL. SQLite has no such lock, but each migration is one exclusive transaction, so an
// instance that comes second finds it applied and tries the next.
func (s *Store) Migrate(ctx context.Context) (int, error) {
	provider, err := s.provider()
	if err != nil {
		return 0, fmt.Errorf("migrate: %w", err)
	}
	for attempt := 1; ; attempt++ {
		applied, err := provider.Up(ctx)
		if err == nil {
			return len(applied), nil
		}
		if s.postgres || attempt == attemptsToMigrate {
			return 0, fmt.Errorf("migrate: %w", err)
		}
	}
}

// attemptsToMigrate is more than there will be instances on one SQLite file.
const attemptsToMigrate = 5

func (s *Store) provider() (*goose.Provider, error) {
	if !s.postgres {
		return goose.NewProvider(goose.DialectSQLite3, s.db, migrations.FS)
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60)) // asks every second, for a minute
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, s.db, migrations.FS, goose.WithSessionLocker(locker))
}

// DevelopmentKey returns the key kept for a development machine, after storing candidate if there is none yet.
func (s *Store) DevelopmentKey(ctx context.Context, candidate string) (string, error) {
	var key string
	err := s.tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO development_keys (id, key) VALUES (1, $1) ON CONFLICT (id) DO NOTHING`, candidate); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT key FROM development_keys WHERE id = 1`).Scan(&key)
	})
	return key, err
}

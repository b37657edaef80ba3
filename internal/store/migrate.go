package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"example.com/gatehouse/migrations"
)

// Migrate brings the schema up to date and returns how many migrations it applied. ErrNewer, and nothing is changed, for the
// database of a newer program. Instances that start together take turns by a row of a table on PostgreSQL, because poolers
// carry no lock of a session. SQLite has no such lock, but each migration is one exclusive transaction, so an instance that
// comes second finds it applied and tries the next.
func (s *Store) Migrate(ctx context.Context) (int, error) {
	current, err := s.isCurrent(ctx)
	if current || err != nil {
		return 0, err
	}
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

// An instance that dies while it migrates holds the others up for migrateLease. Theirs is a start, which gives up after
// fifteen seconds, so it is shorter.
const (
	migrateLease = 8 * time.Second
	renewEvery   = 2 * time.Second
	askEvery     = 200 * time.Millisecond
	unlockTries  = 5 // then the lease ends by itself
)

func (s *Store) provider() (*goose.Provider, error) {
	if !s.postgres {
		return goose.NewProvider(goose.DialectSQLite3, s.db.DB, migrations.FS)
	}
	locker, err := lock.NewPostgresTableLocker(
		lock.WithTableLeaseDuration(migrateLease), lock.WithTableHeartbeatInterval(renewEvery),
		lock.WithTableLockTimeout(askEvery, uint64(time.Minute/askEvery)), lock.WithTableUnlockTimeout(askEvery, unlockTries),
		lock.WithTableRetryPolicy(func(err error) bool {
			_, refused := errors.AsType[*pgconn.PgError](err) // and not held by somebody else
			return !refused
		}),
	)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, s.db.DB, migrations.FS, goose.WithLocker(boundedLock{locker}))
}

// A boundedLock waits for a database that has gone no longer than the lease, which frees the lock then.
type boundedLock struct{ lock.Locker }

func (l boundedLock) Unlock(ctx context.Context, db *sql.DB) error {
	done := make(chan error, 1)
	go func() { done <- l.Locker.Unlock(ctx, db) }()
	select {
	case err := <-done:
		return err
	case <-time.After(renewEvery):
		return errors.New("the lock of the migrations was not given back")
	}
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

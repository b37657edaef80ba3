package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"example.com/gatehouse/migrations"
)

// ErrNewer means that a newer program has changed the tables in ways that this one does not know.
var ErrNewer = errors.New("the database belongs to a newer version of this program")

// Current returns nil if the tables are those that this program was written for, and ErrNewer if a newer one has changed
// them.
func (s *Store) Current(ctx context.Context) error {
	current, err := s.isCurrent(ctx)
	if err == nil && !current {
		err = errors.New("the database is not up to date")
	}
	return err
}

// isCurrent compares what was applied with what this program has: true for the same, false for less.
func (s *Store) isCurrent(ctx context.Context) (bool, error) {
	begun, err := s.begun(ctx)
	if err != nil || !begun {
		return false, err
	}
	var applied, latest int64
	err = s.db.QueryRowContext(ctx, `
		SELECT count(DISTINCT version_id), coalesce(max(version_id), 0) FROM goose_db_version WHERE version_id > 0`).Scan(&applied, &latest)
	if err != nil {
		return false, err
	}
	count, known, err := knownVersions()
	if err == nil && latest > known {
		err = fmt.Errorf("%w: its tables are at %d, this program knows %d", ErrNewer, latest, known)
	}
	return applied == count && latest == known, err
}

// begun reports whether a program has made tables.
func (s *Store) begun(ctx context.Context) (begun bool, err error) {
	there := `SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'goose_db_version')`
	if s.postgres {
		there = `SELECT to_regclass('goose_db_version') IS NOT NULL`
	}
	err = s.db.QueryRowContext(ctx, there).Scan(&begun)
	return begun, err
}

// knownVersions counts the migrations of this program, and returns the number of the last.
func knownVersions() (count, latest int64, err error) {
	files, err := fs.Glob(migrations.FS, "*.sql") // in order
	if err != nil || len(files) == 0 {
		return 0, 0, errors.Join(err, errors.New("no migrations"))
	}
	number, _, _ := strings.Cut(files[len(files)-1], "_")
	latest, err = strconv.ParseInt(number, 10, 64)
	return int64(len(files)), latest, err
}

// SchemaVersion is the number of the latest migration of this program.
func SchemaVersion() int64 {
	_, latest, _ := knownVersions() // a test holds that they can be read
	return latest
}

package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// File is the name of the file of an SQLite database, false for another and for one in memory.
func File(databaseURL string) (name string, is bool) {
	name, is = strings.CutPrefix(databaseURL, "sqlite:")
	return name, is && name != ":memory:"
}

// CopyTo writes the SQLite database into an empty file as it is at one moment, while others go on writing, and checks the copy.
func (s *Store) CopyTo(ctx context.Context, file string) error {
	if _, err := s.db.DB.ExecContext(ctx, `VACUUM INTO $1`, file); err != nil {
		return err
	}
	copied, err := Open(ctx, "sqlite:"+file)
	if err != nil {
		return err
	}
	return errors.Join(copied.Intact(ctx), copied.Close())
}

// Size is about how many bytes a copy of the SQLite database has.
func (s *Store) Size(ctx context.Context) (bytes int64, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size`).Scan(&bytes)
	return bytes, err
}

// Intact reports what SQLite finds wrong with the file.
func (s *Store) Intact(ctx context.Context) error {
	var found string
	if err := s.db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		return errors.New("the file is damaged")
	}
	return nil
}

// Applied is the number of the latest migration in the database, 0 for one that is not this program's.
func (s *Store) Applied(ctx context.Context) (version int64, err error) {
	begun, err := s.begun(ctx)
	if err != nil || !begun {
		return 0, err
	}
	err = s.db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version`).Scan(&version)
	return version, err
}

// ErrInUse means that somebody has the database file open.
var ErrInUse = errors.New("somebody has the database open: stop the portal first")

// Alone writes what SQLite keeps beside the file back into it. ErrInUse when another process has it open.
func Alone(ctx context.Context, file string) error {
	s, err := Open(ctx, "sqlite:"+file)
	if err != nil {
		return err
	}
	s.db.SetMaxOpenConns(1)
	var mode string
	err = s.db.DB.QueryRowContext(ctx, `PRAGMA busy_timeout = 200`).Scan(new(int))
	if err == nil {
		err = s.db.DB.QueryRowContext(ctx, `PRAGMA journal_mode = DELETE`).Scan(&mode) // which SQLite does for whoever is alone
	}
	if s.Refused(err) || err == nil && mode != "delete" {
		err = ErrInUse
	}
	return errors.Join(err, s.Close())
}

// besides are the ends of the names of what SQLite keeps beside a file.
var besides = []string{"-wal", "-shm", "-journal"}

// Replace puts the file in the place of the database file, which it keeps under the other name where there is one, with what SQLite
// left beside it: SQLite would write that into the new file. There is a database in the place at every moment, if there was one.
func Replace(file, place, kept string) error {
	for _, beside := range besides {
		if info, err := os.Stat(file + beside); err == nil && info.Size() > 0 {
			return fmt.Errorf("%s: SQLite has not finished with the file", file)
		}
	}
	err := os.Link(place, kept)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) { // a file system without links
		err = os.Rename(place, kept)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, beside := range besides {
		if err := os.Rename(place+beside, kept+beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.Rename(file, place)
}

package store_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"example.com/gatehouse/internal/store"
)

// writing returns a SQLite file that is not in WAL mode, and that somebody is writing until it is done.
func writing(t *testing.T) (file string, done func()) {
	t.Helper()
	file = t.TempDir() + "/written.db"
	db, err := sql.Open("sqlite", "file:"+file+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return file, func() { _ = tx.Rollback() }
}

// While somebody writes a file that is not in WAL mode yet, SQLite refuses the switch at once. Open waits for the writer.
func TestOpenWaits(t *testing.T) {
	file, done := writing(t)
	time.AfterFunc(100*time.Millisecond, done)
	s, err := store.Open(t.Context(), "sqlite:"+file)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// A start that is cancelled while it waits says so, and nothing about the file.
func TestOpenCancelled(t *testing.T) {
	file, done := writing(t)
	defer done()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	if _, err := store.Open(ctx, "sqlite:"+file); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
}

// The operator says how many connections there are, but for a database in memory, which a second one would not find.
func TestSetConns(t *testing.T) {
	t.Parallel()
	for databaseURL, want := range map[string]int{"sqlite:" + t.TempDir() + "/few.db": 3, "sqlite::memory:": 1} {
		s, err := store.Open(t.Context(), databaseURL)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		s.SetConns(3)
		if got := s.DB().Stats().MaxOpenConnections; got != want {
			t.Errorf("%s: got %d connections at most, want %d", databaseURL, got, want)
		}
	}
}

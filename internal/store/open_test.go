package store_test

import (
	"database/sql"
	"testing"
	"time"

	"example.com/gatehouse/internal/store"
)

// While somebody writes a file that is not in WAL mode yet, SQLite refuses the switch at once. Open waits for the writer.
func TestOpenWaits(t *testing.T) {
	file := t.TempDir() + "/written.db"
	db, err := sql.Open("sqlite", "file:"+file+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, func() { _ = tx.Rollback() })
	s, err := store.Open(t.Context(), "sqlite:"+file)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

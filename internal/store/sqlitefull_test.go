package store_test

import (
	"errors"
	"strconv"
	"testing"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/store/storetest"
)

// A database that may not grow says that it is full, which is its condition and no mistake in what it was asked. Of the
// account that did not fit nothing is there.
func TestFullSQLite(t *testing.T) {
	s := storetest.SQLite(t)
	s.DB().SetMaxOpenConns(1)                                                               // the bound is one connection's
	if _, err := s.DB().ExecContext(t.Context(), `PRAGMA max_page_count = 1`); err != nil { // or as many as there are
		t.Fatal(err)
	}
	var err error
	id := ""
	for n := 0; err == nil; n++ {
		id = strconv.Itoa(n)
		err = s.CreateUser(t.Context(), userOf(id), event("created-"+id, id, audit.UserCreated))
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok || e.Code() != sqlite3.SQLITE_FULL || !s.Refused(err) {
		t.Errorf("got %v, refused %t, want SQLITE_FULL", err, s.Refused(err))
	}
	if _, err := s.UserByID(t.Context(), id); !errors.Is(err, audit.ErrNotFound) {
		t.Errorf("got %v, want no account", err)
	}
}

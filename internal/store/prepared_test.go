package store_test

import (
	"testing"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/store/storetest"
)

// SQLite parses a statement once for each connection, however often it is asked, and a change of the schema in between does
// no harm.
func TestPreparedOnce(t *testing.T) {
	t.Parallel()
	s, statements := storetest.CountingSQLite(t)
	s.DB().SetMaxOpenConns(1)
	newUser(t, s, "ada")
	open(t, s, newSession("one", "ada"))
	statements.Taken()
	statements.Prepared()
	for n := range 10 {
		if n == 5 {
			if _, err := s.DB().ExecContext(t.Context(), `ALTER TABLE sessions ADD COLUMN later TEXT`); err != nil {
				t.Fatal(err)
			}
		}
		if x, err := s.SessionByHandle(t.Context(), "one"); err != nil || x.UserID != "ada" {
			t.Errorf("got %q and %v, want the session of ada", x.UserID, err)
		}
	}
	if got := statements.Prepared(); got != 1 {
		t.Errorf("ten reads prepared %d statements, want 1", got)
	}
	if got := statements.Taken(); got != 11 { // with the change
		t.Errorf("ten reads took %d statements, want 11", got)
	}
}

// However many texts are asked, only so many stay prepared, and the others are answered as well.
func TestPreparedAreBounded(t *testing.T) {
	t.Parallel()
	s, statements := storetest.CountingSQLite(t)
	newUser(t, s, "ada")
	statements.Prepared()
	for n := range 200 {
		f := audit.Filter{Kinds: make([]audit.Kind, n+1), Limit: 1}
		if _, err := s.Events(t.Context(), "ada", f); err != nil {
			t.Fatal(err)
		}
	}
	if got := statements.Prepared(); got < 100 || got > 128 {
		t.Errorf("200 texts prepared %d statements, want about 128 and no more", got)
	}
}

// What is prepared is closed with the store, which then answers with an error like any that is closed.
func TestPreparedAreClosed(t *testing.T) {
	t.Parallel()
	s, _ := storetest.CountingSQLite(t)
	newUser(t, s, "ada")
	if _, err := s.Sessions(t.Context(), "ada"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.Sessions(t.Context(), "ada"); err == nil {
			t.Error("a store that is closed answers")
		}
	}
	if err := s.Close(); err != nil {
		t.Errorf("a second closing failed: %v", err)
	}
}

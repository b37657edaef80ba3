package store_test

import (
	"testing"

	"example.com/gatehouse/internal/store/storetest"
)

// What PostgreSQL says of its own condition is told from what it says of a statement.
func TestRefused(t *testing.T) {
	s := storetest.Postgres(t)
	for code, want := range map[string]bool{
		"08006": true,  // the connection broke
		"25006": true,  // read-only
		"40001": true,  // undone for another transaction
		"53100": true,  // the disk is full
		"53300": true,  // out of connections
		"55P03": true,  // a lock is not to be had
		"57P01": true,  // going down
		"57P03": true,  // starting up
		"58030": true,  // its own disk fails
		"22001": false, // too long
		"23505": false, // there already
		"25P02": false, // the transaction had failed before
		"42P01": false, // no such table
		"XX000": false, // a fault of its own that may not pass
	} {
		_, err := s.DB().ExecContext(t.Context(), `DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '`+code+`'; END $$`)
		if err == nil {
			t.Errorf("%s: no error", code)
		}
		if got := s.Refused(err); got != want {
			t.Errorf("%s: refused %t, want %t", code, got, want)
		}
	}
}

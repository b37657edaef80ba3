package store_test

import (
	"errors"
	"testing"

	"example.com/gatehouse/internal/store"
)

// The tables of a newer program are left as they are: this one would not know what is in them.
func TestNewerDatabase(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		if err := s.Current(t.Context()); err != nil {
			t.Errorf("of this program: got %v, want nil", err)
		}
		if _, err := s.DB().ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)`); err != nil {
			t.Fatal(err)
		}
		if err := s.Current(t.Context()); !errors.Is(err, store.ErrNewer) {
			t.Errorf("of a newer program: got %v, want %v", err, store.ErrNewer)
		}
		if n, err := s.Migrate(t.Context()); n != 0 || !errors.Is(err, store.ErrNewer) {
			t.Errorf("migrated %d, %v, want %v", n, err, store.ErrNewer)
		}
		if _, err := s.DB().ExecContext(t.Context(), `DELETE FROM goose_db_version WHERE version_id > 2`); err != nil {
			t.Fatal(err)
		}
		if err := s.Current(t.Context()); err == nil || errors.Is(err, store.ErrNewer) {
			t.Errorf("of an older program: got %v, want that it is not up to date", err)
		}
	})
}

package store_test

import (
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/internal/store"
)

// TestSealedTables: everything sealed is in the list that keys are rotated by. What is forgotten would be lost with the old key.
func TestSealedTables(t *testing.T) {
	notSealedForLong := []string{"passkeys.public_key", "key_samples.sealed"} // a public key; a sample of each key
	onBoth(t, func(t *testing.T, s *store.Store) {
		query := `
			SELECT m.name || '.' || c.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
			WHERE m.type = 'table' AND c.type = 'BYTEA'`
		if store.IsPostgres(s) {
			query = `
				SELECT table_name || '.' || column_name FROM information_schema.columns
				WHERE table_schema = current_schema() AND data_type = 'bytea'`
		}
		rows, err := s.DB().QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		found := 0
		for rows.Next() {
			var column string
			if err := rows.Scan(&column); err != nil {
				t.Fatal(err)
			}
			table, _, _ := strings.Cut(column, ".")
			listed := slices.ContainsFunc(store.SealedTables, func(x store.SealedTable) bool { return x.Name == table })
			if found++; listed == slices.Contains(notSealedForLong, column) {
				t.Errorf("%s: sealed tables have it: %t", column, listed)
			}
		}
		if rows.Err() != nil || found != len(store.SealedTables)+len(notSealedForLong) {
			t.Errorf("%d columns of bytes, %v, want %d", found, rows.Err(), len(store.SealedTables)+len(notSealedForLong))
		}
	})
}

package storetest

import (
	"testing"

	"example.com/gatehouse/internal/store"
)

// BeforeUpdate has the database run a statement before each update of the table, in its transaction: what another request would
// do in between.
func BeforeUpdate(t testing.TB, s *store.Store, table, statement string) {
	t.Helper()
	create := []string{`CREATE TRIGGER in_between BEFORE UPDATE ON ` + table + ` BEGIN ` + statement + `; END`}
	if _, err := s.DB().ExecContext(t.Context(), `SELECT sqlite_version()`); err != nil { // it is PostgreSQL
		create = []string{
			`CREATE FUNCTION in_between() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ` + statement + `; RETURN NULL; END $$`,
			`CREATE TRIGGER in_between BEFORE UPDATE ON ` + table + ` FOR EACH STATEMENT EXECUTE FUNCTION in_between()`,
		}
	}
	for _, one := range create {
		if _, err := s.DB().ExecContext(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
}

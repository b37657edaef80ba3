package store_test

import (
	"testing"

	"github.com/pressly/goose/v3"

	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/migrations"
)

// Every migration can be taken back, with people in the tables, and applied again.
func TestMigrationsGoDown(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		furnish(t, s, "ada")
		if err := s.CreateDemo(t.Context(), newDemo("one", at)); err != nil {
			t.Fatal(err)
		}
		dialect := goose.DialectSQLite3
		if t.Name() == "TestMigrationsGoDown/postgres" {
			dialect = goose.DialectPostgres
		}
		provider, err := goose.NewProvider(dialect, s.DB(), migrations.FS)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := provider.DownTo(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Migrate(t.Context()); err != nil || n < 10 {
			t.Fatalf("%d migrations, %v, want all", n, err)
		}
		newUser(t, s, "ada")
	})
}

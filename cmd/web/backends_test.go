package main

import (
	"path/filepath"
	"strings"
	"testing"

	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/internal/store/storetest"
)

// onSQLite is the default of a newcomer: one file.
func onSQLite(t testing.TB) []string {
	return []string{"--database-url=sqlite:" + filepath.Join(t.TempDir(), "test.db")}
}

// onEmptyServers is PostgreSQL with Redis, with nothing in the database.
func onEmptyServers(t testing.TB) []string {
	return []string{"--database-url=" + storetest.PostgresURL(t), "--redis-url=" + storetest.RedisURL(t)}
}

// onServers is onEmptyServers with the tables in place. The tests share one database, where migrations wait for each other,
// a second at a time: a start gives up on that after fifteen.
func onServers(t testing.TB) []string {
	t.Helper()
	data := onEmptyServers(t)
	db := open(t, data)
	defer db.Close()
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return data
}

var backends = map[string]func(testing.TB) []string{"sqlite": onSQLite, "postgres and redis": onServers}

// open looks into the database behind the flags.
func open(t testing.TB, data []string) *store.Store {
	t.Helper()
	db, err := store.Open(t.Context(), strings.TrimPrefix(data[0], "--database-url="))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

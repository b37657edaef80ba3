// Package storetest opens the databases that tests run on. It does not know what the tests are about.
package storetest

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/pressly/goose/v3"

	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/redispool"
	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/migrations"
	"example.com/gatehouse/webtest"
)

// SQLite returns a migrated store in a file that goes with the test.
func SQLite(t testing.TB) *store.Store {
	t.Helper()
	migrated, err := migratedFile()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(file, migrated, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), "sqlite:"+file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// migratedFile is a database without rows, made once for all tests of a package: with the race detector the migrations
// take longer than most tests.
var migratedFile = sync.OnceValues(func() (content []byte, err error) {
	dir, err := os.MkdirTemp("", "migrated")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "test.db")
	s, err := store.Open(context.Background(), "sqlite:"+file)
	if err != nil {
		return nil, err
	}
	_, err = s.Migrate(context.Background())
	if err = errors.Join(err, s.Close()); err != nil { // which writes the log back into the file
		return nil, err
	}
	return os.ReadFile(file)
})

// Postgres returns a migrated store in a schema of its own on TEST_POSTGRES_URL, or on the server of this machine.
func Postgres(t testing.TB) *store.Store {
	t.Helper()
	return open(t, PostgresURL(t))
}

// PostgresURL returns the URL of an empty schema, which goes with the test.
func PostgresURL(t testing.TB) string {
	t.Helper()
	db, err := sql.Open("pgx", postgresBase())
	if err == nil {
		db.SetMaxIdleConns(0) // it is used at the beginning and at the end
		err = Spared(t, func() error { return db.PingContext(t.Context()) })
	}
	if err != nil {
		Without(t, "PostgreSQL", "TEST_POSTGRES_URL")
	}
	schema := "test_" + strings.ToLower(rand.Text())
	if _, err := db.ExecContext(t.Context(), `CREATE SCHEMA `+schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = db.ExecContext(context.Background(), `DROP SCHEMA `+schema+` CASCADE`)
		_ = db.Close()
	})
	return inSchema(t, schema)
}

func postgresBase() string {
	return cmp.Or(os.Getenv("TEST_POSTGRES_URL"), "postgres://postgres@127.0.0.1:5432/postgres")
}

// inSchema is the URL of a schema on that server.
func inSchema(t testing.TB, schema string) string {
	t.Helper()
	u, err := url.Parse(postgresBase())
	if err != nil {
		t.Fatal("TEST_POSTGRES_URL is not a URL")
	}
	query := u.Query()
	query.Set("search_path", schema)
	u.RawQuery = query.Encode()
	return u.String()
}

// Twin returns another store on the same database, with connections of its own: its statements are counted by nobody, and it
// may be used from outside of a bubble.
func Twin(t testing.TB, s *store.Store) *store.Store {
	t.Helper()
	var place string
	if s.DB().QueryRowContext(t.Context(), `SELECT file FROM pragma_database_list WHERE name = 'main'`).Scan(&place) == nil {
		place = "sqlite:" + place
	} else if err := s.DB().QueryRowContext(t.Context(), `SELECT current_schema()`).Scan(&place); err == nil {
		place = inSchema(t, place)
	} else {
		t.Fatal(err)
	}
	twin, err := store.Open(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	twin.DB().SetMaxIdleConns(0) // a server has connections for all tests together, and this one is used now and then
	t.Cleanup(func() { _ = twin.Close() })
	return twin
}

// FillOutbox leaves no room for another email. None of those in it is due.
func FillOutbox(t testing.TB, s *store.Store) {
	t.Helper()
	_, err := s.DB().ExecContext(t.Context(), `
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO letters (id, sealed, attempts, created_at, due_at, expires_at) SELECT CAST(i AS TEXT), '', 0, $2, $2, $2 FROM n`,
		mail.MaxQueued, time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
}

// Redis returns a pool on TEST_REDIS_URL, or on the server of this machine. Its keys are random, so tests share it. An
// answer may take longer than a person would wait, because the machine is busy with other tests. Tests of a
// slow Redis, or of a replica, dial as the product does.
func Redis(t testing.TB) *redis.Pool {
	t.Helper()
	const patience = 10 * time.Second
	base := RedisURL(t)
	pool := redispool.New(base)
	pool.DialContext = func(ctx context.Context) (redis.Conn, error) {
		return redis.DialURLContext(ctx, base,
			redis.DialConnectTimeout(patience), redis.DialReadTimeout(patience), redis.DialWriteTimeout(patience))
	}
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

// RedisURL returns the URL of a Redis that answers.
func RedisURL(t testing.TB) string {
	t.Helper()
	base := os.Getenv("TEST_REDIS_URL")
	if base == "" {
		base = "redis://127.0.0.1:6379"
	}
	pool := redispool.New(base)
	defer pool.Close()
	for range 5 { // one slow answer is no missing server
		conn := pool.Get()
		_, err := conn.Do("PING")
		_ = conn.Close()
		if err == nil {
			return base
		}
	}
	Without(t, "Redis", "TEST_REDIS_URL")
	return ""
}

func open(t testing.TB, databaseURL string) *store.Store {
	t.Helper()
	var s *store.Store
	err := Spared(t, func() (err error) {
		s, err = store.Open(t.Context(), databaseURL)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.DB().SetMaxIdleConns(2)
	t.Cleanup(func() { _ = s.Close() })
	migrateAlone(t, s.DB())
	return s
}

// Spared tries again while PostgreSQL has no connection to spare: tests of several packages share one server.
func Spared(t testing.TB, try func() error) (err error) {
	t.Helper()
	webtest.Until(t, "a connection that PostgreSQL has to spare, beside other tests", func() bool {
		err = try()
		return err == nil || !strings.Contains(err.Error(), "too many clients")
	})
	return err
}

// migrateAlone makes the tables of a PostgreSQL schema that nobody else migrates. The product takes one lock of the
// whole database for that and retries every second, which would take most of the time of concurrent tests.
func migrateAlone(t testing.TB, db *sql.DB) {
	t.Helper()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS)
	if err == nil {
		_, err = provider.Up(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

package proof

import (
	"crypto/rand"
	"database/sql"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/internal/store/storetest"
	"example.com/gatehouse/webtest"
)

// environment is the servers that portals run on: the flags that name a database, and a Redis if there is one.
type environment []string

func onSQLite(t testing.TB) environment {
	return environment{"--database-url=sqlite:" + filepath.Join(t.TempDir(), "test.db")}
}

func onServers(t testing.TB) environment {
	t.Helper()
	return environment{"--database-url=" + storetest.PostgresURL(t), "--redis-url=" + storetest.RedisURL(t)}.migrated(t)
}

// migrated puts the tables in place before any portal is started. The tests share one database, where migrations wait for
// each other, a second at a time: a start gives up on that after fifteen.
func (env environment) migrated(t testing.TB) environment {
	t.Helper()
	s, err := store.Open(t.Context(), strings.TrimPrefix(env[0], "--database-url="))
	if err == nil {
		_, err = s.Migrate(t.Context())
		_ = s.Close() // its connections would be counted with the portals'
	}
	if err != nil {
		t.Fatal(err)
	}
	return env
}

var environments = map[string]func(testing.TB) environment{"sqlite": onSQLite, "postgres and redis": onServers}

// facts opens the database behind the portals, for what no page shows.
func (env environment) facts(t testing.TB) *store.Store {
	t.Helper()
	var s *store.Store
	err := storetest.Spared(t, func() (err error) {
		s, err = store.Open(t.Context(), strings.TrimPrefix(env[0], "--database-url="))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.DB().SetMaxIdleConns(1)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// account makes an account as an operator does, and returns its address.
func (env environment) account(t testing.TB, name string) string {
	t.Helper()
	return probed.account(t, env, name)
}

func (b build) account(t testing.TB, env environment, name string) string {
	t.Helper()
	file, err := b()
	if err != nil {
		t.Fatal(err)
	}
	email := webtest.Email()
	webtest.Until(t, "a connection that PostgreSQL has to spare, beside other tests", func() bool {
		cmd := exec.Command(file, append([]string{"user", "create", "--email=" + email, "--name=" + name, "--password-stdin"}, env...)...)
		cmd.Stdin = strings.NewReader(webtest.Password + "\n")
		out, err := cmd.CombinedOutput()
		if err != nil && !strings.Contains(string(out), "too many clients") {
			t.Fatalf("user create: %v\n%s", err, out)
		}
		return err == nil
	})
	return email
}

// emptyDatabase makes a database that goes with the test. It is not a schema, because migrations wait for those of others in
// the same database.
func emptyDatabase(t testing.TB) *url.URL {
	t.Helper()
	direct, err := url.Parse(storetest.PostgresURL(t))
	if err != nil {
		t.Fatal(err)
	}
	admin, err := sql.Open("pgx", direct.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	database := "test_" + strings.ToLower(rand.Text())
	run(t, admin, `CREATE DATABASE `+database)
	t.Cleanup(func() { run(t, admin, `DROP DATABASE `+database+` WITH (FORCE)`) })
	query := direct.Query()
	query.Del("search_path")
	direct.Path, direct.RawQuery = "/"+database, query.Encode()
	return direct
}

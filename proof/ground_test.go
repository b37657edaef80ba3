package proof

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/internal/store/storetest"
	"example.com/gatehouse/webtest"
)

// ground is what portals stand on: the flags that name a database, and a Redis if there is one.
type ground []string

func onSQLite(t testing.TB) ground {
	return ground{"--database-url=sqlite:" + filepath.Join(t.TempDir(), "test.db")}
}

func onServers(t testing.TB) ground {
	t.Helper()
	return ground{"--database-url=" + storetest.PostgresURL(t), "--redis-url=" + storetest.RedisURL(t)}.migrated(t)
}

// migrated puts the tables in place before any portal is started. The tests share one database, where migrations wait for
// each other, a second at a time: a start gives up on that after fifteen.
func (g ground) migrated(t testing.TB) ground {
	t.Helper()
	s, err := store.Open(t.Context(), strings.TrimPrefix(g[0], "--database-url="))
	if err == nil {
		_, err = s.Migrate(t.Context())
		_ = s.Close() // its connections would be counted with the portals'
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var grounds = map[string]func(testing.TB) ground{"sqlite": onSQLite, "postgres and redis": onServers}

// facts opens the database behind the portals, for what no page shows.
func (g ground) facts(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), strings.TrimPrefix(g[0], "--database-url="))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// account makes an account as an operator does, and returns its address.
func (g ground) account(t testing.TB, name string) string {
	t.Helper()
	return probed.account(t, g, name)
}

func (b build) account(t testing.TB, g ground, name string) string {
	t.Helper()
	file, err := b()
	if err != nil {
		t.Fatal(err)
	}
	email := webtest.Email()
	cmd := exec.Command(file, append([]string{"user", "create", "--email=" + email, "--name=" + name, "--password-stdin"}, g...)...)
	cmd.Stdin = strings.NewReader(webtest.Password + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("user create: %v\n%s", err, out)
	}
	return email
}

package proof

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"example.com/gatehouse/internal/store/storetest"
	"example.com/gatehouse/webtest"
)

// A pooler is a pgbouncer in transaction mode in front of an empty database of one test's own, and a proxy in front of it. It
// has fewer connections than one portal, so that every transaction may get another one.
type pooler struct {
	*proxy
	pooled, direct environment
}

const poolerConns = 4

func startPooler(t testing.TB) pooler {
	t.Helper()
	file, err := exec.LookPath("pgbouncer")
	if err != nil {
		file = "/usr/sbin/pgbouncer" // where Debian has it, which is not in everybody's PATH
	}
	if _, err := os.Stat(file); err != nil {
		storetest.Without(t, "pgbouncer", "PATH")
	}
	direct := emptyDatabase(t)
	server, err := pgx.ParseConfig(direct.String())
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "pgb") //nolint:usetesting // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	password := "" // an empty one is a mistake to pgbouncer
	if server.Password != "" {
		password = " password='" + strings.ReplaceAll(server.Password, "'", "''") + "'"
	}
	settings := fmt.Sprintf("[databases]\n%s = host=%s port=%d user=%s%s\n[pgbouncer]\npool_mode=transaction\nauth_type=any\n"+
		"listen_addr=\nunix_socket_dir=%s\nlisten_port=6432\ndefault_pool_size=%d\nmax_client_conn=500\n",
		server.Database, server.Host, server.Port, server.User, password, dir, poolerConns)
	if os.Getuid() == 0 { // pgbouncer does not run as root
		settings += "user=nobody\n"
		err = os.Chmod(dir, 0o777) //nolint:gosec // for that user, and for as long as the test
	}
	ini := filepath.Join(dir, "ini")
	if err == nil {
		err = os.WriteFile(ini, []byte(settings), 0o644) //nolint:gosec // as above
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), file, "-q", ini)
	if err := startTied(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	socket := filepath.Join(dir, ".s.PGSQL.6432")
	webtest.Until(t, "a pooler that listens", func() bool {
		_, err := os.Stat(socket)
		return err == nil
	})
	p := newProxy(t, "unix", socket)
	pooled := url.URL{Scheme: "postgres", User: url.User(cmp.Or(server.User, "postgres")), Host: p.addr, Path: direct.Path}
	return pooler{p, environment{"--database-url=" + pooled.String()}, environment{"--database-url=" + direct.String()}}
}

// Behind a pooler in transaction mode eight instances start at once on an empty database, with the plain URL, and eight
// people sign in at once. Nobody has to tell the portal what it is behind.
func TestPooler(t *testing.T) {
	t.Parallel()
	db := startPooler(t)
	if _, err := probed(); err != nil { // before they start at once
		t.Fatal(err)
	}
	t.Run("starts", func(t *testing.T) {
		for n := range 8 {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				start(t, db.pooled).Client(t).Get("/readyz").Want(http.StatusOK)
			})
		}
	})
	p := start(t, db.pooled)
	emails := make([]string, 8)
	for n := range emails {
		emails[n] = p.account(t, "Ada Lovelace")
	}
	var all sync.WaitGroup
	for _, email := range emails {
		all.Go(func() {
			c := p.Client(t)
			c.IP = webtest.Network() + "::7"
			c.SignIn(email, webtest.Password)
			for range 5 {
				c.Get("/account/sessions").Want(http.StatusOK).Says("Ada Lovelace")
			}
			c.Reauth(webtest.Password).Leads("/account/sessions")
			c.Get("/account/activity").Want(http.StatusOK)
		})
	}
	all.Wait()
}

// When the pooler hangs, with as many connections idle as a portal keeps, requests are answered, a start gives up, and a
// portal that is told to stop stops.
func TestPoolerHangs(t *testing.T) {
	t.Parallel()
	db := startPooler(t)
	p := start(t, db.pooled)
	c := p.Client(t).SignIn(p.account(t, "Ada Lovelace"), webtest.Password)
	db.inject(hung) // so that each request needs a connection of its own
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() { c.Twin().Get("/account") })
	}
	webtest.Until(t, "as many connections as a portal opens", func() bool { return db.open() >= 24 })
	db.inject(nil)
	all.Wait()

	db.inject(hung)
	wantUnavailableAnonymous(t, c.Get("/account"), p)
	file, _ := probed()
	out, err := exec.CommandContext(t.Context(), file, append([]string{"--addr=127.0.0.1:0"}, db.pooled...)...).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "GATEHOUSE_DATABASE_URL: the database does not answer") {
		t.Errorf("a start ended with %v, want that the database does not answer\n%s", err, webtest.Telling(string(out)))
	}
	if err := p.Stop(); err != nil {
		t.Errorf("the portal ended with %v, want nil", err)
	}
}

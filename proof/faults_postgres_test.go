package proof

import (
	"crypto/rand"
	"database/sql"
	"net/http"
	"regexp"
	"sync"
	"testing"

	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

// postgres is a database of one test's own on the server that is there, and a proxy in front of it.
type postgres struct {
	*proxy
	name            string // of the connections through the proxy, as the server knows them
	direct, proxied environment
}

// newPostgres asks for no TLS, so that the proxy sees what is said. The settings are those of connections through it.
func newPostgres(t testing.TB, settings ...string) postgres {
	t.Helper()
	direct := emptyDatabase(t)
	query := direct.Query()
	query.Set("sslmode", "disable")
	direct.RawQuery = query.Encode()
	env := environment{"--database-url=" + direct.String()}.migrated(t) // here, where nobody minds how long a slow machine takes
	p := newProxy(t, "tcp", direct.Host)
	proxied := *direct
	name := rand.Text()
	proxied.Host = p.addr
	query.Set("application_name", name)
	for i := 0; i < len(settings); i += 2 {
		query.Set(settings[i], settings[i+1])
	}
	proxied.RawQuery = query.Encode()
	return postgres{p, name, env, environment{"--database-url=" + proxied.String()}}
}

// terminate ends the connections through the proxy, as the server does when it restarts.
func (p postgres) terminate(t testing.TB, db *sql.DB) {
	t.Helper()
	var n int
	if err := db.QueryRowContext(t.Context(), `
		SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1`, p.name).Scan(&n); err != nil || n == 0 {
		t.Errorf("ended %d connections, %v", n, err)
	}
}

var postgresFaults = []struct {
	name     string
	injector faultInjector // nil for a server that takes no connections
}{
	{"down", nil}, {"cutting", cutEverything}, {"half-closed", halfClosed}, {"answers cut", answersCut}, {"hung", hung}, {"answers broken", corrupt},
}

// Without PostgreSQL the error page shows nobody as signed in, claims no success, and reveals no internals and no
// names. When PostgreSQL is back, everybody is signed in as before, without a restart of the portal.
func TestPostgresFaults(t *testing.T) {
	t.Parallel()
	for _, fault := range postgresFaults {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			db := newPostgres(t)
			p := start(t, db.proxied)
			email := db.direct.account(t, "Ada Lovelace")
			desk, laptop := p.Client(t).SignIn(email, webtest.Password), p.Client(t).SignIn(email, webtest.Password)
			other := p.Client(t).SignIn(db.direct.account(t, "Grace Hopper"), webtest.Password)
			desk.Reauth(webtest.Password).Leads("/account/sessions")
			laptopHandle := laptop.Handle()

			if fault.injector == nil {
				db.refuse(t)
			} else {
				db.inject(fault.injector)
			}
			var all sync.WaitGroup // at once: some of these faults are noticed by waiting
			for _, path := range []string{"/account", "/account/sessions", "/session/state", "/", probe.Bag} {
				all.Go(func() { wantUnavailableAnonymous(t, desk.Twin().Get(path), p) })
				all.Go(func() { wantUnavailableAnonymous(t, other.Twin().Get(path), p) })
			}
			for path, fields := range map[string][]string{
				"/logout": nil, "/account/sessions/" + laptopHandle + "/end": nil, "/account/sessions/end-all": nil,
				"/reauth": {"password", webtest.Password}, probe.Bag: {"value", "later"},
				"/account/security/password": {"current_password", webtest.Password, "password", webtest.OtherPassword},
			} {
				all.Go(func() { wantUnavailableAnonymous(t, unclaimed(desk.Twin(), path, fields...), p) })
			}
			all.Go(func() {
				wantUnavailableAnonymous(t, unclaimed(p.Client(t), "/login", "email", email, "password", webtest.Password), p)
			})
			all.Go(func() {
				wantUnavailableAnonymous(t, unclaimed(p.Client(t), "/signup", "name", "Jean", "email", "jean."+email, "password", webtest.Password), p)
			})
			all.Wait()
			form := p.Client(t).Get("/login").Want(http.StatusOK)
			p.Client(t).Get(staticFile.FindString(form.Body)).Want(http.StatusOK)
			p.Client(t).Get("/healthz").Want(http.StatusOK)
			p.Client(t).Get("/readyz").Want(http.StatusServiceUnavailable)

			if fault.injector == nil {
				db.admit(t)
			} else {
				db.inject(nil)
			}
			webtest.Until(t, "a database that is ready", func() bool { return p.Client(t).Get("/readyz").StatusCode == http.StatusOK })
			desk.Get("/account").Want(http.StatusOK).Says("Ada Lovelace")
			other.Get("/account").Want(http.StatusOK).Says("Grace Hopper")
			laptop.Get("/account").Want(http.StatusOK)
			p.Client(t).SignIn(email, webtest.Password)
		})
	}
}

var staticFile = regexp.MustCompile(`/static/[^"]+`)

// unclaimed sends a change that cannot be made, which must not show in the cookie.
func unclaimed(c *webtest.Client, path string, fields ...string) *webtest.Answer {
	c.T.Helper()
	before := c.Token()
	a := c.Post(path, fields...)
	if a.Header.Get("Clear-Site-Data") != "" || c.Token() != before {
		c.T.Errorf("POST %s: the cookie was touched", path)
	}
	return a
}

// wantUnavailableAnonymous is wantUnavailable for a page that was rendered without knowing who is signed in.
func wantUnavailableAnonymous(t testing.TB, a *webtest.Answer, p *portal) {
	t.Helper()
	wantUnavailable(t, a, p, "Lovelace", "Hopper")
}

// A server that restarts ends every connection with an error message of its own, in the middle of a request.
func TestPostgresRestarts(t *testing.T) {
	t.Parallel()
	db := newPostgres(t)
	p := start(t, db.proxied)
	email := db.direct.account(t, "Ada Lovelace")
	c := p.Client(t).SignIn(email, webtest.Password)
	facts := db.direct.facts(t).DB()
	for range 5 {
		db.terminate(t, facts)
		if a := c.Get("/account"); a.StatusCode != http.StatusOK {
			wantUnavailableAnonymous(t, a, p)
		}
		webtest.Until(t, "a page", func() bool { return c.Get("/account").StatusCode == http.StatusOK })
	}
}

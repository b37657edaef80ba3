package handlers

import (
	"testing"

	"github.com/gomodule/redigo/redis"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/internal/store/storetest"
)

// backend is what a portal under test stands on.
type backend struct {
	store *store.Store
	bags  bag.Bags
	pool  *redis.Pool // nil without Redis
}

// sqliteBackend is the default of a newcomer: one file.
func sqliteBackend(t *testing.T) backend {
	s := storetest.SQLite(t)
	return backend{store: s, bags: s.Bags()}
}

// serverBackend is PostgreSQL with Redis. It skips without them at home, and fails in CI.
func serverBackend(t *testing.T) backend {
	s := storetest.Postgres(t)
	pool := storetest.Redis(t)
	return backend{store: s, bags: bag.NewRedisBags(pool), pool: pool}
}

var backends = map[string]func(*testing.T) backend{"sqlite": sqliteBackend, "postgres and redis": serverBackend}

// onBackends runs a story against each backend.
func onBackends(t *testing.T, story func(t *testing.T, p *portal)) {
	t.Helper()
	onBackendsWith(t, nil, story)
}

// onBackendsWith is onBackends with other options or another policy.
func onBackendsWith(t *testing.T, adjust func(*Options, *settings), story func(t *testing.T, p *portal)) {
	t.Helper()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) { story(t, portalOn(t, open(t), adjust)) })
	}
}

// onBoth runs a story against each backend, with a setting of ON_CLIENT_CHANGE.
func onBoth(t *testing.T, mode session.ClientChange, story func(t *testing.T, p *portal)) {
	t.Helper()
	onBackendsWith(t, func(_ *Options, policy *settings) { policy.OnClientChange = mode }, story)
}

// exec changes the database behind the portal's back.
func (p *portal) exec(query string, args ...any) {
	p.t.Helper()
	if _, err := p.store.DB().ExecContext(p.t.Context(), query, args...); err != nil {
		p.t.Fatal(err)
	}
}

// count asks the database.
func (p *portal) count(query string, args ...any) int {
	p.t.Helper()
	var n int
	if err := p.store.DB().QueryRowContext(p.t.Context(), query, args...).Scan(&n); err != nil {
		p.t.Fatal(err)
	}
	return n
}

// sessionsOf counts the live sessions of somebody.
func (p *portal) sessionsOf(u auth.User) int {
	p.t.Helper()
	return p.count(`SELECT count(*) FROM sessions WHERE user_id = $1 AND ended_at IS NULL`, u.ID)
}

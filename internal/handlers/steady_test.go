package handlers

import (
	"net/http"
	"testing"

	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/internal/store/storetest"
)

// TestSteadyState holds the price of a signed-in page: one read of the bag, one read of the row, nothing written, no
// cookie sent.
func TestSteadyState(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		s, statements := storetest.CountingSQLite(t)
		p := portalOn(t, backend{store: s, bags: s.Bags()}, nil)
		b := steadyClient(p)
		statements.Taken()
		b.steadyGet()
		if got := statements.Taken(); got != 2 {
			t.Errorf("a signed-in page took %d statements, want 2: the row and the bag", got)
		}
	})
	t.Run("postgres and redis", func(t *testing.T) {
		s, statements := storetest.CountingPostgres(t)
		pool, commands := storetest.CountingRedis(t)
		p := portalOn(t, backend{store: s, bags: bag.NewRedisBags(pool)}, nil)
		b := steadyClient(p)
		statements.Taken()
		commands.Taken()
		b.steadyGet()
		if got := statements.Taken(); got != 1 {
			t.Errorf("a signed-in page took %d statements, want 1: the row", got)
		}
		if got := commands.Taken(); got != 1 {
			t.Errorf("a signed-in page took %d Redis commands, want 1: the bag", got)
		}
	})
}

// TestPagesCost holds what the pages that people look at most ask of the servers, for the visitor of a demo. The table of
// docs/evidence/performance.md has the same numbers, by bench/account.go.
func TestPagesCost(t *testing.T) {
	t.Parallel()
	want := map[string]int{ // the row and the bag, which Redis has where there is one, and these
		"/plans":            3, // the basket
		"/account":          6, // the sessions, the events, what was answered of them, the basket
		"/account/sessions": 3, // the sessions that live and those that ended
		"/account/activity": 5, // the events, what was answered of them, and the sessions where a flag is shown
		"/account/security": 3, // the factors, with the number of sessions
	}
	s, onSQLite := storetest.CountingSQLite(t)
	other, onPostgres := storetest.CountingPostgres(t)
	pool, onRedis := storetest.CountingRedis(t)
	small := portalOn(t, backend{store: s, bags: s.Bags()}, nil).browser()
	large := portalOn(t, backend{store: other, bags: bag.NewRedisBags(pool)}, nil).browser()
	for _, b := range []*browser{small, large} {
		b.startDemo()
		b.Get("/account") // says what was done
	}
	for path, n := range want {
		for _, b := range []*browser{small, large} {
			b.Get(path) // prepares what is prepared
		}
		onSQLite.Taken()
		onSQLite.Prepared()
		onPostgres.Taken()
		onRedis.Taken()
		small.Get(path).Want(http.StatusOK)
		large.Get(path).Want(http.StatusOK)
		if got := onSQLite.Taken(); got != n {
			t.Errorf("%s took %d statements on SQLite, want %d", path, got, n)
		}
		if got := onSQLite.Prepared(); got != 0 {
			t.Errorf("%s prepared %d statements once more, want none", path, got)
		}
		if got := onPostgres.Taken(); got != n-1 {
			t.Errorf("%s took %d statements on PostgreSQL, want %d", path, got, n-1)
		}
		if got := onRedis.Taken(); got != 1 {
			t.Errorf("%s took %d Redis commands, want 1", path, got)
		}
	}
}

// TestSignInCosts holds what a sign-in from a known device asks of the servers beside the password hash: the account, its
// history in two reads, and one transaction of seven (its begin, the account's turn, the unclaimed, the room, the session,
// the events, its commit); four takes from the limits (of the network, of the account there and everywhere, and of right sign-ins
// there, which are known only after the hash), one given back, one deletion.
func TestSignInCosts(t *testing.T) {
	t.Parallel()
	s, statements := storetest.CountingPostgres(t)
	pool, commands := storetest.CountingRedis(t)
	p := portalOn(t, backend{store: s, bags: bag.NewRedisBags(pool), pool: pool}, nil)
	u := p.newUser("Thrifty")
	for range 2 { // the first time loads the scripts into Redis
		b := p.browser()
		b.IP = "192.0.2.7" // one of IPv6 takes from the /48 around it as well
		statements.Taken()
		commands.Taken()
		b.Post("/login", "email", u.Email, "password", password).Leads("/account")
	}
	if got := statements.Taken(); got != 10 {
		t.Errorf("a sign-in took %d statements, want 10", got)
	}
	if got := commands.Taken(); got != 6 {
		t.Errorf("a sign-in took %d Redis commands, want 6", got)
	}
}

// A cookie that cannot be a token is refused by its form: nothing is looked up for it.
func TestMalformedCookiesCostNothing(t *testing.T) {
	t.Parallel()
	s, statements := storetest.CountingSQLite(t)
	p := portalOn(t, backend{store: s, bags: s.Bags()}, nil)
	good := p.signedIn(p.newUser("Form")).Token()
	for _, value := range []string{"", "x", good[:42], good + "A", good[:42] + "+", good + "; __Host-id=" + good} {
		r := p.browser().NewRequest("GET", probe.Bag, nil)
		r.Header.Set("Cookie", "__Host-id="+value)
		statements.Taken()
		p.browser().Do(r).Want(http.StatusOK)
		if got := statements.Taken(); got != 0 {
			t.Errorf("a cookie of %d characters took %d statements, want none", len(value), got)
		}
	}
}

// steadyClient is somebody with a value in the bag.
func steadyClient(p *portal) *browser {
	p.t.Helper()
	b := p.signedIn(p.newUser("Steady Eddie"))
	b.keeps("lantern")
	b.bag()
	return b
}

// steadyGet asks for a page that needs nothing but the session and the bag.
func (b *browser) steadyGet() {
	b.p.t.Helper()
	res := b.bag().Says("Steady Eddie").Says("lantern")
	if cookies := res.Header.Values("Set-Cookie"); len(cookies) > 0 {
		b.p.t.Errorf("a signed-in page sets cookies: %q", cookies)
	}
}

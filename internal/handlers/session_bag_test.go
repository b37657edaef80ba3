package handlers

import (
	"net/http"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/brand"
)

// bagEnds is when the bag under a token ends, zero for none.
func (b backend) bagEnds(t *testing.T, token string) (ends time.Time) {
	t.Helper()
	key := auth.HashToken(token)
	if b.pool == nil {
		_ = b.store.DB().QueryRowContext(t.Context(), `SELECT expires_at FROM bags WHERE key = $1`, key).Scan(&ends)
		return ends.UTC()
	}
	conn := b.pool.Get()
	defer conn.Close()
	at, err := redis.Int64(conn.Do("PEXPIRETIME", brand.RedisPrefix("bag")+key))
	if err != nil {
		t.Fatal(err)
	}
	if at < 0 {
		return time.Time{}
	}
	return time.UnixMilli(at).UTC()
}

// wantBagFollows checks that the bag of a browser ends a touch interval after the idle timeout of its session.
func (b backend) wantBagFollows(t *testing.T, of *browser, when string) {
	t.Helper()
	var idle time.Time
	err := b.store.DB().QueryRowContext(t.Context(), `SELECT idle_expires_at FROM sessions WHERE token_hash = $1`, auth.HashToken(of.Token())).Scan(&idle)
	if err != nil {
		t.Fatal(err)
	}
	ends := b.bagEnds(t, of.Token())
	if late := ends.Sub(idle.UTC()) - testPolicy.Touch; late > 0 || late <= -time.Millisecond { // Redis counts milliseconds
		t.Errorf("%s: the bag ends %s after the idle timeout of its session, want %s", when, ends.Sub(idle.UTC()), testPolicy.Touch)
	}
}

// TestBagFollowsItsSession: a bag is no use to anybody without its session, and its values are somebody's.
func TestBagFollowsItsSession(t *testing.T) {
	t.Parallel()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			back := open(t)
			p := portalOn(t, back, nil)
			b := p.signedIn(p.newUser("Bo"))
			b.keeps("lantern")
			back.wantBagFollows(t, b, "after a value was kept")
			first := back.bagEnds(t, b.Token())
			b.bag().Says("lantern")
			if got := back.bagEnds(t, b.Token()); !got.Equal(first) {
				t.Errorf("a request within the touch interval moved the end of the bag from %s to %s", first, got)
			}

			// As if the last request had been ten minutes ago.
			p.exec(`UPDATE sessions SET last_seen_at = $1, idle_expires_at = $2 WHERE token_hash = $3`,
				time.Now().UTC().Add(-10*time.Minute), time.Now().UTC().Add(20*time.Minute), auth.HashToken(b.Token()))
			b.bag().Says("lantern")
			back.wantBagFollows(t, b, "after a touch")
			if got := back.bagEnds(t, b.Token()); !got.After(first) {
				t.Errorf("after a touch the bag ends at %s, want it after %s", got, first)
			}
			before := b.Token()
			b.Reauth(password).Want(http.StatusSeeOther)
			if got := back.bagEnds(t, before); !got.IsZero() {
				t.Errorf("the bag under the token before ends at %s, want it gone", got)
			}
			b.bag().Says("lantern")
			back.wantBagFollows(t, b, "after a rotation")

			kept := p.browser()
			kept.Post("/login", "email", p.newUser("Kim").Email, "password", password, "remember", "on").Leads("/account")
			kept.keeps("lantern")
			back.wantBagFollows(t, kept, "in a kept session")
		})
	}
}

// TestBagGoesWithItsSession: whoever ends a session, the bag is gone, although the browser of the session does not come back.
func TestBagGoesWithItsSession(t *testing.T) {
	t.Parallel()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			back := open(t)
			p := portalOn(t, back, nil)
			for what, end := range map[string]func(u auth.User, here, there *browser){
				"revoked": func(_ auth.User, here, there *browser) {
					here.Post("/account/sessions/" + there.Handle() + "/end").Leads("/account/sessions")
				},
				"all others ended": func(_ auth.User, here, _ *browser) {
					here.Post("/account/sessions/end-others", "password", password).Leads("/account/sessions")
				},
				"password changed": func(_ auth.User, here, _ *browser) { here.changePassword().Want(http.StatusSeeOther) },
				"password reset": func(u auth.User, _, _ *browser) {
					p.browser().Post(p.browser().forgets(u.Email), "password", otherPassword).Leads("/login?reset=yes")
				},
				"replaced": func(u auth.User, _, there *browser) {
					p.exec(`UPDATE sessions SET created_at = $1 WHERE token_hash = $2`, longAgo, auth.HashToken(there.Token()))
					for range testPolicy.SessionsPerUser {
						p.signedIn(u)
					}
				},
				"account deleted": func(_ auth.User, here, _ *browser) { here.deletes().Leads("/signed-out") },
				"timed out": func(_ auth.User, _, there *browser) {
					p.exec(`UPDATE sessions SET idle_expires_at = $1 WHERE token_hash = $2`, time.Now().UTC().Add(-time.Second), auth.HashToken(there.Token()))
					if err := p.sessions.Sweep(t.Context()); err != nil {
						t.Fatal(err)
					}
				},
				"signed out": func(_ auth.User, _, there *browser) { there.Post("/logout").Leads("/signed-out") },
			} {
				u := p.newUser("Bo")
				here, there := p.signedIn(u), p.signedIn(u)
				here.Reauth(password).Want(http.StatusSeeOther)
				there.keeps("lantern")
				token := there.Token()
				if back.bagEnds(t, token).IsZero() {
					t.Fatal("nothing was kept")
				}
				end(u, here, there)
				if ends := back.bagEnds(t, token); !ends.IsZero() {
					t.Errorf("%s: the bag is there until %s, want it gone", what, ends)
				}
			}

			here := p.browser()
			here.startDemo()
			here.keeps("lantern")
			p.exec(`UPDATE users SET demo_until = $1 WHERE demo_until IS NOT NULL AND id = (SELECT user_id FROM sessions WHERE token_hash = $2)`,
				longAgo, auth.HashToken(here.Token()))
			p.sweep()
			if ends := back.bagEnds(t, here.Token()); !ends.IsZero() {
				t.Errorf("deleted with its account: the bag is there until %s, want it gone", ends)
			}
		})
	}
}

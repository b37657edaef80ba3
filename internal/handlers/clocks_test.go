package handlers

import (
	"net/http"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/ratelimit"
)

// Several instances stand before one database, and the clock of one is an hour off. Each call of at is a visit to one of
// them: the visits share the database, and each has a clock of its own.

const (
	noon = 12 * time.Hour
	off  = time.Hour
)

// at is a visit to an instance whose clock shows this long after midnight.
func at(t *testing.T, p *portal, clock time.Duration, visit func()) {
	t.Helper()
	inTime(t, p, func(*testing.T) {
		time.Sleep(clock)
		p.limits.Limiter = ratelimit.NewMemory() // which has the clock of its instance
		visit()
	})
}

func (p *portal) wantAlive(b *browser, want bool, when string) {
	p.t.Helper()
	if got := b.Alive(); got != want {
		p.t.Errorf("%s: alive %t, want %t", when, got, want)
	}
}

// keptSession signs in with "keep me signed in": its idle timeout is longer than the clock is off.
func (p *portal) keptSession(u auth.User) *browser {
	p.t.Helper()
	b := p.browser()
	b.Post("/login", "email", u.Email, "password", password, "remember", "on").Want(http.StatusSeeOther)
	b.state()
	return b
}

// An instance that is ahead ends sessions early. The sessions it opens and the windows it grants last longer for the
// others, by what it is ahead and no more; and it moves nobody's absolute limit.
func TestClockAhead(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Faye")
	var visiting, staying, kept, opened *browser
	at(t, p, noon, func() { visiting, staying, kept = p.signedIn(u), p.signedIn(u), p.keptSession(u) })
	limit := func() int {
		return p.count(`SELECT count(*) FROM sessions WHERE expires_at = '2000-01-31 12:00:00+00:00'`)
	}
	if limit() != 1 {
		t.Fatal("want the absolute limit of the kept session 30 days after its sign-in")
	}
	old := kept.Token()
	at(t, p, noon+off+5*time.Minute, func() {
		p.wantAlive(visiting, false, "used at the instance that is ahead")
		kept.Reauth(password).Leads("/account/sessions")
		opened = p.signedIn(u)
	})
	at(t, p, noon+6*time.Minute, func() {
		p.wantAlive(visiting, false, "ended there, used here")
		p.wantAlive(staying, true, "never used there")
		p.wantAlive(opened, true, "opened there")
		if got := p.replay(old).StatusCode; got != http.StatusTemporaryRedirect {
			t.Errorf("the token replaced there: got %d, want to be told to ask again", got)
		}
	})
	at(t, p, noon+off+20*time.Minute-time.Second, func() { kept.Get("/account/email").Want(http.StatusOK) })
	at(t, p, noon+off+20*time.Minute, func() {
		kept.Get("/account/email").Leads("/reauth?next=%2Faccount%2Femail")
		if got := p.replay(old).StatusCode; got != http.StatusSeeOther {
			t.Errorf("the token replaced there, later than any clock: got %d, want it refused", got)
		}
	})
	if limit() != 1 {
		t.Error("the absolute limit was moved")
	}
	at(t, p, noon+6*time.Minute, func() {
		for now := noon + 6*time.Minute; now < noon+24*time.Hour+off; now += 20 * time.Minute {
			p.wantAlive(opened, true, "within the lifetime and the hour")
			time.Sleep(20 * time.Minute)
		}
		p.wantAlive(opened, false, "after the lifetime and the hour")
	})
}

// Its sweeper ends what would have timed out within the hour.
func TestSweeperAhead(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Swann")
	var b, kept *browser
	at(t, p, noon, func() { b, kept = p.signedIn(u), p.keptSession(u) })
	at(t, p, noon+off, func() {
		if err := p.sweepAll(p.t.Context()); err != nil {
			t.Error(err)
		}
	})
	at(t, p, noon+time.Minute, func() {
		p.wantAlive(b, false, "swept")
		p.wantAlive(kept, true, "kept for a week")
	})
	p.endedOnce(u.ID, "idle")
}

// An instance that is behind serves sessions longer, by what it is behind, as long as no other notices that they are
// over. It extends nothing for the others, and brings nothing back.
func TestClockBehind(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Beatrice")
	var b, extended, opened *browser
	at(t, p, noon, func() { b, extended = p.signedIn(u), p.signedIn(u) })
	at(t, p, noon-off+10*time.Minute, func() { extended.Post("/session/extend").Want(http.StatusSeeOther) })
	at(t, p, noon+29*time.Minute, func() {
		p.wantAlive(extended, true, "extended where the clock is behind")
		extended.Post("/logout").Leads("/signed-out")
	})
	at(t, p, noon-off+45*time.Minute, func() { p.wantAlive(b, true, "behind, and nobody has noticed") })
	at(t, p, noon+46*time.Minute, func() { p.wantAlive(b, false, "noticed, although it was used where the clock is behind") })
	at(t, p, noon-off+47*time.Minute, func() { p.wantAlive(b, false, "behind, but ended") })
	if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE user_id = $1 AND kind = 'session_expired' AND reason = 'idle'`, u.ID); n != 1 {
		t.Errorf("%d endings, want 1", n)
	}

	at(t, p, noon-off+50*time.Minute, func() {
		opened = p.signedIn(u)
		p.wantAlive(opened, true, "opened where the clock is behind")
	})
	at(t, p, noon+51*time.Minute, func() { p.wantAlive(opened, false, "opened an hour ago, by what its row says") })

	at(t, p, noon, func() { b = p.signedIn(u) })
	at(t, p, noon-off+5*time.Minute, func() { b.Reauth(password).Leads("/account/sessions") })
	at(t, p, noon+6*time.Minute, func() {
		b.Get("/account/email").Leads("/reauth?next=%2Faccount%2Femail") // a window that was over when it was opened
	})
}

// What ends sessions on somebody's word does so whatever any clock shows.
func TestEndingsKnowNoClock(t *testing.T) {
	t.Parallel()
	for name, clock := range map[string]time.Duration{"ahead": noon + 20*time.Minute, "behind": noon - off} {
		t.Run(name, func(t *testing.T) {
			p := newPortal(t)
			u := p.newUser("Enda")
			var desk, laptop, phone *browser
			at(t, p, noon, func() { desk, laptop, phone = p.signedIn(u), p.signedIn(u), p.signedIn(u) })
			at(t, p, clock, func() {
				phone.Post("/logout").Leads("/signed-out")
				desk.Post("/account/security/password", "current_password", password, "password", otherPassword).Leads("/account/security")
			})
			at(t, p, noon+time.Minute, func() {
				p.wantAlive(desk, true, "the one that asked")
				p.wantAlive(laptop, false, "ended by a password change")
				p.browser().Post("/login", "email", u.Email, "password", password).Want(http.StatusUnprocessableEntity)
				desk.Post("/account/sessions/end-all", "password", otherPassword).Leads("/signed-out")
			})
			at(t, p, clock, func() { p.wantAlive(desk, false, "ended with all") })
			if n := p.count(`SELECT count(*) FROM sessions WHERE ended_at IS NULL`); n != 0 {
				t.Errorf("%d sessions live, want none", n)
			}
		})
	}
}

package proof

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// raceEndings has four instances end one session at the same moment: it is signed out, revoked, ended with all the others
// or with all, and in every second round times out. It returns which reasons won; endedOnce says that there was one each.
func raceEndings(p *person) map[string]int {
	p.t.Helper()
	won := map[string]int{}
	for n := range *rounds {
		won[p.endOnce(n)]++
	}
	p.t.Logf("%d rounds: %v", *rounds, won)
	if p.portals[0].onPostgres() && *rounds >= 4 && len(won) < 2 {
		p.t.Errorf("sessions ended for %v, want several reasons", won)
	}
	return won
}

// endOnce returns the reason that the row has afterwards. On PostgreSQL the endings queue before the row, so it is certain
// that the first of them wins, unless a timeout comes from outside the queue.
func (p *person) endOnce(n int) (reason string) {
	t := p.t
	t.Helper()
	c := p.signIn(n)
	other, handle, timesOut := p.otherDevice(), c.Handle(), n%2 == 0
	endings, certain, release := p.queued(n, c, other, handle)
	var idle sync.WaitGroup
	if timesOut {
		idle.Go(func() {
			_, err := p.facts.ExecContext(t.Context(), `UPDATE sessions SET idle_expires_at = $1 WHERE id = $2`,
				time.Now().UTC().Truncate(time.Microsecond), handle)
			if err != nil {
				t.Error(err)
			}
		})
	}
	release()
	for _, ending := range endings {
		if a := ending.land(); a.StatusCode != http.StatusConflict { // which says that something else came first
			a.Want(http.StatusSeeOther)
		}
	}
	idle.Wait()
	if opens(c) || opens(other) != (p.other != nil) {
		t.Errorf("round %d: a session survived its endings, or one that none was for did not", n)
	}
	if err := p.facts.QueryRowContext(t.Context(), `SELECT end_reason FROM sessions WHERE id = $1`, handle).Scan(&reason); err != nil {
		t.Fatal(err)
	}
	if !timesOut && certain != "" && reason != certain {
		t.Errorf("round %d: the session ended as %q, want %q, which was first", n, reason, certain)
	}
	return reason
}

// queued starts the endings, in turns another one first. On PostgreSQL all of them wait for their release.
func (p *person) queued(n int, c, other *webtest.Client, handle string) (endings []*flight, certain string, release func()) {
	p.t.Helper()
	endMany := "end-others"
	if n%4 == 3 { // which takes the other device as well
		endMany, p.other = "end-all", nil
	}
	starts := []func() *flight{
		func() *flight { return sending(p.via(c, n+1), http.MethodPost, "/logout") },
		func() *flight {
			return sending(p.via(other, n+2), http.MethodPost, "/account/sessions/"+handle+"/end")
		},
		func() *flight { return sending(p.via(other, n+3), http.MethodPost, "/account/sessions/"+endMany) },
	}
	if !p.portals[0].onPostgres() {
		for i := range starts {
			endings = append(endings, starts[(n+i)%len(starts)]())
		}
		return endings, "", func() {}
	}
	l := p.lock(`SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE`, []any{handle}, "sessions", "users")
	for i := range starts {
		endings = append(endings, starts[(n+i)%len(starts)]())
		webtest.Until(p.t, "an ending to stop at the row", func() bool { return l.waiting() > i })
	}
	return endings, []string{"signed_out", "revoked", "revoked"}[n%len(starts)], l.release
}

// endedOnce makes sure that every session that is over has one ending, one event and one reason, and returns how
// many there are.
func endedOnce(t testing.TB, env environment) (over int) {
	t.Helper()
	db := env.facts(t).DB()
	for what, query := range map[string]string{
		"sessions that are over without exactly one event of it": `
			SELECT count(*) FROM sessions
			WHERE ended_at IS NOT NULL
				AND 1 <> (SELECT COALESCE(sum(times), 0) FROM events WHERE session_id = sessions.id AND kind = 'session_expired')`,
		"events whose reason is not that of their session": `
			SELECT count(*) FROM events JOIN sessions ON sessions.id = events.session_id
			WHERE kind = 'session_expired' AND (ended_at IS NULL OR reason <> end_reason)`,
	} {
		var n int
		if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			t.Errorf("%d %s, want 0", n, what)
		}
	}
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL`).Scan(&over); err != nil || over == 0 {
		t.Fatal("no session has ended", err)
	}
	t.Logf("%d sessions ended, each with one event", over)
	return over
}

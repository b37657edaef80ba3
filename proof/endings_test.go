package proof

import (
	"net/http"
	"sync"
	"testing"
	"time"
)

// raceEndings has four instances end one session at the same moment, each for a reason of its own: it is signed out,
// revoked, ended with all the others or with all, and timed out. endedOnce says what became of it.
func raceEndings(p *person) {
	p.t.Helper()
	for n := range *rounds {
		p.endOnce(n)
	}
}

func (p *person) endOnce(n int) {
	t := p.t
	t.Helper()
	c := p.signIn(n)
	other, handle, endMany := p.otherDevice(), c.handle(), "end-others"
	if n%4 == 3 { // which takes the other device as well
		endMany, p.other = "end-all", nil
	}
	timeOut := func() {
		_, err := p.facts.ExecContext(t.Context(), `UPDATE sessions SET idle_expires_at = $1 WHERE id = $2`,
			time.Now().UTC().Truncate(time.Microsecond), handle)
		if err != nil {
			t.Error(err)
		}
	}
	release := func() {}
	if p.portals[0].onPostgres() {
		l := p.lock(`SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE`, []any{handle}, "sessions", "users")
		release = func() {
			until(t, "the endings to stop at the row", func() bool { return l.waiting() >= 3 })
			l.release()
		}
	}
	endings := []*flight{
		c.at(p.at(n+1)).sending(http.MethodPost, "/logout"),
		other.at(p.at(n+2)).sending(http.MethodPost, "/account/sessions/"+handle+"/end"),
		other.at(p.at(n+3)).sending(http.MethodPost, "/account/sessions/"+endMany),
	}
	var idle sync.WaitGroup
	if n%2 == 0 {
		idle.Go(timeOut)
	}
	release()
	for _, ending := range endings {
		if a := ending.land(); a.status != http.StatusConflict { // which says that something else came first
			a.want(http.StatusSeeOther)
		}
	}
	idle.Wait()
	if c.alive() || other.alive() != (p.other != nil) {
		t.Errorf("round %d: a session survived its endings, or one that none was for did not", n)
	}
}

// endedOnce makes sure that every session that is over has one ending, one event and one reason.
func endedOnce(t testing.TB, g ground) {
	t.Helper()
	db := g.facts(t).DB()
	for what, query := range map[string]string{
		"sessions that are over without exactly one event of it": `
			SELECT count(*) FROM sessions
			WHERE ended_at IS NOT NULL
				AND 1 <> (SELECT count(*) FROM events WHERE session_id = sessions.id AND kind = 'session_expired')`,
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
	var over int
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL`).Scan(&over); err != nil || over == 0 {
		t.Fatal("no session has ended", err)
	}
	t.Logf("%d sessions ended, each with one event", over)
}

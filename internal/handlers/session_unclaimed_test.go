package handlers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

// lost is a browser whose answer to a press was lost: it still has the token from before the rotation.
func (p *portal) lost(u auth.User) *browser {
	p.t.Helper()
	b := p.signedIn(u)
	old := p.holding(b.Token())
	b.Post("/reauth", "password", password, "next", "/account").Leads("/account")
	p.exec(`UPDATE sessions SET rotated_at = $1 WHERE user_id = $2`, time.Now().UTC().Add(-session.RotationGrace), u.ID)
	return old
}

func (p *portal) lostAnswers(u auth.User) int {
	p.t.Helper()
	return p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE user_id = $1 AND kind = 'session_answer_lost'`, u.ID)
}

// Whoever did not get the answer to a rotation has to sign in again. Nobody is accused of theft.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Lotte")
		old := p.lost(u)
		if got := old.state(); got.State != "active" || p.lostAnswers(u) != 0 {
			t.Errorf("looking: got %+v and %d events, want active and none", got, p.lostAnswers(u))
		}
		for range 2 {
			res := old.Get("/account").Leads("/login?next=%2Faccount")
			old.Follow(res).Says("did not reach this browser")
		}
		old.Follow(old.Post("/session/extend", "next", "/account")).SaysNot("You are signed out")
		old.Post("/logout").Leads("/login")
		if old.Token() == "" {
			t.Error("the cookie was deleted: it may have been the next one")
		}
		if n := p.lostAnswers(u); n != 1 {
			t.Errorf("%d session_answer_lost events, want 1", n)
		}
		if n := p.count(`SELECT count(*) FROM sessions WHERE ended_at IS NULL AND flag = ''`); n != 1 {
			t.Errorf("%d live sessions without a flag, want 1", n)
		}
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind IN ('session_token_reused', 'session_flagged')`); n != 0 {
			t.Errorf("%d alarms, want none", n)
		}
		if got := p.emailsTo(u.Email); len(got) != 0 {
			t.Errorf("got emails %q, want none", got)
		}
		old.SignIn(u.Email, password)
		p.endedOnce(u.ID, "unclaimed")
		if n := p.count(`SELECT count(*) FROM sessions WHERE ended_at IS NULL`); n != 1 {
			t.Errorf("%d live sessions, want the new one", n)
		}
	})
}

// Another rotation may lose its answer too.
func TestAnswerLostTwice(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Lotte")
		b := p.signedIn(u)
		for n := range 2 {
			old := p.holding(b.Token())
			b.Post("/reauth", "password", password, "next", "/account").Leads("/account")
			p.exec(`UPDATE sessions SET rotated_at = $1`, time.Now().UTC().Add(-session.RotationGrace))
			old.Get("/account").Leads("/login?next=%2Faccount")
			if got := p.lostAnswers(u); got != n+1 {
				t.Errorf("%d session_answer_lost events, want %d", got, n+1)
			}
			b.Get("/account").Want(http.StatusOK)
		}
	})
}

// A visitor's cookie is replaced by the sign-in whose answer is lost, and the sign-in after it ends the session that nobody
// holds. That of somebody else in the same browser is left alone.
func TestLostSignIn(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u, other := p.newUser("Lotte"), p.newUser("Otto")
		b := p.browser()
		b.keeps("lantern")
		old := p.holding(b.Token())
		b.Post("/login", "email", u.Email, "password", password, "remember", "on").Leads("/account")
		p.exec(`UPDATE sessions SET rotated_at = $1`, time.Now().UTC().Add(-session.RotationGrace))
		again := p.holding(old.Token())
		p.signedIn(u).Get("/account/sessions").Want(http.StatusOK).Says("opened no page yet")
		old.SignIn(other.Email, password)
		if n := p.count(`SELECT count(*) FROM sessions WHERE ended_at IS NULL`); n != 3 {
			t.Errorf("%d live sessions after the sign-in of somebody else, want 3", n)
		}
		p.exec(`UPDATE sessions SET rotated_at = $1`, time.Now().UTC().Add(-time.Minute))
		again.SignIn(u.Email, password)
		p.endedOnce(u.ID, "unclaimed")
	})
}

// A session that no browser has come back to ends after ten minutes, however long it would last otherwise. Looking claims it.
func TestUnclaimedEnds(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Lotte")
	inTime(t, p, func(t *testing.T) {
		signIn := func() *browser {
			b := p.browser()
			b.Post("/login", "email", u.Email, "password", password, "remember", "on").Leads("/account")
			return b
		}
		looked, lost, late := signIn(), signIn(), signIn()
		time.Sleep(session.ClaimWithin - time.Second)
		looked.state()
		time.Sleep(time.Second)
		late.Follow(late.Get("/account")).Says("opened no page for 10 minutes")
		if err := p.sweepAll(t.Context()); err != nil {
			t.Error(err)
		}
		if n := p.count(`SELECT count(*) FROM sessions WHERE end_reason = 'unclaimed' AND ended_at = idle_expires_at`); n != 2 {
			t.Errorf("%d sessions ended as unclaimed at their time, want 2", n)
		}
		p.wantAlive(lost, false, "unclaimed")
		time.Sleep(7*24*time.Hour - session.ClaimWithin - time.Minute)
		p.wantAlive(looked, true, "looked at, and kept for a week since the sign-in")
	})
}

// While nothing can be written, a browser that comes back with its new token gets its pages all the same.
func TestClaimCannotBeWritten(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Lotte")
	b := p.browser()
	b.Post("/login", "email", u.Email, "password", password).Leads("/account")
	p.exec(`CREATE TRIGGER full BEFORE UPDATE ON sessions BEGIN SELECT RAISE(FAIL, 'the disk is full'); END`)
	b.Get("/account").Want(http.StatusOK)
	p.exec(`DROP TRIGGER full`)
	if p.count(`SELECT count(*) FROM sessions WHERE unclaimed_since IS NULL`) != 0 {
		t.Fatal("the session was claimed, want a claim that failed")
	}
	b.Get("/account").Want(http.StatusOK)
	if p.count(`SELECT count(*) FROM sessions WHERE unclaimed_since IS NULL`) != 1 {
		t.Error("the session is unclaimed after the next request")
	}
}

// What was typed in a session whose answer was lost waits for the same person to sign in again.
func TestDraftAfterALostAnswer(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Lotte")
		b := p.signedIn(u)
		next, _ := draftAt(b.Post(emailPage, "email", "typed.long@example.org"), "/reauth", emailPage)
		old := p.holding(b.Token())
		b.Post("/reauth", "password", password, "next", next).Want(http.StatusSeeOther)
		p.exec(`UPDATE sessions SET rotated_at = $1 WHERE user_id = $2`, time.Now().UTC().Add(-session.RotationGrace), u.ID)
		old.Follow(old.Get(next)).Says("What you typed is kept")
		old.Post("/login", "email", u.Email, "password", password, "next", next).Want(http.StatusSeeOther)
		if page := old.Follow(old.Post("/reauth", "password", password, "next", next)); !strings.Contains(page.Body, "typed.long@example.org") {
			t.Error("what was typed is not shown")
		}
	})
}

package handlers

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/webtest"
)

func TestIdleTimeout(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Ida")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		for range 3 { // each request starts the idle time again
			time.Sleep(29 * time.Minute)
			if !b.Alive() {
				t.Fatal("signed out before the idle timeout")
			}
		}
		token := b.Token()
		time.Sleep(30*time.Minute - time.Nanosecond)
		if got := p.replay(token).StatusCode; got != http.StatusOK {
			t.Fatalf("a nanosecond before the idle timeout: got %d, want 200", got)
		}
		time.Sleep(30 * time.Minute)
		dead := b.Get("/account")
		dead.Leads("/login?next=%2Faccount")
		if b.Token() != "" {
			t.Error("the cookie of the dead session was not deleted")
		}
		b.Follow(dead).Says("For your security, we signed you out").Says("did not use Gatehouse for 30 minutes")
		b.Get("/signed-out").Says("did not use Gatehouse for 30 minutes")
		if got := p.replay(token).StatusCode; got != http.StatusSeeOther {
			t.Errorf("the old token: got %d, want 303", got)
		}
	})
	p.endedOnce(u.ID, "idle")
}

// endedOnce checks that the person has one ended session, with that reason, a timeout dated when it struck and not when
// somebody looked, and one event saying so.
func (p *portal) endedOnce(userID, reason string) {
	p.t.Helper()
	if n := p.count(`SELECT count(*) FROM sessions WHERE user_id = $1 AND end_reason = $2
		AND ended_at = CASE end_reason WHEN 'idle' THEN idle_expires_at WHEN 'absolute' THEN expires_at ELSE ended_at END`, userID, reason); n != 1 {
		p.t.Errorf("%d sessions ended as %s at its time, want 1", n, reason)
	}
	if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE user_id = $1 AND kind = 'session_expired'`, userID); n != 1 {
		p.t.Errorf("%d session_expired events, want 1", n)
	}
}

// The touch interval is the one thing a session may end early by, and activity is never written more often.
func TestActivityIsWrittenOncePerTouchInterval(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Theo")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		time.Sleep(59 * time.Second)
		b.Get("/account").Want(http.StatusOK) // within the interval: not written
		time.Sleep(29*time.Minute + time.Second)
		if b.Alive() {
			t.Error("activity within the touch interval was written: the session outlived the idle timeout since sign-in")
		}
		c := p.signedIn(u)
		time.Sleep(61 * time.Second)
		c.Get("/account").Want(http.StatusOK) // beyond the interval: written
		time.Sleep(29*time.Minute + 30*time.Second)
		if !c.Alive() {
			t.Error("activity beyond the touch interval was not written")
		}
	})
}

func TestAbsoluteLifetime(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Abby")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		signedIn := time.Now()
		for n := 0; time.Since(signedIn) < 24*time.Hour-20*time.Minute; n++ {
			time.Sleep(20 * time.Minute)
			b.Get("/account").Want(http.StatusOK)
			b.Post("/session/extend").Want(http.StatusSeeOther)
			if n%8 == 0 {
				b.Reauth(password).Want(http.StatusSeeOther) // no rotation and no extension moves the limit
			}
		}
		time.Sleep(time.Until(signedIn.Add(24*time.Hour - time.Second)))
		if !b.Alive() {
			t.Fatal("signed out a second before the absolute limit")
		}
		time.Sleep(time.Second)
		b.Follow(b.Get("/account")).Says("Time to sign in again").Says("at most 24 hours")
	})
	p.endedOnce(u.ID, "absolute")
}

func TestKeepMeSignedIn(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Kim")
	inTime(t, p, func(t *testing.T) {
		b := p.browser()
		res := b.Post("/login", "email", u.Email, "password", password, "remember", "on")
		if line := cookieLine(res); !strings.Contains(line, "Max-Age=25920") { // 30 days, rounded up
			t.Errorf("got %q, want a cookie for 30 days", line)
		}
		b.state()
		for range 4 {
			time.Sleep(7*24*time.Hour - time.Hour)
			if !b.Alive() {
				t.Fatal("signed out before the idle timeout of a kept session")
			}
		}
		time.Sleep(3 * 24 * time.Hour)
		b.Follow(b.Get("/account")).Says("at most 30 days")
		c := p.browser()
		c.Post("/login", "email", u.Email, "password", password, "remember", "on").Want(http.StatusSeeOther)
		c.state()
		time.Sleep(7 * 24 * time.Hour)
		c.Follow(c.Get("/account")).Says("did not use Gatehouse for 7 days")
	})
}

// A kept session with an idle timeout below the minute that activity is otherwise written once in, as settings give it.
func TestKeptSessionInUseGoesOn(t *testing.T) {
	t.Parallel()
	s, _, err := (&config.Flags{RememberIdle: "20s"}).Settings()
	if err != nil {
		t.Fatal(err)
	}
	p := portalOn(t, sqliteBackend(t), func(o *Options, policy *settings) {
		policy.Remember = session.Limits{Idle: s.RememberIdle, Lifetime: s.RememberLifetime}
		policy.Touch, o.Warning = s.SessionTouch, s.SessionWarning
	})
	u := p.newUser("Kim")
	inTime(t, p, func(t *testing.T) {
		b := p.browser()
		b.Post("/login", "email", u.Email, "password", password, "remember", "on").Leads("/account")
		for range 180 {
			time.Sleep(time.Second)
			if page := b.Get("/account").Want(http.StatusOK); !strings.Contains(page.Body, `data-warn-ms="10000"`) {
				t.Fatal("the page warns before half of the idle timeout is over")
			}
		}
	})
}

func TestElevationEnds(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Elle")
	inTime(t, p, func(t *testing.T) {
		b, other := p.signedIn(u), p.signedIn(u)
		end := "/account/sessions/" + other.Handle() + "/end"
		b.Post(end).Leads("/reauth?next=" + strings.ReplaceAll(end, "/", "%2F"))
		b.Reauth(password).Leads("/account/sessions")
		time.Sleep(15*time.Minute - time.Nanosecond)
		b.Get("/account").Want(http.StatusOK) // use does not slide the window
		time.Sleep(time.Nanosecond)
		b.Post(end).Leads("/reauth?next=" + strings.ReplaceAll(end, "/", "%2F"))
		if !other.Alive() {
			t.Error("ended with a stale re-authentication")
		}
		b.Reauth(password).Leads("/account/sessions")
		time.Sleep(15*time.Minute - time.Nanosecond)
		other.Get("/account").Want(http.StatusOK)
		b.Post(end).Leads("/account/sessions")
		if other.Alive() {
			t.Error("not ended within the elevation window")
		}
	})
}

// Looking is not activity: a page that asks every minute dies at the same instant as one that does not.
func TestLookingDoesNotExtend(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Lou")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		for minute := range 30 {
			s := b.state()
			if want := int64(30-minute) * 60_000; s.State != "active" || s.IdleMS != want {
				t.Fatalf("minute %d: got %+v, want active with %d ms", minute, s, want)
			}
			time.Sleep(time.Minute)
		}
		res := b.Get("/session/state").Want(http.StatusOK)
		if want := `{"state":"ended","reason":"idle","where":"/signed-out"}`; strings.TrimSpace(res.Body) != want {
			t.Errorf("got %s, want %s", res.Body, want)
		}
		if b.Token() != "" {
			t.Error("the cookie of the dead session was not deleted")
		}
		b.Get("/signed-out").Says("did not use Gatehouse for 30 minutes")
	})
}

func (b *browser) state() stateJSON {
	b.p.t.Helper()
	var s stateJSON
	res := b.Get("/session/state").Want(http.StatusOK)
	if err := json.Unmarshal([]byte(res.Body), &s); err != nil {
		b.p.t.Fatalf("state: %v in %q", err, res.Body)
	}
	if cookies := res.Header.Values("Set-Cookie"); s.State == "active" && len(cookies) > 0 {
		b.p.t.Errorf("looking sets cookies: %q", cookies)
	}
	return s
}

func TestExtend(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Xena")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		time.Sleep(30 * time.Second) // within the touch interval, yet counted: the person asked for it
		r := b.NewRequest("POST", "/session/extend", nil)
		r.Header.Set("Accept", "application/json")
		var s stateJSON
		if err := json.Unmarshal([]byte(b.Do(r).Want(http.StatusOK).Body), &s); err != nil || s.State != "active" || s.IdleMS != 30*60_000 {
			t.Errorf("got %+v, %v, want active with 30 minutes", s, err)
		}
		time.Sleep(30*time.Minute - time.Second)
		b.Post("/session/extend", "next", "/account/security").Leads("/account/security")
		b.Get("/account/security").Says("You stay signed in.")
		time.Sleep(23*time.Hour + 59*time.Minute)
		r = b.NewRequest("POST", "/session/extend", nil)
		r.Header.Set("Accept", "application/json")
		if got := b.Do(r).Want(http.StatusOK).Body; !strings.Contains(got, `"state":"ended","reason":"idle"`) {
			t.Errorf("extending a dead session: got %s", got)
		}
	})
	p.endedOnce(u.ID, "idle")
}

// The sweeper ends what nobody looks at, dated when it struck, and forgets what is no longer kept.
func TestSweep(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Sid")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		due := time.Now().Add(30 * time.Minute).UTC()
		time.Sleep(3 * time.Hour)
		for range 2 {
			if err := p.sweepAll(p.t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		p.endedOnce(u.ID, "idle")
		_, ended, err := p.sessions.RecentSessions(t.Context(), u.ID)
		if err != nil || len(ended) != 1 || !ended[0].EndedAt.Equal(due) {
			t.Errorf("got %v, %v, want one ending at %s", ended, err, due)
		}
		token := b.Token()
		time.Sleep(30 * 24 * time.Hour)
		if err := p.sweepAll(p.t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := p.count(`SELECT count(*) FROM sessions`); n != 0 {
			t.Errorf("%d ended sessions left after 30 days, want 0", n)
		}
		if res := p.replay(token); res.StatusCode != http.StatusSeeOther || !strings.Contains(cookieLine(res), "Max-Age=0") {
			t.Errorf("a forgotten token: got %d, cookie %q, want 303 and the cookie deleted", res.StatusCode, cookieLine(res))
		}
	})
}

// cookieLine returns the raw Set-Cookie line of the session cookie, "" without one.
func cookieLine(a *webtest.Answer) string {
	for _, line := range a.Header.Values("Set-Cookie") {
		if strings.HasPrefix(line, "__Host-id=") {
			return line
		}
	}
	return ""
}

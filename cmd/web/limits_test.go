package main

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

const (
	shortIdle      = 8 * time.Second // longer than a slow machine pauses between two requests
	shortLifetime  = 14 * time.Second
	shortElevation = 2 * time.Second
	shortTouch     = shortIdle / 30 // what the portal makes of the idle timeout
)

// TestLimitsHold runs with limits of seconds in real time. It asserts no duration that a slow machine could stretch:
// an answer has to agree with what the row says about the moments at which it was asked for and received.
func TestLimitsHold(t *testing.T) {
	for backend, on := range backends {
		t.Run(backend, func(t *testing.T) {
			t.Parallel()
			p := start(t, on(t), "--session-idle=8s", "--session-lifetime=14s", "--session-elevation=2s", "--sweep-every=500ms")
			for name, test := range map[string]func(*testing.T, *program){
				"idle": idleLimitHolds, "absolute": absoluteLimitHolds, "elevation": elevationHolds,
			} {
				if !*full && name != "elevation" {
					continue // TestIdleTimeout and TestAbsoluteLifetime of handlers have these on a clock of the test
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					test(t, p)
				})
			}
		})
	}
}

// idleLimitHolds looks again and again, which is no activity, until the session is over.
func idleLimitHolds(t *testing.T, p *program) {
	email := p.account(t, "Ada Lovelace")
	c := p.Client(t)
	c.SignIn(email, webtest.Password)
	handle := c.Handle()
	signedIn := p.times(t, handle).lastSeenAt
	var last, seen time.Time // around the request that is the last activity
	webtest.Until(t, "activity on record", func() bool {
		last = time.Now()
		c.Get("/account").Want(http.StatusOK)
		seen = time.Now()
		return p.times(t, handle).lastSeenAt.After(signedIn)
	})

	asked := watching(t, func() bool { return state(c) == "active" })
	row := p.times(t, handle)
	if row.reason != "idle" || !row.endedAt.Equal(row.lastSeenAt.Add(shortIdle)) {
		t.Errorf("got %s at %s with last activity at %s, want idle %s after it", row.reason, row.endedAt, row.lastSeenAt, shortIdle)
	}
	if row.lastSeenAt.Before(last.Add(-shortTouch)) || row.lastSeenAt.After(seen) {
		t.Errorf("activity is on record at %s, want it between %s (less %s) and %s", row.lastSeenAt, last, shortTouch, seen)
	}
	asked.agree(t, row.endedAt)
	c.Get("/signed-out").Says("You did not use Gatehouse for 8 seconds")
	c.Get("/login").Says("For your security, we signed you out")
	p.endedOnce(t, email, handle, "A session ended because it was not used for too long")
}

// absoluteLimitHolds works without a pause until the session is over. Neither that nor a re-authentication moves the end.
func absoluteLimitHolds(t *testing.T, p *program) {
	email := p.account(t, "Ada Lovelace")
	c := p.Client(t)
	c.SignIn(email, webtest.Password)
	handle := c.Handle()
	c.Reauth(webtest.Password).Leads("/account/sessions")
	asked := watching(t, func() bool { return c.Get("/account").StatusCode == http.StatusOK })
	row := p.times(t, handle)
	if asked.longestPause() >= shortIdle-shortTouch {
		t.Log("this machine paused the test until the session was idle: once more")
		absoluteLimitHolds(t, p)
		return
	}
	if row.reason != "absolute" || !row.endedAt.Equal(row.createdAt.Add(shortLifetime)) {
		t.Errorf("got %s at %s, want absolute %s after the sign-in at %s", row.reason, row.endedAt, shortLifetime, row.createdAt)
	}
	asked.agree(t, row.endedAt)
	c.Get("/signed-out").Says("Sessions last at most 14 seconds")
	c.Get("/login").Says("Time to sign in again")
	p.endedOnce(t, email, handle, "A session ended because it reached its absolute limit")
}

// elevationHolds asks for the re-authentication page, which is shown only to those who need it.
func elevationHolds(t *testing.T, p *program) {
	c := p.Client(t)
	c.SignIn(p.account(t, "Ada Lovelace"), webtest.Password)
	handle := c.Handle()
	end := "/account/sessions/" + handle + "x/end"
	c.Post(end).Leads("/reauth?next=" + strings.ReplaceAll(end, "/", "%2F"))
	before := time.Now()
	c.Reauth(webtest.Password).Leads("/account/sessions")
	after := time.Now()
	var confirmed time.Time
	p.ask(t, `SELECT elevated_until FROM sessions WHERE id = $1`, []any{handle}, &confirmed)
	if confirmed.Before(before.Add(shortElevation).Truncate(time.Microsecond)) || confirmed.After(after.Add(shortElevation)) {
		t.Errorf("confirmed until %s, want %s after a moment between %s and %s", confirmed, shortElevation, before, after)
	}
	if got := c.Post(end).StatusCode; got != http.StatusNotFound && time.Now().Before(confirmed) {
		t.Errorf("POST of an unknown handle while confirmed: got %d, want %d", got, http.StatusNotFound)
	}
	asked := watching(t, func() bool { return c.Get("/reauth").StatusCode == http.StatusSeeOther })
	asked.agree(t, confirmed)
	c.Post(end).Leads("/reauth?next=" + strings.ReplaceAll(end, "/", "%2F"))
}

// A watch is when a question was asked for the last time with one answer, and answered for the first time with another.
type watch struct {
	sent     []time.Time // each time it was asked
	received time.Time   // the last answer
}

// watching asks while the answer is yes.
func watching(t testing.TB, yes func() bool) watch {
	t.Helper()
	var w watch
	webtest.Until(t, "an end", func() bool {
		w.sent = append(w.sent, time.Now())
		again := yes()
		w.received = time.Now()
		return !again
	})
	return w
}

// agree compares the answers with the moment on record. A question that was asked after it and answered with yes would
// be a limit that came late, a no received before it one that came early.
func (w watch) agree(t *testing.T, end time.Time) {
	t.Helper()
	if len(w.sent) > 1 && w.sent[len(w.sent)-2].After(end) {
		t.Errorf("asked at %s, got a yes, want the end at %s", w.sent[len(w.sent)-2], end)
	}
	if w.received.Before(end) {
		t.Errorf("got a no by %s, want none before %s", w.received, end)
	}
}

func (w watch) longestPause() (longest time.Duration) {
	for i := range len(w.sent) - 1 {
		longest = max(longest, w.sent[i+1].Sub(w.sent[i]))
	}
	return longest
}

// state asks as the script of a page does.
func state(c *webtest.Client) string {
	c.T.Helper()
	var answer struct{ State string }
	if err := json.Unmarshal([]byte(c.Get("/session/state").Want(http.StatusOK).Body), &answer); err != nil {
		c.T.Fatal(err)
	}
	return answer.State
}

type times struct {
	createdAt, lastSeenAt, endedAt time.Time
	reason                         string
}

// times reads what the row of a session says.
func (p *program) times(t *testing.T, handle string) (row times) {
	t.Helper()
	var endedAt sql.NullTime
	p.ask(t, `SELECT created_at, last_seen_at, ended_at, end_reason FROM sessions WHERE id = $1`, []any{handle},
		&row.createdAt, &row.lastSeenAt, &endedAt, &row.reason)
	row.endedAt = endedAt.Time
	return row
}

// endedOnce counts how often an ending was written down that requests and the sweeper have noticed.
func (p *program) endedOnce(t *testing.T, email, handle, sentence string) {
	t.Helper()
	var events int
	p.ask(t, `SELECT COALESCE(sum(times), 0) FROM events WHERE session_id = $1 AND kind = 'session_expired'`, []any{handle}, &events)
	if events != 1 {
		t.Errorf("session %s ended %d times in the log, want once", handle, events)
	}
	again := p.Client(t)
	again.SignIn(email, webtest.Password)
	page := again.Get("/account/activity").Want(http.StatusOK)
	if n := strings.Count(page.Text(), sentence); n != 1 {
		t.Errorf("activity says %q %d times, want once:\n%s", sentence, n, page.Text())
	}
}

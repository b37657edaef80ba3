package demo

import (
	"cmp"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// A device of the story and where it is used, at addresses for documentation alone (RFC 5737, RFC 3849).
type storyDevice struct{ agent, ip, lastIP string }

var (
	laptop = storyDevice{agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15", ip: "203.0.113.24"}
	phone  = storyDevice{agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1", ip: "203.0.113.24", lastIP: "2001:db8:4c1:22::77"}
	tablet = storyDevice{agent: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", ip: "203.0.113.24"}
	office = storyDevice{agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", ip: "198.51.100.23"}
	script = storyDevice{agent: "curl/8.14.1", ip: "198.51.100.40"}
	former = storyDevice{agent: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile Safari/537.36", ip: "203.0.113.24"}
	hotel  = storyDevice{agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", ip: "192.0.2.140"}
	afar   = storyDevice{agent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", ip: "192.0.2.200"}
)

// A story is the made-up history of a demo account. It fits the limits in force: an event that they would have
// prevented is left out.
type story struct {
	Demo
	policy session.Policy
	at     time.Time // when the demo begins
	opened int       // how many sessions are signed in
}

// fill fills the account of u with a history of five weeks.
func fill(p session.Policy, u auth.User) Demo {
	t := &story{Demo: Demo{User: u}, policy: p, at: u.DemoUntil.Add(-auth.DemoLife)}
	changed := t.ago(21, 0, 12)
	t.User.CreatedAt, t.User.PasswordChangedAt = t.ago(34, 2, 5), changed
	t.event(audit.UserCreated, laptop.session(), t.User.CreatedAt, "")
	t.timedOut(laptop, t.ago(34, 2, 1), 25*time.Minute)

	// Somebody guesses, and the owner changes the password.
	t.event(audit.LoginFail, afar.session(), t.ago(21, 1, 3), "password")
	t.event(audit.LoginFail, afar.session(), t.ago(21, 1, 2), "password")
	from := t.ended(laptop, t.ago(21, 0, 20), t.ago(20, 23, 2), session.ReasonSignedOut, "")
	t.event(audit.PasswordChange, from, changed, "")
	t.event(audit.SessionRenewed, from, changed, "password_changed")
	if p.SessionsPerUser > 1 {
		t.ended(former, t.ago(21, 2, 40), changed, session.ReasonPasswordChanged, from.ID)
	}

	// The sessions that are signed in now, the most interesting first. All of it began after the password was changed.
	if x := t.open(office, span{back(2, 6, 0), 18 * time.Minute}, span{back(0, 2, 20), 2 * time.Minute}); x != nil {
		t.copied(x)
	}
	if x := t.open(phone, span{back(12, 3, 17), back(0, 3, 10)}, span{back(0, 5, 0), 3 * time.Minute}); x != nil && x.Remembered {
		revoked := t.ago(9, 2, 1)
		t.confirmed(x, revoked.Add(-min(time.Minute, p.Elevation/2)))
		t.ended(hotel, t.ago(9, 5, 30), revoked, session.ReasonRevoked, x.ID)
	}
	t.open(tablet, span{back(5, 0, 44), back(1, 2, 0)}, span{back(0, 3, 5), 5 * time.Minute})
	t.open(script, span{}, span{45 * time.Minute, 4 * time.Minute})

	t.event(audit.LoginFail, afar.session(), t.ago(6, 11, 8), "password")
	t.timedOut(hotel, t.ago(1, 4, 6), 40*time.Minute)
	return t.Demo
}

// A span is how long ago a session began and was used last.
type span struct{ began, used time.Duration }

// open adds a session that is signed in: a remembered one, if that is offered and the span fits its limits, or an
// ordinary one. At least half of its idle time is left, so that it does not end during the visit. It leaves room for
// the owner's own session. It returns nil if nothing fits; the pointer is good until the next session is added.
func (t *story) open(d storyDevice, kept, ordinary span) *session.Session {
	s, remembered := kept, t.fits(kept, true)
	if !remembered {
		s = ordinary
	}
	if t.opened+1 >= t.policy.SessionsPerUser || !remembered && !t.fits(ordinary, false) {
		return nil
	}
	t.opened++
	x := t.begin(d, t.at.Add(-s.began), remembered)
	t.signedIn(x)
	t.used(&x, t.at.Add(-s.used))
	x.LastIP = cmp.Or(d.lastIP, d.ip)
	t.Sessions = append(t.Sessions, x)
	return &t.Sessions[len(t.Sessions)-1]
}

func (t *story) fits(s span, kept bool) bool {
	return s.began > 0 && s.began < t.policy.For(kept).Lifetime && 2*s.used <= t.policy.For(kept).Idle
}

// timedOut adds a session that was left open after some use and ended as idle.
func (t *story) timedOut(d storyDevice, began time.Time, use time.Duration) {
	if end := began.Add(use + t.policy.Idle); end.Before(t.at) {
		t.ended(d, began, end, session.ReasonIdle, "")
	}
}

// ended adds an ended session, unless the limits do not allow it to last so long. If its row would be pruned by now,
// only the events are added.
func (t *story) ended(d storyDevice, began, end time.Time, why session.Reason, by string) session.Session {
	x := t.begin(d, began, false)
	if end.After(x.ExpiresAt) || why == session.ReasonIdle && !end.Before(x.ExpiresAt) {
		return d.session()
	}
	t.signedIn(x)
	t.used(&x, end.Add(-min(2*time.Minute, t.policy.Idle/2)))
	if why == session.ReasonIdle {
		t.used(&x, end.Add(-t.policy.Idle))
	}
	if why == session.ReasonSignedOut {
		by = x.ID
	}
	x.EndedAt, x.EndReason, x.EndedBy = end, why, by
	t.event(audit.SessionExpired, x, end, string(why))
	if end.After(t.at.Add(-t.policy.KeepEnded)) {
		t.Sessions = append(t.Sessions, x)
	}
	return x
}

// confirmed re-authenticates, which swaps the token.
func (t *story) confirmed(x *session.Session, at time.Time) {
	x.RotatedAt = at
	t.event(audit.ReauthSuccess, *x, at, "")
	t.event(audit.SessionRenewed, *x, at, "reauthentication")
}

// copied adds the event of an old token that somebody far away presents.
func (t *story) copied(x *session.Session) {
	age := t.at.Sub(x.CreatedAt)
	t.confirmed(x, t.at.Add(-age/2))
	x.Flag = session.FlagTokenReused
	thief := afar.session()
	thief.ID = x.ID
	t.event(audit.SessionTokenReused, thief, t.at.Add(-age/4), "")
}

// begin returns a session of this device as it is after its sign-in.
func (t *story) begin(d storyDevice, at time.Time, kept bool) session.Session {
	x := d.session()
	x.ID, x.UserID, x.TokenHash = audit.NewID(), t.User.ID, auth.HashToken(auth.NewToken()) // a token that no browser has
	x.Method, x.Remembered, x.CreatedAt, x.RotatedAt = auth.MethodPassword, kept, at, at
	x.ExpiresAt = at.Add(t.policy.For(kept).Lifetime)
	return x
}

func (t *story) signedIn(x session.Session) {
	t.event(audit.LoginSuccess, x, x.CreatedAt, string(x.Method))
	t.event(audit.SessionCreated, x, x.CreatedAt, "")
}

func (t *story) used(x *session.Session, at time.Time) {
	x.LastSeenAt, x.IdleExpiresAt = at, t.policy.IdleEnd(at, x.Remembered, x.ExpiresAt)
}

// session is one on this device, before anything else is known of it.
func (d storyDevice) session() session.Session {
	return session.Session{UserAgent: d.agent, IP: d.ip, LastIP: d.ip}
}

func (t *story) event(kind audit.Kind, x session.Session, at time.Time, reason string) {
	t.Events = append(t.Events, audit.Event{
		ID: audit.NewID(), UserID: t.User.ID, SessionID: x.ID, Kind: kind, Reason: reason,
		Client: device.Client{IP: x.IP, UserAgent: x.UserAgent}, At: at,
	})
}

func (t *story) ago(days, hours, minutes int) time.Time { return t.at.Add(-back(days, hours, minutes)) }

func back(days, hours, minutes int) time.Duration {
	return time.Duration(24*days+hours)*time.Hour + time.Duration(minutes)*time.Minute
}

package demo

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

const day = 24 * time.Hour

var standard = session.Policy{
	Limits: session.Limits{Idle: 30 * time.Minute, Lifetime: day}, Remember: session.Limits{Idle: 7 * day, Lifetime: 30 * day},
	Elevation: 15 * time.Minute, Touch: time.Minute, KeepEnded: 30 * day, SessionsPerUser: 20,
}

// Under any limits, a new demo account shows only what those limits allow.
func TestTheStoryFitsThePolicy(t *testing.T) {
	adjusted := func(adjust func(*session.Policy)) session.Policy {
		p := standard
		adjust(&p)
		return p
	}
	for name, tt := range map[string]struct {
		policy      session.Policy
		open, ended int
	}{
		"standard": {standard, 4, 4},
		"banking": {adjusted(func(p *session.Policy) {
			p.Idle, p.Lifetime, p.Remember.Idle, p.Remember.Lifetime = 10*time.Minute, 8*time.Hour, 0, 0
		}), 4, 3},
		"relaxed":            {adjusted(func(p *session.Policy) { p.Idle = 2 * time.Hour }), 4, 4},
		"idle for days":      {adjusted(func(p *session.Policy) { p.Idle, p.Lifetime = 2*day, 22*day }), 4, 3},
		"nothing kept":       {adjusted(func(p *session.Policy) { p.Remember.Idle, p.Remember.Lifetime = 0, 0 }), 4, 3},
		"kept for hours":     {adjusted(func(p *session.Policy) { p.Remember.Idle, p.Remember.Lifetime = time.Hour, 3*time.Hour }), 4, 3},
		"kept for ten days":  {adjusted(func(p *session.Policy) { p.Remember.Lifetime = 10 * day }), 4, 3},
		"three sessions":     {adjusted(func(p *session.Policy) { p.SessionsPerUser = 3 }), 2, 4},
		"one session":        {adjusted(func(p *session.Policy) { p.SessionsPerUser = 1 }), 0, 2},
		"ended kept an hour": {adjusted(func(p *session.Policy) { p.KeepEnded = time.Hour }), 4, 0},
		"an hour": {adjusted(func(p *session.Policy) {
			p.Idle, p.Lifetime, p.Elevation, p.Remember.Idle, p.Remember.Lifetime = 5*time.Minute, time.Hour, 2*time.Second, 0, 0
		}), 0, 1},
		"seconds": {adjusted(func(p *session.Policy) {
			p.Idle, p.Lifetime, p.Elevation, p.Remember.Idle, p.Remember.Lifetime = 3*time.Second, 8*time.Second, 2*time.Second, 0, 0
		}), 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			at := audit.Now()
			d := fill(tt.policy, newDemoUser("hash", at))
			var open, ended int
			for _, x := range d.Sessions {
				if x.EndedAt.IsZero() {
					open++
				} else {
					ended++
				}
				checkSession(t, tt.policy, d.User, x, at)
			}
			if open != tt.open || ended != tt.ended {
				t.Errorf("got %d sessions open and %d ended, want %d and %d", open, ended, tt.open, tt.ended)
			}
			checkEvents(t, tt.policy, d, at)
		})
	}
}

func checkSession(t *testing.T, p session.Policy, u auth.User, x session.Session, at time.Time) {
	t.Helper()
	wrong := func(what string) { t.Errorf("%s: %+v", what, x) }
	until, endedAs := at, x.EndReason
	if !x.EndedAt.IsZero() {
		until = x.EndedAt
	}
	switch {
	case x.UserID != u.ID || x.TokenHash == "" || x.Method == "" || !audit.IsID(x.ID):
		wrong("incomplete")
	case x.Remembered && p.Remember.Lifetime == 0:
		wrong("kept where nothing is kept")
	case !x.ExpiresAt.Equal(x.CreatedAt.Add(p.For(x.Remembered).Lifetime)):
		wrong("another lifetime than the policy's")
	case !x.IdleExpiresAt.Equal(p.IdleEnd(x.LastSeenAt, x.Remembered, x.ExpiresAt)):
		wrong("another idle timeout than the policy's")
	case x.LastSeenAt.Before(x.RotatedAt), x.RotatedAt.Before(x.CreatedAt), x.LastSeenAt.After(until):
		wrong("out of order")
	case x.CreatedAt.Before(u.PasswordChangedAt) && x.EndedAt.IsZero():
		wrong("outlived the password change")
	case x.EndedAt.IsZero() != (endedAs == ""), x.EndedAt.IsZero() && !at.Before(x.IdleExpiresAt):
		wrong("neither live nor ended")
	case endedAs == session.ReasonIdle && !x.EndedAt.Equal(x.IdleExpiresAt), endedAs != session.ReasonIdle && x.EndedAt.After(x.IdleExpiresAt):
		wrong("ended at another time than its idle timeout says")
	case endedAs != "" && !x.EndedAt.After(at.Add(-p.KeepEnded)):
		wrong("would be pruned at once")
	}
	checkAddress(t, x.IP)
	checkAddress(t, x.LastIP)
}

// checkAddress requires an address reserved for documentation: RFC 5737, RFC 3849.
func checkAddress(t *testing.T, ip string) {
	t.Helper()
	for _, reserved := range []string{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"} {
		if netip.MustParsePrefix(reserved).Contains(netip.MustParseAddr(ip)) {
			return
		}
	}
	t.Errorf("%s may be somebody's address", ip)
}

func checkEvents(t *testing.T, p session.Policy, d Demo, at time.Time) {
	t.Helper()
	began, over, shown := map[string]time.Time{}, map[string]time.Time{}, map[audit.Kind]int{}
	for _, e := range d.Events {
		shown[e.Kind]++
		checkAddress(t, e.Client.IP)
		if e.UserID != d.User.ID || e.At.After(at) || e.At.Before(d.User.CreatedAt) {
			t.Errorf("not of this account's past: %+v", e)
		}
		switch e.Kind {
		case audit.LoginSuccess:
			began[e.SessionID] = e.At
		case audit.SessionExpired:
			over[e.SessionID] = e.At
		case audit.PasswordChange:
			if !e.At.Equal(d.User.PasswordChangedAt) {
				t.Errorf("the password changed at %s, the event is of %s", d.User.PasswordChangedAt, e.At)
			}
		}
	}
	for _, x := range d.Sessions {
		if !began[x.ID].Equal(x.CreatedAt) || !over[x.ID].Equal(x.EndedAt) {
			t.Errorf("events say %s to %s of %+v", began[x.ID], over[x.ID], x)
		}
	}
	// Over all of the story no more sessions were open at once than may be.
	for id, from := range began {
		atOnce := 0
		for other := range began {
			if end := over[other]; !began[other].After(from) && (end.IsZero() || end.After(from)) {
				atOnce++
			}
		}
		if atOnce > p.SessionsPerUser {
			t.Errorf("%d sessions at the sign-in of %s, the limit is %d", atOnce, id, p.SessionsPerUser)
		}
	}
	if shown[audit.PasswordChange] != 1 || shown[audit.LoginFail] != 3 || shown[audit.UserCreated] != 1 || shown[audit.LoginSuccess] != len(began) {
		t.Errorf("got %v", shown)
	}
}

func TestTheStoryIsLively(t *testing.T) {
	d := fill(standard, newDemoUser("hash", audit.Now()))
	if len(d.Events) < 25 {
		t.Errorf("got %d events, want 25 and more", len(d.Events))
	}
	var kept, flagged int
	reasons, tokens := map[session.Reason]bool{}, map[string]bool{}
	for _, x := range d.Sessions {
		reasons[x.EndReason], tokens[x.TokenHash] = true, true
		if x.Remembered {
			kept++
		}
		if x.Flag == session.FlagTokenReused {
			flagged++
		}
	}
	if kept != 3 || flagged != 1 || len(reasons) != 5 || len(tokens) != len(d.Sessions) {
		t.Errorf("got %d kept, %d flagged, reasons %v, %d tokens of %d sessions", kept, flagged, reasons, len(tokens), len(d.Sessions))
	}
}

func TestCoarse(t *testing.T) {
	for ip, want := range map[string]string{
		"203.0.113.77": "203.0.113.0", "::ffff:203.0.113.77": "203.0.113.0", "2001:db8:12:34:56::78": "2001:db8:12::",
		"fe80::1%eth0": "fe80::", "127.0.0.1": "127.0.0.0", "": "", "unknown": "",
	} {
		if got := (device.Client{IP: ip}).Coarse().IP; got != want {
			t.Errorf("coarse(%q): got %q, want %q", ip, got, want)
		}
		if got := audit.Recorded("ORDINARY", device.Client{IP: ip}).IP; got != ip {
			t.Errorf("%q of an ordinary account is kept as %q", ip, got)
		}
	}
}

// Demo accounts share no ids, tokens or passwords, so that knowing one does not help with another.
func TestDemoUsersDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		u := newDemoUser("hash", audit.Now())
		if _, err := auth.NormalizeEmail(u.Email); err != nil || !auth.IsDemoAddress(u.NormalizedEmail) || !audit.IsDemo(u.ID) || u.Role != auth.RoleMember || !u.IsDemo() {
			t.Fatalf("got %+v, %v", u, err)
		}
		for _, once := range []string{u.ID, u.Email} {
			if seen[once] {
				t.Errorf("%s twice", once)
			}
			seen[once] = true
		}
		if words := strings.Fields(u.Name); len(words) != 2 {
			t.Errorf("name %q", u.Name)
		}
	}
	if err := auth.CheckNewPassword(auth.NewPassword(), auth.MinPassword, "Marta Reis", fmt.Sprint("visitor", auth.DemoDomain)); err != nil {
		t.Error(err)
	}
}

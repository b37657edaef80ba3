package store_test

import (
	"slices"
	"testing"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
)

func TestSignInHistory(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		newUser(t, s, "bea")
		add := func(id, user string, kind audit.Kind, after time.Duration) {
			t.Helper()
			e := event(id, user, kind)
			e.At = at.Add(after)
			if err := s.AddEvent(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		want := func(signedIn bool, failures int, known ...device.Set) {
			t.Helper()
			h, err := s.SignInHistory(t.Context(), "ada")
			slices.Sort(h.Known)
			if err != nil || h.SignedIn != signedIn || h.Failures != failures || !slices.Equal(h.Known, known) {
				t.Errorf("got %+v, %v, want %t, %d, %q", h, err, signedIn, failures, known)
			}
		}
		add("hers", "bea", audit.LoginSuccess, time.Hour)
		add("not hers", "bea", audit.LoginFail, 2*time.Hour)
		want(false, 0)
		add("1", "ada", audit.LoginFail, 0)
		want(false, 1)
		add("2", "ada", audit.LoginSuccess, time.Second)
		want(true, 0)
		add("3", "ada", audit.LoginFail, 2*time.Second)
		add("4", "ada", audit.ReauthFail, 2*time.Second)
		add("5", "ada", audit.LoginFail, 3*time.Second)
		want(true, 2)

		for id, reason := range map[string]session.Reason{"live": "", "idle": session.ReasonIdle, "changed": session.ReasonPasswordChanged, "revoked": session.ReasonRevoked} {
			x := newSession(id, "ada")
			x.Known = device.Set("browser " + id)
			open(t, s, x)
			if x.EndReason, x.EndedAt = reason, at; reason == session.ReasonIdle {
				x.EndedAt = x.IdleExpiresAt
			}
			if reason != "" {
				if _, err := s.EndSession(t.Context(), x, audit.Actor{}, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		open(t, s, newSession("beas", "bea"))
		want(true, 2, "browser changed", "browser idle", "browser live")

		for i := range session.MaxFailures {
			add("many"+string(rune('a'+i%26))+time.Duration(i).String(), "ada", audit.LoginFail, time.Minute)
		}
		want(true, session.MaxFailures, "browser changed", "browser idle", "browser live")
	})
}

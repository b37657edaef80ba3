package store_test

import (
	"errors"
	"testing"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
)

// A name changes once for each reading of it, from a live session, together with its event.
func TestChangeName(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		newUser(t, s, "bea")
		by, beas := newSession("by", "ada"), newSession("beas", "bea")
		open(t, s, by)
		open(t, s, beas)
		change := func(by session.Session, from, to string, at time.Time) error {
			return s.ChangeName(t.Context(), account.ChangeNameParams{
				By: by.By(device.Client{}), Old: from, Name: to, At: at, Event: event("changed-"+to, by.UserID, audit.ProfileChanged),
			})
		}
		replaced := by
		replaced.TokenHash = "replaced"
		for what, err := range map[string]error{
			"read too early":        change(by, "Name before", "a", at),
			"a replaced token":      change(replaced, "Name of ada", "b", at),
			"a timed-out session":   change(by, "Name of ada", "c", by.IdleExpiresAt),
			"another person's name": change(by, "Name of bea", "d", at),
		} {
			if !errors.Is(err, auth.ErrConflict) {
				t.Errorf("%s: got %v, want ErrConflict", what, err)
			}
		}
		if err := change(by, "Name of ada", "Ada", at); err != nil {
			t.Fatal(err)
		}
		if err := change(by, "Name of ada", "e", at); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("second of two: got %v, want ErrConflict", err)
		}
		for key, want := range map[string]string{"ada@example.org": "Ada", "bea@example.org": "Name of bea"} {
			if u, err := s.UserByEmail(t.Context(), key); err != nil || u.Name != want {
				t.Errorf("%s is called %q, %v, want %q", key, u.Name, err, want)
			}
		}
		if got, err := s.Events(t.Context(), "ada", audit.Filter{Kinds: []audit.Kind{audit.ProfileChanged}, Limit: 10}); err != nil || len(got) != 1 {
			t.Errorf("got events %v, %v, want one", got, err)
		}
		if _, err := s.DB().ExecContext(t.Context(), `UPDATE users SET disabled_at = $1 WHERE id = 'bea'`, at); err != nil {
			t.Fatal(err)
		}
		if err := change(beas, "Name of bea", "f", at); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("disabled account: got %v, want ErrConflict", err)
		}
	})
}

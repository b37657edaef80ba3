package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/internal/store/storetest"
)

// Of many presses of one form at once, one is stored: one change, one event, one email.
func TestPressOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		u := newUser(t, s, "ada")
		x := newSession("one", "ada")
		open(t, s, x)
		by, serial := x.By(device.Client{}), atomic.Int64{}
		for what, do := range map[string]func(ctx context.Context, id string, p account.Press) error{
			"sign-up": func(ctx context.Context, id string, p account.Press) error {
				return s.AddSignUp(ctx, account.SignUp{TokenHash: id, CreatedAt: at, ExpiresAt: at.Add(time.Hour)}, p, audit.NewEvent(audit.SignUpRequested, "", "", device.Client{}))
			},
			"taken address": func(ctx context.Context, id string, p account.Press) error {
				return s.RefuseSignUp(ctx, account.OneTimeToken{TokenHash: id, UserID: "ada", CreatedAt: at, ExpiresAt: at.Add(time.Hour)}, p, event("taken"+id, "ada", audit.SignUpAddressTaken))
			},
			"reset": func(ctx context.Context, id string, p account.Press) error {
				k := account.OneTimeToken{TokenHash: id, UserID: "ada", Purpose: "reset", CreatedAt: at, ExpiresAt: at.Add(time.Hour)}
				return s.ReplaceOneTimeToken(ctx, k, 0, p, event("reset"+id, "ada", audit.PasswordResetRequested))
			},
			"address": func(ctx context.Context, id string, p account.Press) error {
				change := account.EmailChange{ID: id, UserID: "ada", Email: "a@b.example", NormalizedEmail: "a@b.example", OldEmail: u.Email,
					OldNormalizedEmail: u.NormalizedEmail, AskedAt: at, ConfirmUntil: at.Add(time.Minute), UndoUntil: at.Add(time.Hour)}
				return s.RequestEmailChange(ctx, account.RequestEmailChangeParams{EmailChange: change, ConfirmHash: id, StopHash: "stop" + id, By: by,
					Press: p, Event: event("address"+id, "ada", audit.EmailChangeRequested)})
			},
		} {
			var all sync.WaitGroup
			var stored atomic.Int64
			before := emails(t, s)
			for range 6 {
				all.Go(func() {
					id := fmt.Sprint(what, serial.Add(1))
					p := account.Press{
						Act:    &act.Record{Key: what, Answer: []byte("sealed"), ExpiresAt: at.Add(act.Valid)},
						Emails: []mail.Row{{ID: "email" + id, Sealed: []byte("sealed"), CreatedAt: at, DueAt: at, ExpiresAt: at.Add(time.Hour)}},
					}
					err := do(t.Context(), id, p)
					if err == nil {
						stored.Add(1)
					} else if !errors.Is(err, auth.ErrConflict) {
						t.Errorf("%s: got %v, want ErrConflict", what, err)
					}
				})
			}
			all.Wait()
			if n := emails(t, s) - before; stored.Load() != 1 || n != 1 {
				t.Errorf("%s: stored %d times, with %d emails, want once", what, stored.Load(), n)
			}
		}
		if signUps, events := count(t, s, `SELECT count(*) FROM signups`), count(t, s, `SELECT count(*) FROM events WHERE kind IN ('sign_up_address_taken', 'password_reset_requested', 'email_change_requested')`); signUps != 1 || events != 3 {
			t.Errorf("%d sign-ups and %d events, want 1 and 3", signUps, events)
		}
	})
}

// When the outbox has no room for its email, nothing of a press is stored.
func TestPressWithoutRoom(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		storetest.FillOutbox(t, s)
		p := account.Press{
			Act:    &act.Record{Key: "press", Answer: []byte("sealed"), ExpiresAt: at.Add(act.Valid)},
			Emails: []mail.Row{{ID: "email", Sealed: []byte("sealed"), CreatedAt: at, DueAt: at, ExpiresAt: at.Add(time.Hour)}},
		}
		err := s.AddSignUp(t.Context(), account.SignUp{TokenHash: "x", CreatedAt: at, ExpiresAt: at.Add(time.Hour)}, p, audit.NewEvent(audit.SignUpRequested, "", "", device.Client{}))
		signUps, acts := count(t, s, `SELECT count(*) FROM signups`), count(t, s, `SELECT count(*) FROM acts`)
		if !errors.Is(err, mail.ErrFull) || signUps != 0 || acts != 0 {
			t.Errorf("got %v with %d sign-ups and %d acts, want ErrFull and nothing", err, signUps, acts)
		}
	})
}

func count(t *testing.T, s *store.Store, query string) (n int) {
	t.Helper()
	if err := s.DB().QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func emails(t *testing.T, s *store.Store) int {
	t.Helper()
	n, err := s.CountEmails(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

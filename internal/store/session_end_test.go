package store_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
)

// staleReads is a store whose sessions are used by another request just after they were read.
type staleReads struct{ *store.Store }

func (s staleReads) SessionByHandle(ctx context.Context, id string) (session.Session, error) {
	x, err := s.Store.SessionByHandle(ctx, id)
	if err != nil {
		return x, err
	}
	used := x
	used.IdleExpiresAt = audit.Now().Add(time.Hour)
	return x, s.Touch(ctx, used, x.LastSeenAt)
}

// What its owner ends is over when they are told so. It counts as timed out only if nobody used it in time, whatever the copy
// of its row says that was read before.
func TestEndedByHand(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		now := audit.Now()
		by := newSession("by", "ada")
		by.IdleExpiresAt, by.ExpiresAt = now.Add(time.Hour), now.Add(time.Hour)
		open(t, s, by)
		for _, used := range []bool{true, false} {
			var reads session.Store = s
			if used {
				reads = staleReads{s}
			}
			log := slog.New(slog.DiscardHandler)
			sessions := session.New(reads, session.Policy{}, audit.NewTrail(s, log), log)
			for reason, end := range map[session.Reason]func(id string) error{
				session.ReasonSignedOut: func(id string) error {
					x, err := reads.SessionByHandle(t.Context(), id)
					return errors.Join(err, sessions.SignOut(t.Context(), x, device.Client{}))
				},
				session.ReasonRevoked: func(id string) error {
					_, err := sessions.Revoke(t.Context(), by.By(device.Client{}), id, nil)
					if !used && errors.Is(err, auth.ErrEnded) { // and says that it was over already
						return nil
					}
					return err
				},
			} {
				x, want := newSession(audit.NewID(), "ada"), reason
				if !used {
					want = session.ReasonIdle
				}
				x.IdleExpiresAt, x.ExpiresAt = now.Add(-time.Second), now.Add(time.Hour)
				open(t, s, x)
				if err := end(x.ID); err != nil {
					t.Errorf("%s, used %t: %v", reason, used, err)
				}
				got := row(t, s, x.ID)
				if got.EndReason != want || got.EndedAt.IsZero() || used == got.EndedAt.Before(now) || used != (got.EndedBy != "") {
					t.Errorf("%s, used %t: got %q at %s by %q, want %q", reason, used, got.EndReason, got.EndedAt, got.EndedBy, want)
				}
				events, err := s.Events(t.Context(), "ada", audit.Filter{Kinds: []audit.Kind{audit.SessionExpired}, Limit: 100})
				events = slices.DeleteFunc(events, func(e audit.Event) bool { return e.SessionID != x.ID })
				if err != nil || len(events) != 1 || events[0].Reason != string(want) {
					t.Errorf("%s, used %t: got events %v, %v, want one of %q", reason, used, events, err, want)
				}
			}
		}
	})
}

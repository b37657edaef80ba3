package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// DeletionGrace is how long an account can still be kept after its owner asked for it to be deleted.
const DeletionGrace = 14 * 24 * time.Hour

// deletionBatch bounds one read of the accounts to delete.
const deletionBatch = 200

// ErrLastAdministrator means that nobody would be left who can administer the portal.
var ErrLastAdministrator = errors.New("the last administrator")

// A Deletion asks for the deletion of an account, from one session.
type Deletion struct {
	By    audit.Actor
	Epoch int64 // of the account, as read before the person proved who they are
	At    time.Time
	After time.Time // when it is deleted
	Act   *act.Record
	Spend auth.Spend
	// Events are those of the spend and of the deletion.
	Events []audit.Event
}

// RequestDeletion schedules the account of the proof for deletion and ends all its sessions, this one included (ASVS
// v5.0.0-7.4.2), DeletionGrace after at. ErrLastAdministrator, ErrConflict, or ErrSecondFactor for a proof that is not complete.
func (s *Service) RequestDeletion(ctx context.Context, by audit.Actor, p auth.Proof, at time.Time, press *act.Record) error {
	if err := p.For(by.UserID); err != nil {
		return err
	}
	d := Deletion{
		By: by, Epoch: p.User().Epoch, At: at, After: at.Add(DeletionGrace), Act: press, Spend: p.Spend(),
		Events: append(p.Spend().Events, by.Event(audit.DeletionRequested)),
	}
	ended, err := s.store.MarkForDeletion(ctx, d)
	if err != nil {
		return fmt.Errorf("ask for deletion: %w", err)
	}
	s.audit.Log(ctx, append(session.EndEvents(ended, by.Client), d.Events...)...)
	return nil
}

// KeepAccount cancels the deletion, from a session that was opened since. ErrConflict when that session is over or no
// deletion is scheduled.
func (s *Service) KeepAccount(ctx context.Context, by audit.Actor, press *act.Record) error {
	e := by.Event(audit.DeletionStopped)
	if err := s.store.KeepAccount(ctx, by, e.At, press, e); err != nil {
		return fmt.Errorf("keep the account: %w", err)
	}
	s.audit.Log(ctx, e)
	return nil
}

// Sweep deletes expired sign-ups, tokens and enrolments, and the accounts whose grace is over.
func (s *Service) Sweep(ctx context.Context) error {
	at := audit.Now()
	return errors.Join(s.store.PruneAccounts(ctx, at), s.deleteAccounts(ctx, at))
}

// deleteAccounts deletes the accounts whose grace is over. Their events are deleted too, so only the log records it.
func (s *Service) deleteAccounts(ctx context.Context, at time.Time) error {
	for {
		ids, err := s.store.DeleteAccounts(ctx, at, deletionBatch)
		for _, id := range ids {
			s.audit.Report(ctx, audit.UserDeleted, id, "", "", device.Client{})
		}
		if err != nil {
			return fmt.Errorf("delete accounts: %w", err)
		}
		if len(ids) < deletionBatch {
			return nil
		}
	}
}

package auth

import (
	"context"
	"fmt"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
)

// DeletionGrace is how long an account can still be kept after its owner asked for it to be deleted.
const DeletionGrace = 14 * 24 * time.Hour

// deletionBatch bounds one read of the accounts to delete.
const deletionBatch = 200

// A Deletion marks an account for deletion, on the word of one session.
type Deletion struct {
	By     Session
	Epoch  int64 // of the account, as read before the person showed who they are
	At     time.Time
	After  time.Time // when it is deleted
	Client device.Client
	Event  audit.Event
}

// Leaving reports whether the account is to be deleted.
func (u User) Leaving() bool { return !u.DeleteAfter.IsZero() }

// AskDeletion marks the account of the proof for deletion and ends all its sessions, this one included
// (ASVS v5.0.0-7.4.2). It returns when the account is deleted; ErrOvertaken, or ErrSecondFactor for a proof that is not
// complete.
func (s *Service) AskDeletion(ctx context.Context, by Session, p Proof, c device.Client) (time.Time, error) {
	if p.user.ID != by.UserID {
		return time.Time{}, ErrOvertaken
	}
	if !p.Complete() {
		return time.Time{}, ErrSecondFactor
	}
	at := audit.Now()
	d := Deletion{By: by, Epoch: p.user.Epoch, At: at, After: at.Add(DeletionGrace), Client: c, Event: audit.NewEvent(audit.DeletionRequested, by.UserID, by.ID, c)}
	ended, err := s.store.MarkForDeletion(ctx, d)
	if err != nil {
		return time.Time{}, fmt.Errorf("ask for deletion: %w", err)
	}
	s.audit.Log(ctx, append(EndEvents(ended, c), d.Event)...)
	return d.After, nil
}

// KeepAccount takes the mark away again, in a session that was opened since. ErrOvertaken when that is over or there is
// no mark.
func (s *Service) KeepAccount(ctx context.Context, by Session, c device.Client) error {
	e := audit.NewEvent(audit.DeletionStopped, by.UserID, by.ID, c)
	if err := s.store.KeepAccount(ctx, by, e.At, e); err != nil {
		return fmt.Errorf("keep the account: %w", err)
	}
	s.audit.Log(ctx, e)
	return nil
}

// deleteAccounts deletes the accounts whose grace is over. Their events go with them, so the log alone remembers it.
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

// A Table is a part of what is kept about a person.
type Table struct {
	Name string // as people read it, in a file as its key
	Rows []map[string]any
}

// Export returns everything that is kept about the person of the proof, but for secrets (GDPR, article 15).
// ErrSecondFactor for a proof that is not complete, ErrOvertaken for another person's.
func (s *Service) Export(ctx context.Context, by Session, p Proof, c device.Client) ([]Table, error) {
	if p.user.ID != by.UserID {
		return nil, ErrOvertaken
	}
	if !p.Complete() {
		return nil, ErrSecondFactor
	}
	e := audit.NewEvent(audit.SensitiveRead, by.UserID, by.ID, c)
	e.Reason = "export"
	if err := s.store.AddEvent(ctx, e); err != nil { // first: nobody takes everything without a trace
		return nil, fmt.Errorf("export: %w", err)
	}
	s.audit.Log(ctx, e)
	return s.store.Export(ctx, by.UserID)
}

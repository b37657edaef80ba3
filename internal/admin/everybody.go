package admin

import (
	"context"
	"fmt"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/session"
)

// A Batch is a part of all accounts whose sessions end together, in one transaction with their events and emails.
type Batch struct {
	After  string // accounts with a greater id
	Size   int    // at most so many
	Except string // handle of the session that goes on
	// Used is the step of authenticator apps that may have been used already, in a database that is a copy of an earlier time: codes
	// up to it are void, and so are recovery codes. 0 in a database that is none.
	Used int64
	At   time.Time
	// Tell returns the event and the email of an account of which a session ended, or that lost recovery codes. A transaction that
	// is repeated calls it again.
	Tell func(auth.User) (audit.Event, *mail.Row, error)
}

const (
	batchSize = 200
	// everybodyWithin bounds how long ending all sessions may take. It goes on although nobody waits for the answer any more.
	everybodyWithin = 30 * time.Minute
)

// EndEverybody ends all sessions of all accounts but the one that asks, and refuses every sign-in that is under way. The order is
// one transaction with its event; the accounts follow in batches, because one transaction over all of them would hold up every
// sign-in. It returns how many sessions ended. ErrHalfway when it must be ordered again: nothing resumes a run that was cut off,
// such as by the end of the process.
func (s *Service) EndEverybody(ctx context.Context, o Order, write func(owner auth.User, reason string) (mail.Row, error)) (ended int, err error) {
	o.Action, o.UserID = EndEverybody, ""
	if _, err := s.Do(ctx, o); err != nil {
		return 0, err
	}
	reason, _ := CleanReason(o.Reason)
	if o.Operator != "" { // who has no trail
		e := audit.NewEvent(audit.Administered, "", "", device.Client{}).Because(string(o.Action))
		e.Other, e.Role, e.Note = o.by(), o.role(), reason
		s.audit.Log(ctx, e)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), everybodyWithin)
	defer cancel()
	o.Reason = reason
	return s.endBatches(ctx, o, Batch{Except: o.By.SessionID}, write)
}

// AfterRestore makes a database that was replaced by a copy of an earlier time safe to serve with: nobody knows what was used up
// since. Every session ends, and what works once is void: see Store.Void, and Batch.Used. It returns how many sessions ended.
// ErrHalfway when it has to be done again before the portal serves.
func (s *Service) AfterRestore(ctx context.Context, o Order, write func(owner auth.User, reason string) (mail.Row, error)) (ended int, err error) {
	if o.Reason, err = CleanReason(o.Reason); err != nil {
		return 0, err
	}
	o.Action, o.UserID = Restore, ""
	if err := s.store.Void(ctx); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrHalfway, err)
	}
	return s.endBatches(ctx, o, Batch{Used: auth.LastStepUsable(audit.Now())}, write)
}

// endBatches ends sessions batch by batch.
func (s *Service) endBatches(ctx context.Context, o Order, b Batch, write func(owner auth.User, reason string) (mail.Row, error)) (ended int, err error) {
	b.Size = batchSize
	b.Tell = func(u auth.User) (audit.Event, *mail.Row, error) {
		e := audit.NewEvent(audit.Administered, u.ID, "", device.Client{}).Because(string(o.Action))
		e.At, e.Other, e.Role, e.Note = b.At, o.by(), o.role(), o.Reason
		row, err := write(u, o.Reason)
		if u.IsDemo() {
			row.Box = u.ID
		}
		return e, &row, err
	}
	for {
		b.At = audit.Now()
		over, events, next, err := s.store.EndBatch(ctx, b)
		if err != nil {
			return ended, fmt.Errorf("%w: %w", ErrHalfway, err)
		}
		s.audit.Log(ctx, events...)
		ended += session.EndedNow(over, b.At)
		if next == "" {
			return ended, nil
		}
		b.After = next
	}
}

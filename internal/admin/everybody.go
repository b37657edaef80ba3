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
	At     time.Time
	// Tell returns the event and the email of an account of which a session ended; no email for a demo account. A transaction that
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
// sign-in. ErrHalfway when it can be ordered again. Nothing
// resumes a run that was cut off by the end of the process: the order has to be given again. It returns how many sessions ended.
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
	b := Batch{Size: batchSize, Except: o.By.SessionID}
	b.Tell = func(u auth.User) (audit.Event, *mail.Row, error) {
		e := audit.NewEvent(audit.Administered, u.ID, "", device.Client{}).Because(string(EndEverybody))
		e.At, e.Other, e.Role, e.Note = b.At, o.by(), o.role(), reason
		if u.IsDemo() {
			return e, nil, nil
		}
		row, err := write(u, reason)
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

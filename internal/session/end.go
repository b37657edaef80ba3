package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// SignOut ends the session on its owner's word. A session that was over already is no error: the wish is fulfilled.
func (s *Service) SignOut(ctx context.Context, x Session, c device.Client) error {
	x.EndedAt, x.EndReason, x.EndedBy = audit.Now(), ReasonSignedOut, x.ID
	if _, err := s.end(ctx, x, x.By(c), nil); err != nil && !errors.Is(err, auth.ErrEnded) {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

// Revoke ends another session of the same person (ASVS v5.0.0-7.5.2). It returns the session that was meant, with
// ErrEnded when it was over already, or ErrNotFound. ErrConflict when the session of the actor is over.
func (s *Service) Revoke(ctx context.Context, by audit.Actor, handle string, press *act.Record) (Session, error) {
	x, err := s.Session(ctx, by.UserID, handle)
	if err != nil {
		return Session{}, err
	}
	x.EndedAt, x.EndReason, x.EndedBy = audit.Now(), ReasonRevoked, by.SessionID
	over, err := s.end(ctx, x, by, press)
	if err == nil && over.EndedBy == "" { // its time was up
		err = auth.ErrEnded
	}
	return x, err
}

// EndMany ends every session of the person, or all but one, and elevates the one that asks in the same transaction where that
// is wanted. It refuses the sign-ins that are under way with what was true before. It returns how many ended. ErrConflict
// when the session of the actor is over, otherwise as Elevate.
func (s *Service) EndMany(ctx context.Context, p EndManyParams) (int, error) {
	ended, err := s.store.EndSessions(ctx, p)
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	s.audit.Log(ctx, append(p.Elevation.Events, EndEvents(ended, p.By.Client)...)...)
	return EndedNow(ended, p.At), nil
}

// end writes the ending in x and its event, once, and returns what was written: ErrEnded when the row had ended before.
func (s *Service) end(ctx context.Context, x Session, by audit.Actor, press *act.Record) (Session, error) {
	over, err := s.store.EndSession(ctx, x, by, press)
	if err == nil {
		s.audit.Log(ctx, endEvent(over, by.Client))
	}
	return over, err
}

// endNow ends a session that a request has found over. Another instance may have been first: its reason stands, and first
// is false.
func (s *Service) endNow(ctx context.Context, x Session, c device.Client) (found Found, first bool, err error) {
	over, err := s.end(ctx, x, audit.Actor{Client: c}, nil)
	if errors.Is(err, auth.ErrEnded) {
		found, err = s.readAgain(ctx, x)
		return found, false, err
	}
	return Found{State: Ended, Session: over}, err == nil, err
}

// readAgain reads a session that somebody else has changed first. One that has not ended was rotated or used meanwhile:
// asking again tells.
func (s *Service) readAgain(ctx context.Context, x Session) (Found, error) {
	now, err := s.store.SessionByHandle(ctx, x.ID)
	switch {
	case errors.Is(err, audit.ErrNotFound): // its account is gone
		return Found{State: Unknown}, nil
	case err != nil:
		return Found{}, err
	case now.EndedAt.IsZero():
		return Found{State: Rotated, Session: now}, nil
	}
	return Found{State: Ended, Session: now}, nil
}

// EndedNow counts the sessions that were alive until then, leaving out those that had timed out unnoticed.
func EndedNow(ended []Session, at time.Time) (n int) {
	for _, x := range ended {
		if x.EndedAt.Equal(at) {
			n++
		}
	}
	return n
}

// EndEvents returns the event of each ended session, for a store to write with the endings.
func EndEvents(ended []Session, c device.Client) []audit.Event {
	events := make([]audit.Event, len(ended))
	for i, x := range ended {
		events[i] = endEvent(x, c)
	}
	return events
}

// endEvent is the one event of an ended session. A timeout is dated when it struck, not when it was noticed.
func endEvent(x Session, c device.Client) audit.Event {
	e := x.By(c).Event(audit.SessionExpired).Because(string(x.EndReason))
	e.At = x.EndedAt
	return e
}

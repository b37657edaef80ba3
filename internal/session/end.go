package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// recentlyEnded bounds the list of ended sessions; the audit trail has the rest.
const recentlyEnded = 50

// SignOut ends the session on its owner's word. A session that was over already is no error: the wish is fulfilled.
func (s *Service) SignOut(ctx context.Context, session Session, c device.Client) error {
	session.EndedAt, session.EndReason, session.EndedBy = audit.Now(), ReasonSignedOut, session.ID
	if err := s.end(ctx, session, c); err != nil && !errors.Is(err, auth.ErrEnded) {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

// end writes the ending in session and its event, once: ErrEnded when the row had ended before.
func (s *Service) end(ctx context.Context, session Session, c device.Client) error {
	if err := s.store.EndSession(ctx, session, c); err != nil {
		return err
	}
	s.audit.Log(ctx, endEvent(session, c))
	return nil
}

// Session returns one session of the same person by its handle. ErrNotFound for foreign and unknown handles alike
// (ASVS v5.0.0-8.2.2).
func (s *Service) Session(ctx context.Context, userID, handle string) (Session, error) {
	if !audit.IsID(handle) {
		return Session{}, audit.ErrNotFound
	}
	session, err := s.store.SessionByHandle(ctx, handle)
	if err == nil && session.UserID != userID {
		return Session{}, audit.ErrNotFound
	}
	return session, err
}

// Revoke ends another session of the same person (ASVS v5.0.0-7.5.2). It returns the session that was meant, with
// ErrEnded when it was over already, or ErrNotFound. ErrOvertaken when the asking session is over itself.
func (s *Service) Revoke(ctx context.Context, by audit.Actor, handle string) (Session, error) {
	session, err := s.Session(ctx, by.UserID, handle)
	if err != nil {
		return Session{}, err
	}
	at := audit.Now()
	if reason, struck := session.timedOut(at); reason != "" && session.EndedAt.IsZero() {
		session.EndedAt, session.EndReason = struck, reason
		return session, errors.Join(s.end(ctx, session, by.Client), auth.ErrEnded)
	}
	session.EndedAt, session.EndReason, session.EndedBy = at, ReasonRevoked, by.SessionID
	if err := s.store.Revoke(ctx, session, by); err != nil {
		return session, err
	}
	s.audit.Log(ctx, endEvent(session, by.Client))
	return session, nil
}

// EndOthers ends every session of the person but this one, EndAll this one too. Both refuse the sign-ins that are
// under way with what was true before. They return how many ended, or ErrOvertaken when this session is over itself.
func (s *Service) EndOthers(ctx context.Context, by audit.Actor) (int, error) {
	return s.endMany(ctx, MassEnding{UserID: by.UserID, Except: by.SessionID, By: by, At: audit.Now()})
}

// EndAll ends every session of the person, this one included.
func (s *Service) EndAll(ctx context.Context, by audit.Actor) (int, error) {
	return s.endMany(ctx, MassEnding{UserID: by.UserID, By: by, At: audit.Now()})
}

func (s *Service) endMany(ctx context.Context, m MassEnding) (int, error) {
	ended, err := s.store.EndSessions(ctx, m)
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	s.audit.Log(ctx, EndEvents(ended, m.By.Client)...)
	return EndedNow(ended, m.At), nil
}

// endedNow counts the sessions that were alive until then, leaving out those that had timed out unnoticed.
func EndedNow(ended []Session, at time.Time) (n int) {
	for _, session := range ended {
		if session.EndedAt.Equal(at) {
			n++
		}
	}
	return n
}

// Sessions returns what is signed in now, newest activity first. What has timed out but was not yet swept is left out.
func (s *Service) Sessions(ctx context.Context, userID string) ([]Session, error) {
	sessions, err := s.store.Sessions(ctx, userID)
	if err != nil {
		return nil, err
	}
	at := audit.Now()
	live := sessions[:0]
	for _, session := range sessions {
		if reason, _ := session.timedOut(at); reason == "" {
			live = append(live, session)
		}
	}
	return live, nil
}

// EndedSessions returns the latest endings that are still kept, newest first.
func (s *Service) EndedSessions(ctx context.Context, userID string) ([]Session, error) {
	return s.store.EndedSessions(ctx, userID, audit.Now().Add(-s.policy.KeepEnded), recentlyEnded)
}

// Ended returns a session by its handle if it is over. ErrNotFound otherwise.
func (s *Service) Ended(ctx context.Context, handle string) (Session, error) {
	if !audit.IsID(handle) {
		return Session{}, audit.ErrNotFound
	}
	session, err := s.store.SessionByHandle(ctx, handle)
	if err == nil && session.EndedAt.IsZero() {
		return Session{}, audit.ErrNotFound
	}
	return session, err
}

// endEvent is the one event of an ended session. A timeout is dated when it struck, not when it was noticed.
func endEvent(s Session, c device.Client) audit.Event {
	e := audit.NewEvent(audit.SessionExpired, s.UserID, s.ID, c)
	e.Reason, e.At = string(s.EndReason), s.EndedAt
	return e
}

package session

import (
	"context"
	"slices"

	"example.com/gatehouse/internal/audit"
)

// recentlyEnded bounds the list of ended sessions; the audit trail has the rest.
const recentlyEnded = 50

// Session returns one session of the same person by its handle. ErrNotFound for unknown handles and those of others alike
// (ASVS v5.0.0-8.2.2).
func (s *Service) Session(ctx context.Context, userID, handle string) (Session, error) {
	x, err := s.byHandle(ctx, handle)
	if err == nil && x.UserID != userID {
		return Session{}, audit.ErrNotFound
	}
	return x, err
}

// Sessions returns what is signed in now, newest activity first. What has timed out but was not yet swept is left out.
func (s *Service) Sessions(ctx context.Context, userID string) ([]Session, error) {
	all, err := s.store.Sessions(ctx, userID)
	return slices.DeleteFunc(all, outOfTime), err
}

func outOfTime(x Session) bool { return !audit.Now().Before(x.IdleExpiresAt) }

// RecentSessions returns Sessions, and what ended within the last KeepEnded, the latest ending first.
func (s *Service) RecentSessions(ctx context.Context, userID string) (live, ended []Session, err error) {
	all, err := s.store.RecentSessions(ctx, userID, audit.Now().Add(-s.policy.KeepEnded), recentlyEnded)
	live = slices.DeleteFunc(slices.Clone(all), func(x Session) bool { return !x.EndedAt.IsZero() || outOfTime(x) })
	return live, slices.DeleteFunc(all, func(x Session) bool { return x.EndedAt.IsZero() }), err
}

// Ended returns a session by its handle if it is over. ErrNotFound otherwise.
func (s *Service) Ended(ctx context.Context, handle string) (Session, error) {
	x, err := s.byHandle(ctx, handle)
	if err == nil && x.EndedAt.IsZero() {
		return Session{}, audit.ErrNotFound
	}
	return x, err
}

func (s *Service) byHandle(ctx context.Context, handle string) (Session, error) {
	if !audit.IsID(handle) {
		return Session{}, audit.ErrNotFound
	}
	return s.store.SessionByHandle(ctx, handle)
}

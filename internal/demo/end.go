package demo

import (
	"context"
	"errors"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/session"
)

// EndedWithDemo reports whether a session ended because its demo account was over.
func (s *Service) EndedWithDemo(ctx context.Context, ended session.Session) (bool, error) {
	if !audit.IsDemo(ended.UserID) || ended.EndReason != session.ReasonAbsolute && ended.EndReason != session.ReasonAccountDeleted {
		return false, nil
	}
	user, err := s.store.UserByID(ctx, ended.UserID)
	if errors.Is(err, audit.ErrNotFound) {
		return true, nil // deleted in between
	}
	return !ended.EndedAt.Before(user.DemoUntil), err
}

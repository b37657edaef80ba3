package demo

import (
	"context"
	"errors"
	"fmt"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// Discard deletes a demo account that nobody was signed in to.
func (s *Service) Discard(ctx context.Context, u auth.User) error {
	if err := s.store.DeleteDemo(ctx, u); err != nil {
		return fmt.Errorf("discard demo: %w", err)
	}
	s.audit.Report(ctx, audit.UserDeleted, u.ID, "", "demo", device.Client{})
	return nil
}

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

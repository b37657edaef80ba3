package account

import (
	"context"
	"fmt"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// RemoveFactors deletes every second factor of an account by order of an operator: for somebody who has lost all of
// them and the recovery codes, and has proved their identity by other means (ASVS v5.0.0-6.4.4). Every session ends,
// because the lost devices may still be signed in. It returns the account and how many sessions ended. ErrNotFound for
// an unknown address, and for an account without a second factor.
func (s *Service) RemoveFactors(ctx context.Context, email string) (auth.User, int, error) {
	user, err := s.auth.LookUp(ctx, email)
	if err != nil {
		return auth.User{}, 0, err
	}
	e := audit.NewEvent(audit.MFARemoved, user.ID, "", device.Client{}).Because("operator")
	ended, err := s.store.RemoveFactors(ctx, e)
	if err != nil {
		return auth.User{}, 0, fmt.Errorf("remove factors: %w", err)
	}
	s.audit.Log(ctx, append(session.EndEvents(ended, device.Client{}), e)...)
	return user, session.EndedNow(ended, e.At), nil
}

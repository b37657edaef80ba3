package account

import (
	"context"
	"fmt"
	"slices"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// ChangePassword sets the password, ends every other session of the account and rotates this one, all or nothing
// (ASVS v5.0.0-6.2.3, 7.4.3). It returns how many sessions ended, ErrEnded, ErrConflict, ErrSecondFactor or ErrBusy.
func (s *Service) ChangePassword(ctx context.Context, from session.Session, p auth.Proof, password string, next session.NewToken, c device.Client) (int, error) {
	if err := p.For(from.UserID); err != nil {
		return 0, err
	}
	encoded, err := s.auth.HashPassword(ctx, password)
	if err != nil {
		return 0, err
	}
	change := ChangePasswordParams{
		PasswordHash: encoded,
		CredentialsChange: CredentialsChange{
			Rotation: session.Rotation{Session: from, NewToken: next, At: audit.Now(), Spend: p.Spend()}, Epoch: p.User().Epoch,
			Reason: session.ReasonPasswordChanged, Client: c,
		},
	}
	renewed := audit.NewEvent(audit.SessionRenewed, from.UserID, from.ID, c).Because("password_changed")
	change.Events = slices.Concat(p.Spend().Events, []audit.Event{audit.NewEvent(audit.PasswordChange, from.UserID, from.ID, c), renewed})
	ended, err := s.store.ChangePassword(ctx, change)
	if err != nil {
		return 0, fmt.Errorf("change password: %w", err)
	}
	s.audit.Log(ctx, append(session.EndEvents(ended, c), change.Events...)...)
	return session.EndedNow(ended, change.At), nil
}

package account

import (
	"context"
	"errors"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// UnlockValid is how long the token of an unlock email works.
const UnlockValid = 30 * time.Minute

const purposeUnlock = "unlock"

// NewUnlockToken makes a token that lets its bearer past the attempts limit of the account, if the address has one. The
// password is still needed. ErrNotFound for an unknown address, and for that of a demo account, which receives no
// email.
func (s *Service) NewUnlockToken(ctx context.Context, email string, c device.Client) (auth.User, string, error) {
	user, err := s.auth.LookUp(ctx, email)
	if err == nil && user.IsDemo() {
		err = audit.ErrNotFound
	}
	if err != nil {
		return auth.User{}, "", err
	}
	token, at := auth.NewToken(), audit.Now()
	err = s.store.AddOneTimeToken(ctx, OneTimeToken{
		TokenHash: auth.HashToken(token), UserID: user.ID, Purpose: purposeUnlock, CreatedAt: at, ExpiresAt: at.Add(UnlockValid),
	})
	if err != nil {
		return auth.User{}, "", err
	}
	s.audit.Record(ctx, audit.NewEvent(audit.LoginLock, user.ID, "", c))
	return user, token, nil
}

// Unlocks reports whether the token was sent to the owner of that address and is still valid.
func (s *Service) Unlocks(ctx context.Context, token, email string) (bool, error) {
	sent, err := s.store.OneTimeToken(ctx, auth.HashToken(token), purposeUnlock, audit.Now())
	if errors.Is(err, audit.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	user, err := s.auth.LookUp(ctx, email)
	if errors.Is(err, audit.ErrNotFound) {
		return false, nil
	}
	return err == nil && user.ID == sent.UserID, err
}

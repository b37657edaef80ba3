package account

import (
	"context"
	"errors"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// UnlockValid is how long the key of an unlock letter works.
const UnlockValid = 30 * time.Minute

const purposeUnlock = "unlock"

// NewUnlockKey makes a key that takes its bearer past the attempts limit of the account, if the address has one.
// It opens nothing: the password is still asked. ErrNotFound for an unknown address, and for that of a demo account,
// where no letter arrives.
func (s *Service) NewUnlockKey(ctx context.Context, email string, c device.Client) (auth.User, string, error) {
	user, err := s.auth.LookUp(ctx, email)
	if err == nil && user.IsDemo() {
		err = audit.ErrNotFound
	}
	if err != nil {
		return auth.User{}, "", err
	}
	key, at := auth.NewKey(), audit.Now()
	err = s.store.AddLetterKey(ctx, LetterKey{
		TokenHash: auth.HashToken(key), UserID: user.ID, Purpose: purposeUnlock, CreatedAt: at, ExpiresAt: at.Add(UnlockValid),
	})
	if err != nil {
		return auth.User{}, "", err
	}
	s.audit.Record(ctx, audit.NewEvent(audit.LoginLock, user.ID, "", c))
	return user, key, nil
}

// Unlocks reports whether the key was sent to the owner of that address and is still good.
func (s *Service) Unlocks(ctx context.Context, key, email string) (bool, error) {
	sent, err := s.store.LetterKey(ctx, auth.HashToken(key), purposeUnlock, audit.Now())
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

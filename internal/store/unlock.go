package store

import (
	"context"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/guard"
)

const purposeUnlock = "unlock"

// AddUnlockToken implements [guard.Store]. The token stands among the others that emails carry.
func (s *Store) AddUnlockToken(ctx context.Context, t guard.UnlockToken) error {
	return s.AddLetterKey(ctx, account.LetterKey{
		TokenHash: t.Hash, UserID: t.UserID, Purpose: purposeUnlock, CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt,
	})
}

// UnlockToken implements [guard.Store].
func (s *Store) UnlockToken(ctx context.Context, hash string, at time.Time) (guard.UnlockToken, error) {
	k, err := s.LetterKey(ctx, hash, purposeUnlock, at)
	return guard.UnlockToken{Hash: k.TokenHash, UserID: k.UserID, CreatedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt}, err
}

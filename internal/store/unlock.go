package store

import (
	"context"
	"time"

	"example.com/gatehouse/internal/account"
)

const purposeUnlock = "unlock"

// AddUnlockToken stores the token of an unlock email, by its hash, among the others that emails carry: one for nobody among
// the decoys.
func (s *Store) AddUnlockToken(ctx context.Context, hash, userID string, at, expires time.Time) error {
	k := account.OneTimeToken{TokenHash: hash, UserID: userID, Purpose: purposeUnlock, CreatedAt: at, ExpiresAt: expires}
	if userID == "" {
		return addDecoy(ctx, s.db, k, "letter_keys")
	}
	return s.AddOneTimeToken(ctx, k)
}

// UnlockTokenOwner returns the account of an unlock email's token.
func (s *Store) UnlockTokenOwner(ctx context.Context, hash string, at time.Time) (userID string, err error) {
	k, err := s.OneTimeToken(ctx, hash, purposeUnlock, at)
	return k.UserID, err
}

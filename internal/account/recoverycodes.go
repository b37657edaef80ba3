package account

import (
	"context"
	"strings"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

// MakeRecoveryCodes replaces the recovery codes by ten new ones. ErrSecondFactor for an account without a second
// factor, which needs no recovery codes.
func (s *Service) MakeRecoveryCodes(ctx context.Context, f FactorChange) (FactorChanged, error) {
	if !f.User.SecondFactor() {
		return FactorChanged{}, auth.ErrSecondFactor
	}
	return s.changeFactors(ctx, f, audit.RecoveryCodesMade, "", auth.NewRecoveryCodes(), func(c CredentialsChange) ([]session.Session, error) {
		return s.store.ChangeRecoveryCodes(ctx, c)
	})
}

// HasRecoveryCodes reports whether each of the codes is an unused one of the account, written as it was made.
func (s *Service) HasRecoveryCodes(ctx context.Context, userID string, codes []string) (bool, error) {
	hashes, err := s.store.RecoveryCodes(ctx, userID)
	if err != nil || len(codes) == 0 {
		return false, err
	}
	unused := map[string]bool{}
	for _, hash := range hashes {
		unused[hash] = true
	}
	for _, code := range codes {
		if hash, ok := auth.RecoveryCodeHash(code); !ok || !unused[hash] || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz234567-") != "" {
			return false, nil
		}
	}
	return true, nil
}

package auth

import (
	"context"
	"crypto/rand"
	"strings"

	"example.com/gatehouse/internal/audit"
)

// RecoveryCodeCount is how many are made at a time, each for one use in place of a second factor that is not at hand.
const RecoveryCodeCount = 10

// recoveryCodeLength is in characters of five random bits: 120, so that a plain hash keeps them (ASVS v5.0.0-6.5.2),
// and still six groups of four to type.
const recoveryCodeLength = 24

// RecoveryCodes are codes as people read them, "abcd-efgh-...". They exist in this form for one page.
type RecoveryCodes []string

func newRecoveryCodes() RecoveryCodes {
	codes := make(RecoveryCodes, RecoveryCodeCount)
	for i := range codes {
		codes[i] = grouped(strings.ToLower(rand.Text()[:recoveryCodeLength]), "-")
	}
	return codes
}

// grouped sets text off in groups of four.
func grouped(text, between string) string {
	var groups []string
	for len(text) > 4 {
		groups, text = append(groups, text[:4]), text[4:]
	}
	return strings.Join(append(groups, text), between)
}

// hashes are what is stored of the codes; nil for nil.
func (c RecoveryCodes) hashes() []string {
	if c == nil {
		return nil
	}
	hashes := make([]string, len(c))
	for i, code := range c {
		hashes[i], _ = recoveryCodeHash(code)
	}
	return hashes
}

// alike are digits that are in no code, and the letters they are taken for.
var alike = strings.NewReplacer("0", "O", "1", "I", "8", "B", "-", "", " ", "")

// recoveryCodeHash is the hash of a code as typed. It is false for a text that cannot be one.
func recoveryCodeHash(typed string) (string, bool) {
	code := alike.Replace(strings.ToUpper(typed))
	if len(code) != recoveryCodeLength || !audit.IsID(code+"AA") {
		return "", false
	}
	return HashToken(code), true
}

// MakeRecoveryCodes makes ten fresh recovery codes; those before open nothing any more. ErrSecondFactor for an account
// without a second factor, which has nothing to recover from.
func (s *Service) MakeRecoveryCodes(ctx context.Context, f FactorChange) (FactorChanged, error) {
	if !f.User.SecondFactor() {
		return FactorChanged{}, ErrSecondFactor
	}
	return s.changeFactors(ctx, f, audit.RecoveryCodesMade, "", newRecoveryCodes(), func(c CredentialsChange) ([]Session, error) {
		return s.store.ChangeRecoveryCodes(ctx, c)
	})
}

// HasRecoveryCodes reports whether each of the codes is an unused one of the account.
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
		if hash, ok := recoveryCodeHash(code); !ok || !unused[hash] {
			return false, nil
		}
	}
	return true, nil
}

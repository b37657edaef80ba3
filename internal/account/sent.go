package account

import (
	"context"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
)

// What a token in the link of an email is for.
const (
	PurposeSignUp    = "sign-up"
	PurposeReset     = "reset"
	PurposeEmail     = "email"
	PurposeEmailUndo = "email-undo"
)

// SentTokenKept is how long after its time it is known what became of a token. It is bounded because anybody can sign up.
const SentTokenKept = 7 * 24 * time.Hour

// A SentToken is what became of a token that an email carried. It opens nothing.
type SentToken struct {
	TokenHash, Purpose string
	ExpiresAt          time.Time
	UsedAt             time.Time // zero for one that was not used
	UserID, Email      string    // of the account, and the address that it was used for; "" until then
}

// Expired reports whether the time of the token is over.
func (t SentToken) Expired() bool { return !audit.Now().Before(t.ExpiresAt) }

// SentToken returns what became of a token that does nothing any more: it was used, has expired, or was revoked by a newer
// one or a change of the account. ErrNotFound for one that was never sent for that purpose, or ended SentTokenKept ago.
func (s *Service) SentToken(ctx context.Context, token, purpose string) (SentToken, error) {
	if !audit.IsID(token) {
		return SentToken{}, audit.ErrNotFound
	}
	return s.store.SentToken(ctx, auth.HashToken(token), purpose)
}

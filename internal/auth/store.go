package auth

import (
	"context"
	"time"

	"example.com/gatehouse/internal/audit"
)

// Store is what this package needs of a database. Each method is one transaction; times come from the caller.
type Store interface {
	// UserBySession returns the account of the live session with that current token. ErrNotFound.
	UserBySession(ctx context.Context, tokenHash string) (User, error)
	// UserByEmail returns ErrNotFound for an unknown address. Disabled accounts are found.
	UserByEmail(ctx context.Context, normalizedEmail string) (User, error)
	// UpgradePassword replaces a hash by another of the same password, which is not a change of credentials.
	UpgradePassword(ctx context.Context, userID, oldHash, newHash string) error
	// TOTPSecret returns ErrNotFound for an account without an authenticator app.
	TOTPSecret(ctx context.Context, userID string) (TOTPSecret, error)
	// UseTOTPStep writes LastStep and Sealed. ErrNotFound when that step or a later one was used before, or the app was
	// replaced since EnrolledAt.
	UseTOTPStep(ctx context.Context, t TOTPSecret) error
	// UseRecoveryCode marks a code of the event's account as used and stores the event. ErrNotFound for one that is
	// unknown or was used.
	UseRecoveryCode(ctx context.Context, hash string, e audit.Event) error
	AddPendingSignIn(ctx context.Context, p PendingSignIn, e audit.Event) error
	// PendingSignIn returns a pending sign-in and its account. ErrNotFound when it is unknown, too old or out of attempts,
	// or its account's epoch has moved or it is disabled.
	PendingSignIn(ctx context.Context, tokenHash string, at time.Time) (PendingSignIn, User, error)
	// TakePendingAttempt counts one attempt and returns the sign-in as PendingSignIn does.
	TakePendingAttempt(ctx context.Context, tokenHash string, at time.Time) (PendingSignIn, User, error)
	DeletePendingSignIn(ctx context.Context, tokenHash string) error
	// Passkeys returns those of a user, oldest first.
	Passkeys(ctx context.Context, userID string) ([]Passkey, error)
	// PasskeyByCredential returns the passkey with that credential id and its user. ErrNotFound.
	PasskeyByCredential(ctx context.Context, credentialID string) (Passkey, User, error)
	// UsePasskey writes counter, backup state and latest use of p, and that the challenge is spent. ErrSpent when it was
	// before; ErrConflict when the passkey is gone, or has counted to SignCount already.
	UsePasskey(ctx context.Context, p Passkey, spent SpentChallenge) error
}

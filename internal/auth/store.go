package auth

import (
	"context"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
)

// Emails finds accounts by their addresses.
type Emails interface {
	// UserByEmail returns the account that has the first of the keys that any has, of three at most. ErrNotFound when none has.
	// Disabled accounts are found.
	UserByEmail(ctx context.Context, keys ...string) (User, error)
}

// Store is what this package needs of a database. Each method is one transaction; times come from the caller.
type Store interface {
	// UserBySession returns the account of the live session with that current token. ErrNotFound.
	UserBySession(ctx context.Context, tokenHash string) (User, error)
	Emails
	// UpgradePassword replaces a hash by another of the same password, which is not a change of credentials.
	UpgradePassword(ctx context.Context, userID, oldHash, newHash string) error
	// TOTPSecret returns ErrNotFound for an account without an authenticator app.
	TOTPSecret(ctx context.Context, userID string) (TOTPSecret, error)
	// RecoveryCodes returns the hashes of the unused codes.
	RecoveryCodes(ctx context.Context, userID string) ([]string, error)
	// AddPendingSignIn stores the answer of its press with it. ErrConflict when that is stored already.
	AddPendingSignIn(ctx context.Context, p PendingSignIn, press *act.Record, e audit.Event) error
	// PendingSignIn returns a pending sign-in and its account. ErrNotFound when it is unknown, too old or out of attempts,
	// or its account's epoch has moved or it is disabled.
	PendingSignIn(ctx context.Context, tokenHash string, at time.Time) (PendingSignIn, User, error)
	// TakePendingAttempt counts one attempt and returns the sign-in as PendingSignIn does.
	TakePendingAttempt(ctx context.Context, tokenHash string, at time.Time) (PendingSignIn, User, error)
	// HasPendingSignIn returns ErrNotFound when the sign-in is finished or dropped.
	HasPendingSignIn(ctx context.Context, tokenHash string) error
	DeletePendingSignIn(ctx context.Context, tokenHash string) error
	// Passkeys returns those of a user, oldest first.
	Passkeys(ctx context.Context, userID string) ([]Passkey, error)
	// PasskeyByCredential returns the passkey with that credential id and its user. ErrNotFound.
	PasskeyByCredential(ctx context.Context, credentialID string) (Passkey, User, error)
	// Answered reports whether the challenge is spent.
	Answered(ctx context.Context, challenge SpentChallenge) (bool, error)
	// DemoLink returns a link and its account. ErrNotFound.
	DemoLink(ctx context.Context, tokenHash, purpose string) (DemoLink, User, error)
}

// Package auth knows who somebody is: users, passwords, authenticator apps, recovery codes, passkeys and the sign-in between
// its two steps. Whoever shows who they are gets a Proof, and nothing else makes one. It knows no HTTP, no SQL and no sessions:
// what a proof opens is decided above.
package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"time"

	"example.com/gatehouse/internal/audit"
)

var (
	// ErrEmailTaken means another account has the address.
	ErrEmailTaken = errors.New("email address taken")
	// ErrBadCredentials is the one answer to an unknown address, a wrong password and an account that is disabled or over.
	ErrBadCredentials = errors.New("bad credentials")
	// ErrSecondFactor means a password alone was brought for an account that asks for more.
	ErrSecondFactor = errors.New("second factor needed")
	// ErrBadCode means a code that is wrong, was used before or is too old.
	ErrBadCode = errors.New("bad code")
	// ErrLastFactor means the second factor cannot be removed, because the account must keep one.
	ErrLastFactor = errors.New("the last second factor")
	// ErrEnded means the session is over: it timed out, was ended, or somebody else was first to change it.
	ErrEnded = errors.New("session ended")
	// ErrReauthRequired means nothing is done in the session until the person re-authenticates in it.
	ErrReauthRequired = errors.New("re-authentication required")
	// ErrConflict means that somebody else was first: a sign-out everywhere or a change of credentials came between a proof
	// and its use, or the session that asks is over.
	ErrConflict = errors.New("somebody else was first")
	// ErrDemoFull means as many demo accounts exist as may at once.
	ErrDemoFull = errors.New("demo full")
	// ErrBusy means too many passwords wait to be hashed; try again in a few seconds.
	ErrBusy = errors.New("too many passwords being checked")
)

// A User is an account. It exists only after its address was confirmed or an operator made it, or as a demo.
type User struct {
	ID                string
	Email             string // as typed
	NormalizedEmail          string // normalised by EmailKey
	Name              string
	Role              string // RoleMember or RoleAdmin
	PasswordHash      string // PHC string
	PasswordChangedAt time.Time
	Epoch             int64 // raised by every sign-out everywhere
	CreatedAt         time.Time
	DisabledAt        time.Time // zero unless disabled
	DemoUntil         time.Time // when a demo account is over; zero for every other
	DeleteAfter       time.Time // when it is deleted unless its owner keeps it; zero for every other
	TOTP              bool      // an authenticator app is enrolled
	Passkeys          bool      // at least one passkey is enrolled
}

// Leaving reports whether the account is to be deleted.
func (u User) DeletionPending() bool { return !u.DeleteAfter.IsZero() }

// Roles of an account.
const (
	RoleMember = "member"
	RoleAdmin  = "admin"
)

// Service is what people do with accounts and sessions. Its methods are safe for concurrent use.
type Service struct {
	store  Store
	sealer Sealer
	hash   *hasher
	audit  *audit.Trail
	log    *slog.Logger
}

// New returns a Service that keeps everything in store, with what must be read again sealed, and what happens in trail. cost
// is that of password hashes; the zero value is DefaultHashCost.
func New(store Store, sealer Sealer, cost HashCost, trail *audit.Trail, log *slog.Logger) *Service {
	return &Service{store: store, sealer: sealer, hash: newHasher(cost), audit: trail, log: log}
}

// NewKey returns a secret for a letter, as random as an id.
func NewToken() string { return rand.Text() }

// HashToken returns what is stored of a token: its SHA-256. 128 random bits and more need no salt (ASVS v5.0.0-11.5.1).
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

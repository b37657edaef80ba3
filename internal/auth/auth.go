// Package auth checks who somebody is: users, passwords, authenticator apps, recovery codes, passkeys and the sign-in
// between its two steps. A successful check returns a Proof, which no other package can make. It knows no HTTP, no SQL
// and no sessions: what a proof allows is decided by its callers.
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
	// ErrBadCredentials stands for an unknown address, a wrong password, a disabled account and an expired demo alike,
	// so that an answer cannot reveal which it was.
	ErrBadCredentials = errors.New("bad credentials")
	// ErrSecondFactor means that the proof is a password alone and the account requires a second factor.
	ErrSecondFactor = errors.New("second factor needed")
	// ErrBadCode means a code that is wrong, was used before or is too old.
	ErrBadCode = errors.New("bad code")
	// ErrLastFactor means the second factor cannot be removed, because the account must keep one.
	ErrLastFactor = errors.New("the last second factor")
	// ErrEnded means that the session is over: it timed out, was ended, or was rotated by another request first.
	ErrEnded = errors.New("session ended")
	// ErrReauthRequired means that the session can do nothing else until the person re-authenticates in it.
	ErrReauthRequired = errors.New("re-authentication required")
	// ErrConflict means that another request was first: all sessions were ended or credentials changed between a proof
	// and its use, or the session that asks is over.
	ErrConflict = errors.New("another request was first")
	// ErrDemoFull means that the maximum number of demo accounts exists.
	ErrDemoFull = errors.New("demo full")
	// ErrBusy means that too many passwords wait to be hashed; try again in a few seconds.
	ErrBusy = errors.New("too many passwords being checked")
)

// A User is an account. It exists only after its address was confirmed or an operator made it, or as a demo.
type User struct {
	ID                string
	Email             string // as typed
	NormalizedEmail   string // normalised by NormalizeEmail
	Name              string
	Role              string // RoleMember, RoleSupport or RoleAdmin
	PasswordHash      string // PHC string
	PasswordChangedAt time.Time
	Epoch             int64 // raised by every sign-out everywhere
	CreatedAt         time.Time
	DisabledAt        time.Time // zero unless disabled
	DemoUntil         time.Time // when a demo account is over; zero for every other
	DeleteAfter       time.Time // when it is deleted unless its owner cancels that; zero for every other
	TOTP              bool      // an authenticator app is enrolled
	Passkeys          bool      // at least one passkey is enrolled
}

// DeletionPending reports whether the account is to be deleted.
func (u User) DeletionPending() bool { return !u.DeleteAfter.IsZero() }

// Roles of an account.
const (
	RoleMember  = "member"
	RoleSupport = "support" // sees people and sessions, and ends sessions
	RoleAdmin   = "admin"   // does what support does, and changes accounts
)

// Service checks passwords and codes. Its methods are safe for concurrent use.
type Service struct {
	store  Store
	sealer Sealer
	guard  Guard
	hash   *hasher
	audit  *audit.Trail
	log    *slog.Logger
}

// New returns a Service that keeps everything in store, with what must be read again sealed, and what happens in trail. It
// panics without a guard, because every password could then be guessed. cost is that of password hashes; the zero value is
// DefaultHashCost.
func New(store Store, sealer Sealer, guard Guard, cost HashCost, trail *audit.Trail, log *slog.Logger) *Service {
	if guard == nil {
		panic("auth: no guard limits the attempts")
	}
	return &Service{store: store, sealer: sealer, guard: guard, hash: newHasher(cost), audit: trail, log: log}
}

// NewToken returns a random secret of 128 bits and more, for one-time tokens and pending sign-ins.
func NewToken() string { return rand.Text() }

// HashToken returns what is stored of a token: its SHA-256. 128 random bits and more need no salt (ASVS v5.0.0-11.5.1).
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

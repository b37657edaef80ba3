package account

import (
	"context"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/session"
)

// Store stores accounts. Each method but PruneAccounts and DeleteAccounts is one transaction; times come from
// the caller. A method that changes a live session changes nothing and returns ErrEnded when the row has ended, timed
// out at the given time, or carries another token than the caller read.
type Store interface {
	// CreateUser returns ErrEmailTaken when another account has the address.
	CreateUser(ctx context.Context, u auth.User, e audit.Event) error
	CountUsers(ctx context.Context) (int, error)
	// ChangePassword sets the hash, raises the epoch, ends every other session and rotates this one, all or nothing.
	// ErrConflict when the epoch is no longer the given one. So does every method that takes a CredentialsChange; each
	// returns the sessions that ended.
	ChangePassword(ctx context.Context, c ChangePasswordParams) ([]session.Session, error)
	// ChangeRecoveryCodes changes only the recovery codes.
	ChangeRecoveryCodes(ctx context.Context, c CredentialsChange) ([]session.Session, error)
	// EnrolTOTP stores an authenticator app, in the place of the one before.
	EnrolTOTP(ctx context.Context, c CredentialsChange, t auth.TOTPSecret) ([]session.Session, error)
	// RemoveTOTP returns ErrNotFound, and changes nothing, when there is no authenticator app.
	RemoveTOTP(ctx context.Context, c CredentialsChange) ([]session.Session, error)
	// SetTOTPEnrolment stores a pending secret in place of another of the same session.
	SetTOTPEnrolment(ctx context.Context, e TOTPEnrolment) error
	// TOTPEnrolment returns ErrNotFound when no enrolment is pending in the session, or it has expired.
	TOTPEnrolment(ctx context.Context, sessionID string, at time.Time) (TOTPEnrolment, error)
	// Factors counts the sessions that live at a time.
	Factors(ctx context.Context, userID string, at time.Time) (Factors, error)
	// RecoveryCodes returns the hashes of the unused codes.
	RecoveryCodes(ctx context.Context, userID string) ([]string, error)
	// ChangeName returns ErrConflict when the session it is asked from is not live, or the name is not the old one.
	ChangeName(ctx context.Context, n ChangeNameParams) error
	// AddSignUp stores the event among those that no account has.
	AddSignUp(ctx context.Context, p SignUp, press Press, e audit.Event) error
	// RefuseSignUp stores a press, an event of the account that has the address, and a row that opens nothing.
	RefuseSignUp(ctx context.Context, decoy OneTimeToken, press Press, e audit.Event) error
	// AddPress stores a press that changes nothing but what its events say. ErrConflict when the session of p.By was not live
	// at the first of them.
	AddPress(ctx context.Context, p Press, events ...audit.Event) error
	// SignUp returns ErrNotFound when the token is unknown or has expired.
	SignUp(ctx context.Context, tokenHash string, at time.Time) (SignUp, error)
	// ConfirmSignUp turns the sign-up of u's address into the account u and forgets every sign-up for the address.
	// ErrNotFound when the token is unknown, used or too old; ErrEmailTaken when an account has the address.
	ConfirmSignUp(ctx context.Context, tokenHash string, u auth.User, press *act.Record, e audit.Event) error
	// OneTimeToken returns ErrNotFound when the token is unknown or has expired.
	OneTimeToken(ctx context.Context, tokenHash, purpose string, at time.Time) (OneTimeToken, error)
	// SentToken returns what became of a token. ErrNotFound when none was sent for that purpose, or it is forgotten.
	SentToken(ctx context.Context, tokenHash, purpose string) (SentToken, error)
	// Passkeys returns those of a user, oldest first.
	Passkeys(ctx context.Context, userID string) ([]auth.Passkey, error)
	// AddPasskey uses up the challenge: ErrSpent when it was before. ErrPasskeyTaken when the credential is enrolled.
	AddPasskey(ctx context.Context, c CredentialsChange, p auth.Passkey, spent auth.SpentChallenge) ([]session.Session, error)
	// RemovePasskey returns ErrNotFound, and changes nothing, when the user of the session has no such passkey.
	RemovePasskey(ctx context.Context, c CredentialsChange, id string) ([]session.Session, error)
	// RenamePasskey returns ErrNotFound when the user of the session has no such passkey, ErrConflict when the session is
	// not live.
	RenamePasskey(ctx context.Context, r RenamePasskeyParams) error
	// PruneAccounts deletes expired sign-ups, one-time tokens, changes of address, pending sign-ins, enrolments and
	// spent challenges, and after SentTokenKept what became of tokens.
	PruneAccounts(ctx context.Context, at time.Time) error

	RecoveryStore
}

// A Press is what the transaction of a form stores besides what it changes, so that the emails go out once however often the
// form is sent: all or nothing. ErrConflict when the act was stored before, mail.ErrFull when there are too many emails.
type Press struct {
	Act    *act.Record // nil for none
	By     audit.Actor // whose session has to be live, for AddPress alone; zero for nobody's
	Spend  auth.Spend  // whose events are stored too
	Emails []mail.Row
}

// SignUp is an account whose address is not confirmed yet.
type SignUp struct {
	TokenHash, Email, NormalizedEmail, Name, PasswordHash string
	UserAgent                                             string // of the browser that asked
	CreatedAt, ExpiresAt                                  time.Time
}

// OneTimeToken is the stored form of a token that is sent by email and lets its recipient do one thing, once.
type OneTimeToken struct {
	TokenHash, UserID, Purpose string
	CreatedAt, ExpiresAt       time.Time
}

// ChangePasswordParams are a password change, from one session.
type ChangePasswordParams struct {
	CredentialsChange
	PasswordHash string
}

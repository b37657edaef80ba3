package auth

import (
	"context"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
)

// Store keeps accounts, sessions and events. Each method but SignInHistory, Prune, DeleteDemos, DeleteAccounts and Export
// is one transaction; times come from the caller.
// A method that changes a live session changes nothing and returns ErrEnded when the row has ended, timed out at the
// given time, or carries another token than the caller read.
type Store interface {
	Ping(ctx context.Context) error
	// Refused reports whether an error is the database's condition and no mistake in what it was asked.
	Refused(err error) bool

	// CreateUser returns ErrEmailTaken when another account has the address.
	CreateUser(ctx context.Context, u User, e audit.Event) error
	CountUsers(ctx context.Context) (int, error)
	// UserByEmail returns ErrNotFound for an unknown address. Disabled accounts are found.
	UserByEmail(ctx context.Context, emailKey string) (User, error)
	// UpgradePassword replaces one hash of the same password by another; no change of credentials.
	UpgradePassword(ctx context.Context, userID, oldHash, newHash string) error
	// ChangePassword sets the hash, raises the epoch, ends every other session and rotates this one, all or nothing.
	// ErrOvertaken when the epoch is no longer the given one. So does every method that takes a CredentialsChange; each
	// returns the sessions that ended.
	ChangePassword(ctx context.Context, c PasswordChanging) ([]Session, error)
	// ChangeRecoveryCodes changes nothing but the recovery codes.
	ChangeRecoveryCodes(ctx context.Context, c CredentialsChange) ([]Session, error)
	// EnrolTOTP stores an authenticator app, in the place of the one before.
	EnrolTOTP(ctx context.Context, c CredentialsChange, t TOTPSecret) ([]Session, error)
	// RemoveTOTP returns ErrNotFound, and changes nothing, when there is no authenticator app.
	RemoveTOTP(ctx context.Context, c CredentialsChange) ([]Session, error)
	// RemoveFactors deletes every second factor and the recovery codes of the event's account, raises its epoch, ends all
	// its sessions as ReasonAdmin, and deletes what waits, all or nothing. ErrNotFound when it has no second factor.
	RemoveFactors(ctx context.Context, e audit.Event) ([]Session, error)

	// SetTOTPEnrolment stores a secret that waits, in the place of one that waited in the same session.
	SetTOTPEnrolment(ctx context.Context, e TOTPEnrolment) error
	// TOTPEnrolment returns ErrNotFound when nothing waits in the session, or its time is up.
	TOTPEnrolment(ctx context.Context, sessionID string, at time.Time) (TOTPEnrolment, error)
	// TOTPSecret returns ErrNotFound for an account without an authenticator app.
	TOTPSecret(ctx context.Context, userID string) (TOTPSecret, error)
	// UseTOTPStep writes LastStep and Sealed. ErrNotFound when that step or a later one was taken before, or the app of
	// EnrolledAt is not the account's any more.
	UseTOTPStep(ctx context.Context, t TOTPSecret) error
	// UseRecoveryCode marks a code of the event's account as used and stores the event. ErrNotFound for one that is
	// unknown or was used.
	UseRecoveryCode(ctx context.Context, hash string, e audit.Event) error
	// RecoveryCodes returns the hashes of the unused codes.
	RecoveryCodes(ctx context.Context, userID string) ([]string, error)

	// ChangeName returns ErrOvertaken when the session it is asked from is not live, or the name is not the old one.
	ChangeName(ctx context.Context, n NameChanging) error
	// CreateDemo stores a demo account with everything in it.
	CreateDemo(ctx context.Context, d Demo) error
	CountDemos(ctx context.Context) (int, error)
	// DeleteDemos deletes up to limit demo accounts that were over at that time, each with everything of theirs, and
	// returns how many.
	DeleteDemos(ctx context.Context, over time.Time, limit int) (int, error)

	AddSignUp(ctx context.Context, p SignUp) error
	// SignUp returns ErrNotFound when the token is unknown or its time is up.
	SignUp(ctx context.Context, tokenHash string, at time.Time) (SignUp, error)
	// ConfirmSignUp turns the sign-up of u's address into the account u and forgets every sign-up for the address.
	// ErrNotFound when the token is unknown, used or too old; ErrEmailTaken when an account has the address.
	ConfirmSignUp(ctx context.Context, tokenHash string, u User, e audit.Event) error

	AddLetterKey(ctx context.Context, k LetterKey) error
	// LetterKey returns ErrNotFound when the key is unknown or its time is up.
	LetterKey(ctx context.Context, tokenHash, purpose string, at time.Time) (LetterKey, error)

	AddPendingSignIn(ctx context.Context, p PendingSignIn, e audit.Event) error
	// PendingSignIn returns a pending sign-in and its account. ErrNotFound when it is unknown, too old or out of attempts,
	// or its account's epoch has moved or it is disabled.
	PendingSignIn(ctx context.Context, tokenHash string, at time.Time) (PendingSignIn, User, error)
	// TakePendingAttempt is PendingSignIn after one of its attempts was taken.
	TakePendingAttempt(ctx context.Context, tokenHash string, at time.Time) (PendingSignIn, User, error)
	DropPendingSignIn(ctx context.Context, tokenHash string) error

	// SignInHistory returns what is known of the sign-ins of a user.
	SignInHistory(ctx context.Context, userID string) (History, error)

	// Passkeys returns those of a user, oldest first.
	Passkeys(ctx context.Context, userID string) ([]Passkey, error)
	// PasskeyByCredential returns the passkey with that credential id and its user. ErrNotFound.
	PasskeyByCredential(ctx context.Context, credentialID string) (Passkey, User, error)
	// UsePasskey writes counter, backup state and latest use of p, and that the challenge is spent. ErrSpent when it was
	// before; ErrOvertaken when the passkey is gone, or has counted to SignCount already.
	UsePasskey(ctx context.Context, p Passkey, spent SpentChallenge) error
	// AddPasskey uses up the challenge: ErrSpent when it was before. ErrPasskeyTaken when the credential is enrolled.
	AddPasskey(ctx context.Context, c CredentialsChange, p Passkey, spent SpentChallenge) ([]Session, error)
	// RemovePasskey returns ErrNotFound, and changes nothing, when the user of the session has no such passkey.
	RemovePasskey(ctx context.Context, c CredentialsChange, id string) ([]Session, error)
	// RenamePasskey returns ErrNotFound when the user of the session has no such passkey, ErrOvertaken when the session is
	// not live.
	RenamePasskey(ctx context.Context, r PasskeyRenaming) error

	// OpenSession inserts a session, ends the one it takes the place of and what the limit no longer allows, oldest
	// first; it returns the ended ones. ErrOvertaken when the account's epoch has moved or it is disabled, or when the
	// pending sign-in that it finishes is gone.
	OpenSession(ctx context.Context, o Opening) ([]Session, error)
	// SessionByToken returns the session with that current token, live or ended, and its user. ErrNotFound.
	SessionByToken(ctx context.Context, tokenHash string) (Session, User, error)
	// SessionByPreviousToken returns the session whose browser carried this token before its latest rotation, the one
	// rotated last if there are several, and its user. ErrNotFound.
	SessionByPreviousToken(ctx context.Context, tokenHash string) (Session, User, error)
	// SessionByHandle returns ErrNotFound for unknown handles.
	SessionByHandle(ctx context.Context, id string) (Session, error)
	// Touch writes activity: last seen, address and the idle limit that follows from them. It never goes back behind
	// later activity. It writes s.KnownAgent, and s.Known where the row knows none yet.
	Touch(ctx context.Context, s Session, at time.Time) error
	// Rotate swaps the token of s for newHash, keeps the old hash, and sets ElevatedUntil as given in s.
	Rotate(ctx context.Context, s Session, newHash string, at time.Time, events ...audit.Event) error
	// Confirm is Rotate for a session that waits: it knows s.Known from now on and forgets what it was marked for. Of the
	// marks only FlagClientChanged goes.
	Confirm(ctx context.Context, s Session, newHash string, at time.Time, events ...audit.Event) error
	// FlagReused marks a live session with FlagTokenReused and stores the event, unless it carries that mark already:
	// then false.
	FlagReused(ctx context.Context, id string, e audit.Event) (bool, error)
	// FlagClient writes Flag, FlagClient and ElevatedUntil of s and stores the event. False when s does not live, does
	// not carry the token or know the clients that the caller read, is marked for a client already, or has another mark.
	FlagClient(ctx context.Context, s Session, at time.Time, e audit.Event) (bool, error)
	// Unflag removes the mark from a live session, which knows the given clients from now on. ErrNotFound when it does
	// not carry the mark, or know the clients, that the caller read; ErrOvertaken when by, which asks, is not live.
	Unflag(ctx context.Context, s, by Session, known device.Set, e audit.Event) error
	// EndSession ends one live session, whatever its token, and stores its event. ErrEnded when it has ended already,
	// or when the reason is a timeout and the row has been used since it was read.
	EndSession(ctx context.Context, s Session, c device.Client) error
	// Revoke is EndSession on the word of another session, which has to be live itself: ErrOvertaken when it is not.
	Revoke(ctx context.Context, s, by Session, c device.Client) error
	// EndSessions raises the account's epoch and ends all its live sessions but the one named in m.Except.
	// ErrOvertaken when the session it is asked from is not live.
	EndSessions(ctx context.Context, m MassEnding) ([]Session, error)
	// Sessions returns the sessions of a user that have not ended, newest activity first.
	Sessions(ctx context.Context, userID string) ([]Session, error)
	// EndedSessions returns the latest endings since a time, newest first.
	EndedSessions(ctx context.Context, userID string, since time.Time, limit int) ([]Session, error)
	// TimedOut returns up to limit sessions whose time is up and which nobody has ended yet.
	TimedOut(ctx context.Context, at time.Time, limit int) ([]Session, error)
	// Prune deletes sessions ended before endedBefore, events before eventsBefore, and sign-ups, letter keys, changes of
	// address, pending sign-ins, enrolments and spent challenges whose time is up. Of the events without an account it leaves the newest of
	// the last day, KeepStrays, and a bounded number.
	Prune(ctx context.Context, at, endedBefore, eventsBefore time.Time) error

	RecoveryStore
	audit.Store
}

// SignUp is an account that waits for its address to be confirmed.
type SignUp struct {
	TokenHash, Email, EmailKey, Name, PasswordHash string
	UserAgent                                      string // of the browser that asked
	CreatedAt, ExpiresAt                           time.Time
}

// LetterKey lets the reader of a letter do one thing.
type LetterKey struct {
	TokenHash, UserID, Purpose string
	CreatedAt, ExpiresAt       time.Time
}

// Opening is a session to be inserted and the conditions for it.
type Opening struct {
	Session      Session
	ReplacedHash string // hash of the token the browser came with; "" when it came with none
	Instead      string // handle of the session it was signed in to, which ends; "" when there was none
	Pending      string // hash of the token of the pending sign-in that it finishes; "" when there was none
	Epoch        int64  // of the account, as read before its owner showed who they are
	Limit        int    // live sessions allowed, this one included
	Client       device.Client
	Events       []audit.Event
}

// PasswordChanging is a password change from one session.
type PasswordChanging struct {
	CredentialsChange
	PasswordHash string
}

// MassEnding ends many sessions of one account.
type MassEnding struct {
	UserID string
	Except string  // handle to leave alone; "" ends all
	By     Session // it was asked from: ends as signed out, the others as revoked
	At     time.Time
	Client device.Client
}

// EndEvents returns the event of each ended session, for the Store to write with the endings.
func EndEvents(ended []Session, c device.Client) []audit.Event {
	events := make([]audit.Event, len(ended))
	for i, s := range ended {
		events[i] = endEvent(s, c)
	}
	return events
}

// Package audit is the trail of what happened to an account: the kinds of events, and one call that writes both the row
// and the log line. Neither ever holds a token, a hash of one, a password or a code (ASVS v5.0.0-16.2.5). It does not
// know what causes an event, nor SQL. It also has what all packages that write rows share: ids, and the time of the
// database.
package audit

import (
	"log/slog"
	"time"

	"example.com/gatehouse/internal/device"
)

// Kind names an event, with the word of the OWASP logging vocabulary if there is one.
type Kind string

// The kinds of events.
const (
	LoginSuccess          Kind = "authn_login_success"
	LoginFail             Kind = "authn_login_fail"
	LoginFailMax          Kind = "authn_login_fail_max"         // sign-in to an address is delayed, whether or not it has an account
	LoginLock             Kind = "authn_login_lock"             // delayed, and its owner was sent an email
	LoginSuccessAfterFail Kind = "authn_login_successafterfail" // with the number of failures as its reason
	PasswordChange        Kind = "authn_password_change"
	PasswordChangeFail    Kind = "authn_password_change_fail"
	UserCreated           Kind = "user_created"
	SessionCreated        Kind = "session_created"
	SessionRenewed        Kind = "session_renewed" // the token was rotated
	SessionExpired        Kind = "session_expired" // every ending, with its reason
	SessionUseAfterEnd    Kind = "session_use_after_expire"
	SessionTokenReused    Kind = "session_token_reused"
	SessionAnswerLost     Kind = "session_answer_lost"
	SessionFlagged        Kind = "session_flagged" // used from another client, with what changed as its reason
	SessionUnknownToken   Kind = "session_unknown_token"
	SessionRecognised     Kind = "session_recognised"
	EventRecognised       Kind = "event_recognised"       // with the id of the event as its reason
	SecuringBegun         Kind = "account_securing_begun" // "it was not me", with the handle of a session as its reason, or none
	SecuringDone          Kind = "account_securing_done"
	ReauthSuccess         Kind = "reauth_success"
	ReauthFail            Kind = "reauth_fail"
	RateLimitExceeded     Kind = "excess_rate_limit_exceeded"
	AuthorisationFail     Kind = "authz_fail"
	CrossSiteRequest      Kind = "malicious_csrf"
	PaymentMethodChange   Kind = "payment_method_change"
	PaymentMade           Kind = "payment_made"
	PaymentDeclined       Kind = "payment_declined"
	PaymentConfirmFail    Kind = "payment_confirm_fail"
	PlanStarted           Kind = "plan_started" // one that costs nothing
	SignUpRequested       Kind = "sign_up_requested"
	SignUpAddressTaken    Kind = "sign_up_address_taken"
	PasswordHashUpgraded  Kind = "password_hash_upgraded"
	ProfileChanged        Kind = "profile_changed"
	FormHeld              Kind = "form_held" // a form came too late, and its text was saved as a draft

	MFAEnrolled       Kind = "mfa_enrolled" // with which factor as its reason, as in the next
	MFARemoved        Kind = "mfa_removed"
	MFARequired       Kind = "mfa_required" // the password was right, and a second factor was asked for
	MFAFail           Kind = "mfa_fail"     // a wrong code after that
	RecoveryCodesMade Kind = "recovery_codes_made"
	RecoveryCodeUsed  Kind = "recovery_code_used"

	PasskeyRenamed Kind = "passkey_renamed"
	PasskeyCloned  Kind = "passkey_cloned" // its counter did not grow, so two devices may have the same key

	PasswordResetRequested Kind = "password_reset_requested"
	EmailChangeRequested   Kind = "email_change_requested"
	EmailChanged           Kind = "email_changed"
	EmailChangeUndone      Kind = "email_change_undone" // stopped or undone from the old address
	DeletionRequested      Kind = "account_deletion_requested"
	DeletionStopped        Kind = "account_deletion_stopped"
	UserDeleted            Kind = "user_deleted"   // for the log only: the trail is deleted with the account
	SensitiveRead          Kind = "sensitive_read" // of everything, with the way as its reason

	DemoScene Kind = "demo_scene" // the guide of a demo account changed something for it, with the scene as its reason

	// What somebody with a role does to another account, with what it was as its reason. It is in the trails of both.
	Administered        Kind = "authz_admin"
	AuthorisationChange Kind = "authz_change" // with the new role as its reason
)

// level follows the vocabulary, so that events which need an operator's attention are warnings or worse.
func (k Kind) level() slog.Level {
	switch k {
	case SessionUseAfterEnd, SessionTokenReused, AuthorisationFail, PasswordChangeFail, PasskeyCloned:
		return slog.LevelError
	case LoginFail, LoginFailMax, LoginLock, LoginSuccessAfterFail, ReauthFail, PaymentConfirmFail, RateLimitExceeded, CrossSiteRequest, SessionUnknownToken,
		SessionFlagged, SecuringBegun, MFARemoved, MFAFail, RecoveryCodeUsed, EmailChangeUndone, UserDeleted, SensitiveRead,
		Administered, AuthorisationChange:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// An Event is one entry of the audit trail. It never holds a token, a hash of one, a password or a code (ASVS
// v5.0.0-16.2.5).
type Event struct {
	ID        string
	UserID    string // "" for an anonymous event, which is in no account's trail
	SessionID string // handle
	Kind      Kind
	Reason    string
	Client    device.Client
	At        time.Time
	Times     int // how often within the minute that began then, itself included; 0 is once

	Other     string // id of the other account that the event is about, where somebody with a role did something to it
	OtherName string // of that account, as it is when the event is read; "" when it is gone
	Live      bool   // its session lives at Filter.LiveAt
	Role      string // of the other account at that time, if that did it
	Note      string // the reason that was typed

	about string // see About
}

// NewEvent makes an event with the current time. Of the client it has only what may be stored for the account.
func NewEvent(kind Kind, userID, sessionID string, c device.Client) Event {
	return Event{ID: NewID(), UserID: userID, SessionID: sessionID, Kind: kind, Client: Recorded(userID, c), At: Now()}
}

// Because returns the event with that reason.
func (e Event) Because(reason string) Event {
	e.Reason = reason
	return e
}

// A Filter selects from one person's trail, newest first.
type Filter struct {
	Kinds    []Kind // any of these; nil for all
	Session  string // handle; "" for all
	BeforeAt time.Time
	BeforeID string    // with BeforeAt: only events older than this one
	LiveAt   time.Time // by when it is asked which sessions live; zero for not asked
	Limit    int
}

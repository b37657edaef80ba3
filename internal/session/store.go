package session

import (
	"context"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// Store keeps sessions. Each method but SignInHistory is one transaction; times come from the caller.
// A method that changes a live session changes nothing and returns ErrEnded when the row has ended, timed out at the
// given time, or carries another token than the caller read.
type Store interface {
	// OpenSession inserts a session, ends the one it takes the place of and what the limit no longer allows, oldest
	// first; it returns the ended ones. ErrConflict when the account's epoch has moved or it is disabled, or when what is to
	// be spent was spent before.
	OpenSession(ctx context.Context, p OpenParams) ([]Session, error)
	// SessionByToken returns the session with that current token, live or ended, and its user. ErrNotFound.
	SessionByToken(ctx context.Context, tokenHash string) (Session, auth.User, error)
	// SessionByPreviousToken returns the session whose browser carried this token before its latest rotation, the one
	// rotated last if there are several, and its user. ErrNotFound.
	SessionByPreviousToken(ctx context.Context, tokenHash string) (Session, auth.User, error)
	// SessionByHandle returns ErrNotFound for unknown handles.
	SessionByHandle(ctx context.Context, id string) (Session, error)
	// Touch writes activity: last seen and the idle limit that follows, which never go back behind later activity, and the
	// address. It writes s.KnownAgent, and s.Known where the row knows none yet. The token is claimed from then on.
	Touch(ctx context.Context, s Session, at time.Time) error
	// Rotate swaps the token, keeps the hash of the old one, and sets ElevatedUntil if it is given. The token is unclaimed.
	// ErrConflict when what is to be spent was spent before.
	Rotate(ctx context.Context, r Rotation, events ...audit.Event) error
	// NoteLostAnswer stores the event of a session whose token is unclaimed: false when it was stored before, or when the
	// token is another one by now.
	NoteLostAnswer(ctx context.Context, s Session, e audit.Event) (bool, error)
	// FlagReused flags a live session with FlagTokenReused and stores the event, unless it carries that flag already:
	// then false.
	FlagReused(ctx context.Context, s Session, e audit.Event) (bool, error)
	// FlagClient writes Flag, FlagClient and ElevatedUntil of s and stores the event. False when s does not live, does
	// not carry the token or know the clients that the caller read, is flagged for another client than was, or has another flag.
	FlagClient(ctx context.Context, s Session, was device.Set, at time.Time, e audit.Event) (bool, error)
	// DismissFlag removes the flag from a live session, which knows the given clients from now on. ErrNotFound when it does
	// not carry the flag, or know the clients, that the caller read; ErrConflict when the session of by is over.
	DismissFlag(ctx context.Context, s Session, by audit.Actor, known device.Set, press *act.Record, e audit.Event) error
	// EndSession ends one live session, whatever its token, stores its event and returns it as it is afterwards: with the
	// reason of a timeout if its time was up before that. ErrEnded when it has ended already, or when the reason is a
	// timeout and the row has been used since it was read. ErrConflict when by is another session that is not live.
	EndSession(ctx context.Context, s Session, by audit.Actor, press *act.Record) (Session, error)
	// EndSessions raises the account's epoch and ends all its live sessions but the one named in p.Except.
	// ErrConflict when the session it is asked from is not live; with an Elevation as Rotate.
	EndSessions(ctx context.Context, p EndManyParams) ([]Session, error)
	// Sessions returns the sessions of a user that have not ended, newest activity first.
	Sessions(ctx context.Context, userID string) ([]Session, error)
	// RecentSessions returns those of Sessions, and behind them up to limit that ended since a time, the latest ending first.
	RecentSessions(ctx context.Context, userID string, since time.Time, limit int) ([]Session, error)
	// TimedOut returns up to limit sessions whose time is up and which nobody has ended yet.
	TimedOut(ctx context.Context, at time.Time, limit int) ([]Session, error)
	// SignInHistory returns what is known of the sign-ins of a user.
	SignInHistory(ctx context.Context, userID string) (History, error)
	// PruneSessions deletes sessions that ended before a time.
	PruneSessions(ctx context.Context, endedBefore time.Time) error
}

// OpenParams is a session to be inserted and the conditions for it.
type OpenParams struct {
	SignInRequest
	Session Session
	Epoch   int64 // of the account, as read before its owner showed who they are
	Limit   int   // live sessions allowed, this one included
	Spend   auth.Spend
	Events  []audit.Event // those of the spend included
}

// EndManyParams ends many sessions of the account of one of them.
type EndManyParams struct {
	Except string      // handle of a session that goes on; "" ends all
	By     audit.Actor // whose account it is; the session that acts ends as signed out, the others as revoked
	At     time.Time
	Act    *act.Record // the press that it comes from; nil for none, and for one that the elevation carries
	// Elevation is that of the session that acts. Without a new token it stays as it is.
	Elevation Elevation
}

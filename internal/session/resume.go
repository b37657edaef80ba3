package session

import (
	"context"
	"errors"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
)

// RotationGrace is how long after a rotation a request that was already on its way with the old token is told to
// ask again instead of being treated as a thief.
const RotationGrace = 2 * time.Second

// ClaimWithin is how long a session whose latest token nobody has brought stays open. The answer with the token may be lost,
// and then nobody can use the session or sign out of it.
const ClaimWithin = 10 * time.Minute

// Resume answers what a token is, with one read for the current token of a session. It ends a session whose time is up,
// compares the client with those the session knows, and writes activity at most once per touch interval. An error means
// that it is not known.
func (s *Service) Resume(ctx context.Context, c Credential) (Found, error) {
	hash := auth.HashToken(c.Token)
	x, user, err := s.store.SessionByToken(ctx, hash)
	replaced := errors.Is(err, audit.ErrNotFound)
	if replaced {
		x, user, err = s.store.SessionByPreviousToken(ctx, hash)
	}
	switch {
	case errors.Is(err, audit.ErrNotFound):
		return Found{State: Unknown}, nil
	case err != nil:
		return Found{}, err
	}
	at := audit.Now()
	if !x.EndedAt.IsZero() {
		return s.resumeEnded(ctx, x, hash, c, at)
	}
	if reason := overdue(x, user, at); reason != "" {
		found, _, err := s.endNow(ctx, x.Over(at, reason, ""), c.Client)
		return found, err
	}
	switch {
	case replaced && at.Sub(x.RotatedAt) < RotationGrace:
		return Found{State: Rotated, Session: x}, nil
	case replaced && !x.UnclaimedSince.IsZero() && c.ReadOnly: // the answer may be on its way
		return Found{State: Unclaimed, Session: x}, nil
	case replaced:
		return s.usedAgain(ctx, x, user, c.Client)
	}
	live, err := s.claim(ctx, Found{State: Live, Session: x, User: user}, at)
	if err != nil || live.State != Live || c.ReadOnly {
		return live, err
	}
	return s.use(ctx, live, c.Client, at)
}

// overdue returns why a session is over that nobody has ended yet, "" for one that is not. The transaction that disables an
// account ends its sessions, and no session of a demo account is given longer than the account: asking here is the second lock.
func overdue(x Session, u auth.User, at time.Time) Reason {
	reason, _ := x.timedOut(at)
	switch {
	case reason != "":
		return reason
	case !u.DisabledAt.IsZero():
		return ReasonAccountDisabled
	case u.Over(at):
		return ReasonAccountDeleted
	}
	return ""
}

// resumeEnded handles a token of a session that is over: its last one may have been replaced by a sign-in of this very
// browser a moment ago.
func (s *Service) resumeEnded(ctx context.Context, x Session, hash string, c Credential, at time.Time) (Found, error) {
	if hash == x.TokenHash && at.Sub(x.EndedAt) < RotationGrace {
		next, _, err := s.store.SessionByPreviousToken(ctx, hash)
		if !errors.Is(err, audit.ErrNotFound) {
			return Found{State: Rotated, Session: next}, err
		}
	}
	s.audit.Report(ctx, audit.SessionUseAfterEnd, x.UserID, x.ID, string(x.EndReason), c.Client)
	return Found{State: Ended, Session: x}, nil
}

// TokenNow returns the hash of the token that the browser with this one has by now: another one when a rotation or a
// sign-in has replaced it, its own otherwise. For somebody signed in, userID is their account: a sign-in to another one
// takes nothing along, so it does not count.
func (s *Service) TokenNow(ctx context.Context, userID, tokenHash string) (string, error) {
	x, _, err := s.store.SessionByToken(ctx, tokenHash)
	if err == nil && x.EndedAt.IsZero() || err != nil && !errors.Is(err, audit.ErrNotFound) {
		return tokenHash, err
	}
	next, _, err := s.store.SessionByPreviousToken(ctx, tokenHash)
	if errors.Is(err, audit.ErrNotFound) || err == nil && userID != "" && next.UserID != userID {
		return tokenHash, nil
	}
	return next.TokenHash, err
}

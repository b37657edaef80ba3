package session

import (
	"context"
	"fmt"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// A NewToken is one that was made for a session, in the answer to a press.
type NewToken struct {
	NewTokenHash string
	Act          *act.Record // nil for a press that is no act
}

// A Rotation gives a live session another token; the old one is dead at once. Sign-in apart, nothing else writes the token
// of a session. Changes of credentials embed it, so that both happen or neither. The absolute limit is no part of it.
type Rotation struct {
	Session Session // as it was read
	NewToken
	At       time.Time
	Spend    auth.Spend // whose events are among the caller's
	Elevated time.Time  // until when it is elevated from now on; zero leaves that as it is
	// Dismiss takes off what another client had raised: the session knows Session.Known from now on. A flag for a reused
	// token stays.
	Dismiss bool
}

// Elevate re-authenticates the session: its token becomes the next, and for the elevation window it may
// do what is sensitive. The absolute limit stays where it was (ASVS v5.0.0-7.2.4). ErrEnded when the session ended
// or was rotated by somebody else first; ErrConflict when the proof is another person's or was used before, ErrSecondFactor when it is not
// complete. A session that had to re-authenticate is free after that, and knows the client from now on; a copy of its old
// token is dead.
func (s *Service) Elevate(ctx context.Context, x Session, p auth.Proof, next NewToken, c device.Client) (Session, error) {
	if p.User().ID != x.UserID {
		return Session{}, auth.ErrConflict
	}
	if !p.Complete() {
		return Session{}, auth.ErrSecondFactor
	}
	at := audit.Now()
	x.ElevatedUntil = at.Add(s.policy.Elevation)
	by := x.By(c)
	renewed := by.Event(audit.SessionRenewed)
	renewed.Reason = "reauthentication"
	events := append(p.Spend().Events, by.Event(audit.ReauthSuccess), renewed)
	rotation := Rotation{Session: x, NewToken: next, At: at, Spend: p.Spend(), Elevated: x.ElevatedUntil}
	if s.policy.NeedsReauth(x) { // the client that gave the proof is the owner's, whichever raised the flag
		x.Known = x.Known.With(s.policy.Browser.SetOf(c))
		rotation.Session, rotation.Dismiss = x, true
		dismissed := by.Event(audit.SessionRecognised)
		dismissed.Reason = "reauthentication"
		events = append(events, dismissed)
		x.FlagClient = ""
		if x.Flag == FlagClientChanged {
			x.Flag = ""
		}
	}
	if err := s.store.Rotate(ctx, rotation, events...); err != nil {
		return Session{}, fmt.Errorf("elevate: %w", err)
	}
	s.audit.Log(ctx, events...)
	x.TokenHash, x.RotatedAt = next.NewTokenHash, at
	return x, nil
}

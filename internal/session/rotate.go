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
	InWindow bool       // only while it is elevated already
	Known    device.Set // what the session knows from now on; "" leaves that as it is
	// Dismiss takes off what another client had raised. A flag for a reused token stays.
	Dismiss bool
}

// An Elevation is the re-authentication of a session that is ready to be stored, by itself or with what it is for.
type Elevation struct {
	Rotation
	Now    Session // as it is then
	Events []audit.Event
}

// Elevation re-authenticates the session: its token becomes the next, and for the elevation window it may
// do what is sensitive. The absolute limit stays where it was (ASVS v5.0.0-7.2.4). ErrConflict when the proof is another
// person's, ErrSecondFactor when it is not complete. A flagged session knows the client from then on, and one that had to
// re-authenticate is free; a copy of its old token is dead.
func (s *Service) Elevation(x Session, p auth.Proof, next NewToken, c device.Client) (Elevation, error) {
	if err := p.For(x.UserID); err != nil {
		return Elevation{}, err
	}
	at, by, reason := audit.Now(), x.By(c), "reauthentication"
	e := Elevation{
		Rotation: Rotation{Session: x, NewToken: next, At: at, Spend: p.Spend(), Elevated: at.Add(s.policy.Elevation)}, Now: x,
		Events: append(p.Spend().Events, by.Event(audit.ReauthSuccess), by.Event(audit.SessionRenewed).Because(reason)),
	}
	e.Now.TokenHash, e.Now.RotatedAt, e.Now.ElevatedUntil = next.NewTokenHash, at, e.Elevated
	e.Dismiss = s.policy.NeedsReauth(x)
	if e.Dismiss || x.Flag != "" && s.unknown(x, c) != "" { // the client that gave the proof is the owner's, whichever raised the flag
		e.Now.Known = x.Known.With(s.policy.Browser.SetOf(c))
		e.Known = e.Now.Known
	}
	if e.Dismiss {
		e.Events = append(e.Events, by.Event(audit.SessionRecognised).Because(reason))
		e.Now.FlagClient = ""
		if x.Flag == FlagClientChanged {
			e.Now.Flag = ""
		}
	}
	return e, nil
}

// Elevate stores a re-authentication. ErrEnded when the session ended or was rotated by somebody else first; ErrConflict when
// its proof was used before.
func (s *Service) Elevate(ctx context.Context, e Elevation) error {
	if err := s.store.Rotate(ctx, e.Rotation, e.Events...); err != nil {
		return fmt.Errorf("elevate: %w", err)
	}
	s.audit.Log(ctx, e.Events...)
	return nil
}

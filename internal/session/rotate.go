package session

import (
	"context"
	"fmt"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// Elevate re-authenticates the session: its token becomes the one with newHash, and for the elevation window it may
// do what is sensitive. The absolute limit stays where it was (ASVS v5.0.0-7.2.4). ErrEnded when the session ended
// or was rotated by somebody else first; ErrOvertaken when the proof is another person's, ErrSecondFactor when it is not
// complete. A session that waited does not any more, and knows the client from now on; a copy of its old token has died
// with that.
func (s *Service) Elevate(ctx context.Context, session Session, p auth.Proof, newHash string, c device.Client) (Session, error) {
	if p.User().ID != session.UserID {
		return Session{}, auth.ErrOvertaken
	}
	if !p.Complete() {
		return Session{}, auth.ErrSecondFactor
	}
	at := audit.Now()
	session.ElevatedUntil = at.Add(s.policy.Elevation)
	events := []audit.Event{
		audit.NewEvent(audit.ReauthSuccess, session.UserID, session.ID, c),
		audit.NewEvent(audit.SessionRenewed, session.UserID, session.ID, c),
	}
	events[1].Reason = "reauthentication"
	rotate := s.store.Rotate
	if s.policy.Waits(session) { // the client that gave the proof is the owner's, whichever raised the mark
		session.Known = session.Known.With(s.policy.Browser.SetOf(c))
		recognised := audit.NewEvent(audit.SessionRecognised, session.UserID, session.ID, c)
		recognised.Reason = "reauthentication"
		rotate, events = s.store.Confirm, append(events, recognised)
		session.FlagClient = ""
		if session.Flag == FlagClientChanged {
			session.Flag = ""
		}
	}
	if err := rotate(ctx, session, newHash, at, events...); err != nil {
		return Session{}, fmt.Errorf("elevate: %w", err)
	}
	s.audit.Log(ctx, events...)
	session.TokenHash, session.RotatedAt = newHash, at
	return session, nil
}

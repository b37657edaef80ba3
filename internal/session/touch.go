package session

import (
	"context"
	"errors"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// use is a request in a live session that is more than a look: its client is compared with those the session knows, and
// activity is written at most once per touch interval.
func (s *Service) use(ctx context.Context, live Found, c device.Client, at time.Time) (Found, error) {
	live, err := s.review(ctx, live, c, at)
	if err != nil || live.State != Live {
		return live, err
	}
	if s.policy.NeedsReauth(live.Session) {
		// Do not touch the session: this request will be refused. Close the elevation window: it was opened before the
		// client changed.
		live.Session.ElevatedUntil = time.Time{}
		return live, nil
	}
	if at.Sub(live.Session.LastSeenAt) < s.policy.Touch {
		return live, nil
	}
	touched, err := s.touch(ctx, live.Session, at, c)
	return s.wrote(ctx, live, touched, err)
}

// claim notes that the browser has the token, which looking shows as well. The time of its idle timeout is that of the last
// activity again.
func (s *Service) claim(ctx context.Context, live Found, at time.Time) (Found, error) {
	x := live.Session
	if x.UnclaimedSince.IsZero() {
		return live, nil
	}
	x.UnclaimedSince, x.IdleExpiresAt = time.Time{}, s.policy.IdleEnd(x.LastSeenAt, x.Remembered, x.ExpiresAt)
	return s.wrote(ctx, live, x, s.store.Touch(ctx, x, at))
}

// wrote is what a request goes on with that wrote to its session, and in what state: another request may have been first.
func (s *Service) wrote(ctx context.Context, live Found, x Session, err error) (Found, error) {
	switch {
	case err == nil:
		live.Session = x
	case errors.Is(err, auth.ErrEnded):
		return s.readAgain(ctx, live.Session)
	case ctx.Err() == nil: // the client is still there
		s.log.WarnContext(ctx, "activity not written", "session", live.Session.ID, "err", err)
	}
	return live, nil // the disk may be full: the page is answered all the same, and the session ends earlier
}

// Extend counts as activity, however recent the last was. ErrEnded when somebody else was first, ErrReauthRequired when
// the person has to re-authenticate first.
func (s *Service) Extend(ctx context.Context, x Session, c device.Client) (Session, error) {
	if s.policy.NeedsReauth(x) {
		return x, auth.ErrReauthRequired
	}
	return s.touch(ctx, x, audit.Now(), c)
}

func (s *Service) touch(ctx context.Context, x Session, at time.Time, c device.Client) (Session, error) {
	x.LastSeenAt, x.LastIP = at, audit.Recorded(x.UserID, c).IP
	if x.Known == "" { // it was opened before sessions knew their clients
		x.Known = s.policy.Browser.SetOf(device.Client{IP: x.IP, UserAgent: x.UserAgent}).With(s.policy.Browser.SetOf(c))
	}
	if x.Flag == "" && c.UserAgent != x.UserAgent { // the client of a flagged session may be somebody else's
		x.KnownAgent = c.UserAgent
	}
	x.UnclaimedSince, x.IdleExpiresAt = time.Time{}, s.policy.IdleEnd(at, x.Remembered, x.ExpiresAt)
	return x, s.store.Touch(ctx, x, at)
}

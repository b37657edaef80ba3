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
	if errors.Is(err, auth.ErrEnded) {
		return s.readAgain(ctx, live.Session)
	}
	if err != nil { // the disk may be full: the page is answered all the same, and the session ends earlier
		if ctx.Err() == nil { // the client is still there
			s.log.WarnContext(ctx, "activity not written", "session", live.Session.ID, "err", err)
		}
		return live, nil
	}
	live.Session = touched
	return live, nil
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
	x.IdleExpiresAt = s.policy.IdleEnd(at, x.Remembered, x.ExpiresAt)
	return x, s.store.Touch(ctx, x, at)
}

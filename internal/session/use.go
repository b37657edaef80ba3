package session

import (
	"context"
	"errors"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// Waits reports whether nothing may be done in the session until the person re-authenticates in it, because it was used
// from somewhere it does not know. A graver mark put on it meanwhile does not set it free.
func (p Policy) Waits(x Session) bool {
	return p.OnClientChange == ClientChangeReauth && x.FlagClient != ""
}

// use is a request in a live session that is more than a look: its client is compared with those the session knows, and
// activity is written at most once per touch interval. Errors as for Resume.
func (s *Service) use(ctx context.Context, live Resumed, c device.Client, at time.Time) (Resumed, error) {
	live, err := s.review(ctx, live, c, at)
	if err != nil {
		return live, err
	}
	if s.policy.Waits(live.Session) {
		// What is going to be refused is no activity, and a window that was open before says nothing about who asks now.
		live.Session.ElevatedUntil = time.Time{}
		return live, nil
	}
	if at.Sub(live.Session.LastSeenAt) < s.policy.Touch {
		return live, nil
	}
	touched, err := s.touch(ctx, live.Session, at, c)
	if errors.Is(err, auth.ErrEnded) {
		session, err := s.afterLosing(ctx, live.Session)
		return Resumed{Session: session}, err
	}
	if err != nil { // the disk may be full: who may read still may, and the session ends sooner rather than later
		if ctx.Err() == nil { // nobody hung up
			s.log.WarnContext(ctx, "activity not written", "session", live.Session.ID, "err", err)
		}
		return live, nil
	}
	live.Session = touched
	return live, nil
}

// review does what the policy says when the session does not know the client. A thief and the owner may take turns, so
// a session that is marked already is not written again, unless it has yet to be made to wait or ended.
func (s *Service) review(ctx context.Context, live Resumed, c device.Client, at time.Time) (Resumed, error) {
	x := live.Session
	mode := s.policy.OnClientChange
	if s.policy.Waits(x) || x.Flag != "" && mode != ClientChangeReauth && mode != ClientChangeEnd {
		return live, nil
	}
	changed := s.unknown(x, c)
	if changed == "" {
		return live, nil
	}
	if mode == ClientChangeEnd {
		return s.endChanged(ctx, live, changed, c, at)
	}
	if x.Flag == "" {
		x.Flag = FlagClientChanged
	}
	// A window that was open before says nothing about who asks now: least of all may it take the mark off again.
	x.FlagClient, x.ElevatedUntil = changed, time.Time{}
	e := audit.NewEvent(audit.SessionFlagged, x.UserID, x.ID, c)
	e.Reason = changed.Kinds()
	first, err := s.store.FlagClient(ctx, x, at, e)
	if err != nil {
		return live, err
	}
	live.Session = x
	if first {
		s.audit.Log(ctx, e)
		live.Raised = FlagClientChanged
	}
	return live, nil
}

// endChanged ends the session because of what has changed. Whoever is first tells the owner.
func (s *Service) endChanged(ctx context.Context, live Resumed, changed device.Set, c device.Client, at time.Time) (Resumed, error) {
	x := live.Session
	x.EndedAt, x.EndReason = at, ReasonClientChanged
	if err := s.end(ctx, x, c); err != nil {
		session, err := s.endedBefore(ctx, x, err)
		return Resumed{Session: session}, err
	}
	x.FlagClient = changed
	return Resumed{Session: x, User: live.User, Raised: FlagClientChanged}, auth.ErrEnded
}

// Recognise takes the mark off a session whose owner says that all is well. What another client had raised it with is
// known from now on; the use of a replaced token stays as wrong as it was. ErrNotFound, also when somebody else changed
// the mark at this moment; ErrOvertaken when the asking session is over itself.
func (s *Service) Recognise(ctx context.Context, by audit.Actor, handle string) error {
	x, err := s.Session(ctx, by.UserID, handle)
	if err != nil {
		return err
	}
	known := x.Known
	if x.Flag == FlagClientChanged {
		known = known.With(x.FlagClient)
	}
	e := audit.NewEvent(audit.SessionRecognised, by.UserID, handle, by.Client)
	if err := s.store.Unflag(ctx, x, by, known, e); err != nil {
		return err
	}
	s.audit.Log(ctx, e)
	return nil
}

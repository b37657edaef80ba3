package session

import (
	"context"
	"errors"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// RotationGrace is how long after a rotation a request that was already on its way with the old token is told to
// ask again instead of being treated as a thief.
const RotationGrace = 2 * time.Second

// Presented is a token as a request brings it.
type Presented struct {
	Token string
	Peek  bool // looking is not activity: nothing is extended
	device.Client
}

// Resumed is what became of a token.
type Resumed struct {
	Session Session
	User    auth.User // zero unless the session is live or Raised is set
	// Raised is the mark that this very request brought about, "" for none: exactly one request raises it, and its
	// caller tells the owner.
	Raised string
}

// Resume answers who a token belongs to, with one read. It ends a session whose time is up, compares the client with
// those the session knows, and writes activity at most once per touch interval. Errors: ErrNotFound for a token never
// issued or long forgotten; ErrEnded, together with the session; ErrReplaced for a token that a rotation replaced;
// ErrRotated when another request of the same browser came in between, so the browser has or will have the next token:
// ask again.
func (s *Service) Resume(ctx context.Context, p Presented) (Resumed, error) {
	hash := auth.HashToken(p.Token)
	session, user, err := s.store.SessionByToken(ctx, hash)
	if errors.Is(err, audit.ErrNotFound) {
		return s.resumeReplaced(ctx, hash, p)
	}
	if err != nil {
		return Resumed{}, err
	}
	at := audit.Now()
	if !session.EndedAt.IsZero() {
		return s.resumeEnded(ctx, session, p, at)
	}
	if reason, struck := session.timedOut(at); reason != "" {
		session, err := s.timeOut(ctx, session, reason, struck, p.Client)
		return Resumed{Session: session}, err
	}
	if !user.DisabledAt.IsZero() { // whatever disables an account ends its sessions as well; this is the second lock
		session, err := s.timeOut(ctx, session, ReasonAccountDisabled, at, p.Client)
		return Resumed{Session: session}, err
	}
	if user.Over(at) { // none of its sessions was given longer; this is the second lock
		session, err := s.timeOut(ctx, session, ReasonAccountDeleted, at, p.Client)
		return Resumed{Session: session}, err
	}
	live := Resumed{Session: session, User: user}
	if p.Peek {
		return live, nil
	}
	return s.use(ctx, live, p.Client, at)
}

// resumeEnded handles the token of a session that is over, unless a sign-in of this very browser took its place a moment
// ago.
func (s *Service) resumeEnded(ctx context.Context, session Session, p Presented, at time.Time) (Resumed, error) {
	if at.Sub(session.EndedAt) < RotationGrace {
		next, _, err := s.store.SessionByPreviousToken(ctx, session.TokenHash)
		if err == nil {
			return Resumed{Session: next}, auth.ErrRotated
		}
		if !errors.Is(err, audit.ErrNotFound) {
			return Resumed{Session: session}, err
		}
	}
	return s.useAfterEnd(ctx, session, p.Client), auth.ErrEnded
}

// Extend counts as activity, however recent the last was. ErrEnded when somebody else was first, ErrWaits when the
// session waits for a re-authentication.
func (s *Service) Extend(ctx context.Context, session Session, c device.Client) (Session, error) {
	if s.policy.Waits(session) {
		return session, auth.ErrWaits
	}
	return s.touch(ctx, session, audit.Now(), c)
}

func (s *Service) touch(ctx context.Context, session Session, at time.Time, c device.Client) (Session, error) {
	session.LastSeenAt, session.LastIP = at, audit.Recorded(session.UserID, c).IP
	if session.Known == "" { // it was opened before sessions knew their clients
		session.Known = s.policy.Browser.SetOf(device.Client{IP: session.IP, UserAgent: session.UserAgent}).With(s.policy.Browser.SetOf(c))
	}
	if session.Flag == "" && c.UserAgent != session.UserAgent { // the client of a marked session may be a stranger
		session.KnownAgent = c.UserAgent
	}
	session.IdleExpiresAt = s.policy.IdleEnd(at, session.Remembered, session.ExpiresAt)
	return session, s.store.Touch(ctx, session, at)
}

// afterLosing reads the row again after a conditional update of a live session changed nothing.
func (s *Service) afterLosing(ctx context.Context, session Session) (Session, error) {
	current, _, err := s.store.SessionByToken(ctx, session.TokenHash)
	switch {
	case errors.Is(err, audit.ErrNotFound):
		return session, auth.ErrRotated
	case err != nil:
		return session, err
	case current.EndedAt.IsZero():
		return current, auth.ErrRotated // its time ran out in between; asking again ends it
	}
	return current, auth.ErrEnded
}

// timeOut ends a session whose time is up. Another instance may have been first: its reason stands.
func (s *Service) timeOut(ctx context.Context, session Session, reason Reason, struck time.Time, c device.Client) (Session, error) {
	session.EndedAt, session.EndReason = struck, reason
	if err := s.end(ctx, session, c); err != nil {
		return s.endedBefore(ctx, session, err)
	}
	return session, auth.ErrEnded
}

// endedBefore reads the row again after an ending changed nothing.
func (s *Service) endedBefore(ctx context.Context, session Session, err error) (Session, error) {
	if !errors.Is(err, auth.ErrEnded) {
		return session, err
	}
	current, err := s.store.SessionByHandle(ctx, session.ID)
	switch {
	case err != nil:
		return session, err
	case current.EndedAt.IsZero():
		return current, auth.ErrRotated // a request that was in time wrote its activity after this one had read
	}
	return current, auth.ErrEnded
}

// resumeReplaced handles a token that is nobody's current one: replaced a moment ago, replaced long ago, or invented.
func (s *Service) resumeReplaced(ctx context.Context, hash string, p Presented) (Resumed, error) {
	session, user, err := s.store.SessionByPreviousToken(ctx, hash)
	if err != nil {
		return Resumed{}, err
	}
	if !session.EndedAt.IsZero() {
		return s.useAfterEnd(ctx, session, p.Client), auth.ErrEnded
	}
	if audit.Now().Sub(session.RotatedAt) < RotationGrace {
		return Resumed{Session: session}, auth.ErrRotated
	}
	e := audit.NewEvent(audit.SessionTokenReused, session.UserID, session.ID, p.Client)
	first, err := s.store.FlagReused(ctx, session.ID, e)
	if err != nil {
		return Resumed{}, err
	}
	s.audit.Log(ctx, e)
	if !first {
		return Resumed{}, auth.ErrReplaced
	}
	return Resumed{Session: session, User: user, Raised: FlagTokenReused}, auth.ErrReplaced
}

// TokenNow returns the hash of the token that the browser with this one has by now: another one when a rotation or a
// sign-in has replaced it, its own otherwise. For somebody signed in, userID is their account: a sign-in to another one
// takes nothing along, so it does not count.
func (s *Service) TokenNow(ctx context.Context, userID, tokenHash string) (string, error) {
	session, _, err := s.store.SessionByToken(ctx, tokenHash)
	if err == nil && session.EndedAt.IsZero() || err != nil && !errors.Is(err, audit.ErrNotFound) {
		return tokenHash, err
	}
	next, _, err := s.store.SessionByPreviousToken(ctx, tokenHash)
	if errors.Is(err, audit.ErrNotFound) || err == nil && userID != "" && next.UserID != userID {
		return tokenHash, nil
	}
	return next.TokenHash, err
}

// useAfterEnd reports a token whose session is over.
func (s *Service) useAfterEnd(ctx context.Context, session Session, c device.Client) Resumed {
	s.audit.Report(ctx, audit.SessionUseAfterEnd, session.UserID, session.ID, string(session.EndReason), c)
	return Resumed{Session: session}
}

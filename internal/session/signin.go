package session

import (
	"context"
	"fmt"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// A SignInRequest is the browser that a session is opened in: what it came with, and what it carries from now on.
type SignInRequest struct {
	NewToken
	ReplacedHash string  // of the token it came with, a visitor's or an earlier session's; "" for none
	Instead      Session // the session it was signed in to, which ends; zero for none
	Remember     bool    // "keep me signed in"
	Client       device.Client
}

// SignIn opens a session for the person of the proof and ends the oldest ones beyond the limit
// (ASVS v5.0.0-7.1.2, 7.2.4). No session of a demo account outlives it. ErrConflict when a sign-out everywhere, a
// password change, the disabling of the account or the end of the demo came first; ErrSecondFactor for a proof that is
// not complete.
func (s *Service) SignIn(ctx context.Context, p auth.Proof, r SignInRequest) (SignedIn, error) {
	if !p.Complete() {
		return SignedIn{}, auth.ErrSecondFactor
	}
	at := audit.Now()
	if p.User().Over(at) {
		return SignedIn{}, auth.ErrConflict
	}
	x := s.newSession(p, r, at)
	in, err := s.compare(ctx, x, r.Client)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	open := OpenParams{
		SignInRequest: r, Session: x, Epoch: p.User().Epoch, Limit: s.policy.SessionsPerUser,
		Spend: p.Spend(), Events: append(p.Spend().Events, in.events(r.Client)...),
	}
	ended, err := s.store.OpenSession(ctx, open)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	s.audit.Log(ctx, append(EndEvents(ended, r.Client), open.Events...)...)
	return in, nil
}

// newSession is the row of a sign-in at that moment.
func (s *Service) newSession(p auth.Proof, r SignInRequest, at time.Time) Session {
	remember := r.Remember && s.policy.RememberOffered()
	expires, ip := at.Add(s.policy.For(remember).Lifetime), audit.Recorded(p.User().ID, r.Client).IP
	if p.User().IsDemo() {
		expires = earlier(expires, p.User().DemoUntil)
	}
	return Session{
		ID: audit.NewID(), UserID: p.User().ID, TokenHash: r.NewTokenHash, Method: p.Method(), Remembered: remember,
		UserAgent: r.Client.UserAgent, IP: ip, LastIP: ip, Known: s.policy.Browser.SetOf(r.Client),
		CreatedAt: at, RotatedAt: at, UnclaimedSince: at, LastSeenAt: at, ExpiresAt: expires,
		IdleExpiresAt: earlier(s.policy.IdleEnd(at, remember, expires), at.Add(ClaimWithin)),
	}
}

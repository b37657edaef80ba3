package session

import (
	"context"
	"fmt"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// A Carrier is the browser that a session is opened in: what it came with, and what it carries from now on.
type Carrier struct {
	TokenHash    string  // of the token made for the session
	ReplacedHash string  // of the token it came with, a visitor's or an earlier session's; "" for none
	Instead      Session // the session it was signed in to, which ends; zero for none
	PendingHash  string  // of the token of the pending sign-in that this finishes; "" for none
	Remember     bool    // "keep me signed in"
	device.Client
}

// SignIn opens a session for the person of the proof and ends the oldest ones beyond the limit
// (ASVS v5.0.0-7.1.2, 7.2.4). No session of a demo account outlives it. ErrOvertaken when a sign-out everywhere, a
// password change, the disabling of the account or the end of the demo came first; ErrSecondFactor for a proof that is
// not complete.
func (s *Service) SignIn(ctx context.Context, p auth.Proof, by Carrier) (SignedIn, error) {
	if !p.Complete() {
		return SignedIn{}, auth.ErrSecondFactor
	}
	at := audit.Now()
	c, remember := by.Client, by.Remember && s.policy.RememberOffered()
	if p.User().Over(at) {
		return SignedIn{}, auth.ErrOvertaken
	}
	expires, ip := at.Add(s.policy.LifetimeLimit(remember)), audit.Recorded(p.User().ID, c).IP
	if p.User().IsDemo() {
		expires = earlier(expires, p.User().DemoUntil)
	}
	session := Session{
		ID: audit.NewID(), UserID: p.User().ID, TokenHash: by.TokenHash, Method: p.Method(), Remembered: remember,
		UserAgent: c.UserAgent, IP: ip, LastIP: ip, Known: s.policy.Browser.SetOf(c),
		CreatedAt: at, RotatedAt: at, LastSeenAt: at, ExpiresAt: expires,
		IdleExpiresAt: s.policy.IdleEnd(at, remember, expires),
	}
	arrived, err := s.arrival(ctx, session, c)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	opening := Opening{
		Session: session, ReplacedHash: by.ReplacedHash, Instead: by.Instead.ID, Pending: by.PendingHash,
		Epoch: p.User().Epoch, Limit: s.policy.SessionsPerUser, Client: c, Events: arrived.events(c),
	}
	ended, err := s.store.OpenSession(ctx, opening)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	s.audit.Log(ctx, append(EndEvents(ended, c), opening.Events...)...)
	return arrived, nil
}

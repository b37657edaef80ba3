package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
)

// CheckSignIn checks an address and a password. ErrBadCredentials for an unknown address, a wrong password, a disabled
// account and a demo that is over alike, after one password hash and the write of one event in each case
// (ASVS v5.0.0-6.3.8). ErrBusy when too many are waiting.
func (s *Service) CheckSignIn(ctx context.Context, email, password string, c device.Client) (Proof, error) {
	user, err := s.lookUp(ctx, email)
	known := err == nil
	if !known && !errors.Is(err, audit.ErrNotFound) {
		return Proof{}, fmt.Errorf("check sign-in: %w", err)
	}
	encoded := s.hash.dummy
	if known {
		encoded = user.PasswordHash
	}
	match, outdated, err := s.hash.Verify(ctx, NormalPassword(password), encoded)
	if err != nil {
		return Proof{}, fmt.Errorf("check sign-in: %w", err)
	}
	if !known || !match || !user.DisabledAt.IsZero() || user.over(audit.Now()) {
		e := audit.NewEvent(audit.LoginFail, user.ID, "", c)
		e.Reason = whyRefused(user, match)
		s.audit.Record(ctx, e)
		return Proof{}, ErrBadCredentials
	}
	if outdated {
		s.upgrade(ctx, &user, password)
	}
	return Proof{user, MethodPassword}, nil
}

// whyRefused is for the account's owner and for operators; the answer says nothing of it.
func whyRefused(user User, match bool) string {
	switch {
	case user.ID == "":
		return "unknown"
	case !match:
		return "password"
	case user.IsDemo():
		return "demo over"
	}
	return "disabled"
}

// lookUp finds the account of an address as typed. An address that cannot exist is as unknown as any other.
func (s *Service) lookUp(ctx context.Context, email string) (User, error) {
	key, err := EmailKey(email)
	if err != nil {
		return User{}, audit.ErrNotFound
	}
	return s.store.UserByEmail(ctx, key)
}

// upgrade makes the hash again with the current parameters. A failure costs nothing: the next sign-in tries again.
func (s *Service) upgrade(ctx context.Context, user *User, password string) {
	hash, err := s.hash.Hash(ctx, NormalPassword(password))
	if err == nil {
		err = s.store.UpgradePassword(ctx, user.ID, user.PasswordHash, hash)
	}
	if err != nil {
		s.log.WarnContext(ctx, "password hash not upgraded", "user", user.ID, "err", err)
		return
	}
	user.PasswordHash = hash
	s.audit.Report(ctx, audit.PasswordHashUpgraded, user.ID, "", "", device.Client{})
}

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
func (s *Service) SignIn(ctx context.Context, p Proof, by Carrier) (SignedIn, error) {
	if !p.Complete() {
		return SignedIn{}, ErrSecondFactor
	}
	at := audit.Now()
	c, remember := by.Client, by.Remember && s.policy.RememberOffered()
	if p.user.over(at) {
		return SignedIn{}, ErrOvertaken
	}
	expires, ip := at.Add(s.policy.lifetime(remember)), audit.Recorded(p.user.ID, c).IP
	if p.user.IsDemo() {
		expires = earlier(expires, p.user.DemoUntil)
	}
	session := Session{
		ID: audit.NewID(), UserID: p.user.ID, TokenHash: by.TokenHash, Method: p.method, Remembered: remember,
		UserAgent: c.UserAgent, IP: ip, LastIP: ip, Known: s.policy.Browser.SetOf(c),
		CreatedAt: at, RotatedAt: at, LastSeenAt: at, ExpiresAt: expires,
		IdleExpiresAt: earlier(at.Add(s.policy.IdleLimit(remember)), expires),
	}
	arrived, err := s.arrival(ctx, session, c)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	opening := Opening{
		Session: session, ReplacedHash: by.ReplacedHash, Instead: by.Instead.ID, Pending: by.PendingHash,
		Epoch: p.user.Epoch, Limit: s.policy.SessionsPerUser, Client: c, Events: arrived.events(c),
	}
	ended, err := s.store.OpenSession(ctx, opening)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	s.audit.Log(ctx, append(EndEvents(ended, c), opening.Events...)...)
	return arrived, nil
}

// CheckPassword checks the password of a signed-in person, for a re-authentication or a password change. A wrong one
// leaves an event of the given kind. ErrBadCredentials, ErrBusy, or ErrEnded when the session is over.
func (s *Service) CheckPassword(ctx context.Context, session Session, password string, kind audit.Kind, c device.Client) (Proof, error) {
	user, err := s.userOf(ctx, session)
	if err != nil {
		return Proof{}, err
	}
	match, _, err := s.hash.Verify(ctx, NormalPassword(password), user.PasswordHash)
	if err != nil {
		return Proof{}, fmt.Errorf("check password: %w", err)
	}
	if !match {
		s.audit.Record(ctx, audit.NewEvent(kind, user.ID, session.ID, c))
		return Proof{}, ErrBadCredentials
	}
	return Proof{user, MethodPassword}, nil
}

// userOf reads the account anew, with its hash and epoch, if the session still stands.
func (s *Service) userOf(ctx context.Context, session Session) (User, error) {
	current, user, err := s.store.SessionByToken(ctx, session.TokenHash)
	if errors.Is(err, audit.ErrNotFound) || err == nil && !current.EndedAt.IsZero() {
		return User{}, ErrEnded
	}
	return user, err
}

// UnlockValid is how long the key of an unlock letter works.
const UnlockValid = 30 * time.Minute

const purposeUnlock = "unlock"

// NewUnlockKey makes a key that takes its bearer past the attempts limit of the account, if the address has one.
// It opens nothing: the password is still asked. ErrNotFound for an unknown address, and for that of a demo account,
// where no letter arrives.
func (s *Service) NewUnlockKey(ctx context.Context, email string, c device.Client) (User, string, error) {
	user, err := s.lookUp(ctx, email)
	if err == nil && user.IsDemo() {
		err = audit.ErrNotFound
	}
	if err != nil {
		return User{}, "", err
	}
	key, at := newKey(), audit.Now()
	err = s.store.AddLetterKey(ctx, LetterKey{
		TokenHash: HashToken(key), UserID: user.ID, Purpose: purposeUnlock, CreatedAt: at, ExpiresAt: at.Add(UnlockValid),
	})
	if err != nil {
		return User{}, "", err
	}
	s.audit.Record(ctx, audit.NewEvent(audit.LoginLock, user.ID, "", c))
	return user, key, nil
}

// Unlocks reports whether the key was sent to the owner of that address and is still good.
func (s *Service) Unlocks(ctx context.Context, key, email string) (bool, error) {
	sent, err := s.store.LetterKey(ctx, HashToken(key), purposeUnlock, audit.Now())
	if errors.Is(err, audit.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	user, err := s.lookUp(ctx, email)
	if errors.Is(err, audit.ErrNotFound) {
		return false, nil
	}
	return err == nil && user.ID == sent.UserID, err
}

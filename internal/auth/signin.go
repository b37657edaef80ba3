package auth

import (
	"context"
	"errors"
	"fmt"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
)

// A PasswordSignIn is what somebody brings to sign in with a password.
type PasswordSignIn struct {
	Email, Password string // as typed
	Unlock          string // one-time token of an unlock email, "" for none
}

// CheckSignIn checks an email address and a password. A LimitedError after too many tries. ErrBadCredentials for an unknown
// address, a wrong password, a disabled account and an expired demo alike, after one password hash and the write of
// one event in each case (ASVS v5.0.0-6.3.8). ErrBusy when too many are waiting.
func (s *Service) CheckSignIn(ctx context.Context, typed PasswordSignIn, c device.Client) (Proof, error) {
	attempt, err := s.guard.BeginSignIn(ctx, typed, c)
	if err != nil {
		return Proof{}, err
	}
	p, err := s.checkSignIn(ctx, typed.Email, typed.Password, c)
	if err == nil {
		err = attempt.Right(ctx, p)
	}
	settle(ctx, attempt, err)
	if err != nil {
		return Proof{}, err
	}
	p.tried = attempt
	return p, nil
}

func (s *Service) checkSignIn(ctx context.Context, email, password string, c device.Client) (Proof, error) {
	user, err := s.LookUp(ctx, email)
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
	if !known || !match || !user.DisabledAt.IsZero() || user.Over(audit.Now()) {
		e := audit.NewEvent(audit.LoginFail, user.ID, "", c).Because(failureReason(user, match)).About(email)
		s.audit.Record(ctx, e)
		return Proof{}, ErrBadCredentials
	}
	if outdated {
		s.upgrade(ctx, &user, password)
	}
	return Proof{user: user, method: MethodPassword}, nil
}

// failureReason is shown to the account's owner and operators; the answer to the sign-in does not reveal it.
func failureReason(user User, match bool) string {
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

// LookUp finds the account of an address as typed. For a malformed address it returns ErrNotFound too.
func (s *Service) LookUp(ctx context.Context, email string) (User, error) {
	return UserByEmail(ctx, s.store, email)
}

// UserByEmail finds the account of an address as typed. For a malformed address it returns ErrNotFound too.
func UserByEmail(ctx context.Context, store Emails, email string) (User, error) {
	keys, err := EmailForms(email)
	if err != nil {
		return User{}, audit.ErrNotFound
	}
	return store.UserByEmail(ctx, keys...)
}

// upgrade replaces the hash by one with the current parameters. A failure is ignored, because the next sign-in tries
// again.
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

// CheckPassword checks the password of a signed-in person, for a re-authentication or a password change. A wrong one
// is recorded as an event of the given kind. A LimitedError after too many, ErrBadCredentials, ErrBusy, or ErrEnded when the
// session is over.
func (s *Service) CheckPassword(ctx context.Context, by audit.Actor, password string, kind audit.Kind) (Proof, error) {
	attempt, err := s.guard.BeginConfirmation(ctx, by)
	if err != nil {
		return Proof{}, err
	}
	p, err := s.checkPassword(ctx, by, password, kind)
	settle(ctx, attempt, err)
	if p.Complete() {
		s.guard.Proved(ctx, p, by)
	} else if err == nil {
		p.tried = attempt
	}
	return p, err
}

func (s *Service) checkPassword(ctx context.Context, by audit.Actor, password string, kind audit.Kind) (Proof, error) {
	user, err := s.userOf(ctx, by)
	if err != nil {
		return Proof{}, err
	}
	match, _, err := s.hash.Verify(ctx, NormalPassword(password), user.PasswordHash)
	if err != nil {
		return Proof{}, fmt.Errorf("check password: %w", err)
	}
	if !match {
		s.audit.Record(ctx, by.Event(kind))
		return Proof{}, ErrBadCredentials
	}
	return Proof{user: user, method: MethodPassword}, nil
}

// userOf reads the account again, with its hash and epoch, if the session of the actor is still live.
func (s *Service) userOf(ctx context.Context, by audit.Actor) (User, error) {
	user, err := s.store.UserBySession(ctx, by.TokenHash)
	if errors.Is(err, audit.ErrNotFound) {
		return User{}, ErrEnded
	}
	return user, err
}

// HashPassword returns what is stored of a password. ErrBusy when too many wait.
func (s *Service) HashPassword(ctx context.Context, password string) (string, error) {
	return s.hash.Hash(ctx, NormalPassword(password))
}

// UnusableHash is a hash that no password has.
func (s *Service) UnusableHash() string { return s.hash.dummy }

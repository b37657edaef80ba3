package auth

import (
	"context"
	"errors"
	"fmt"

	"example.com/gatehouse/internal/audit"
)

// CheckCode completes the proof of a password with a code of the account's authenticator app or one of its recovery
// codes, each accepted once (ASVS v5.0.0-6.5.1). A wrong code is ErrBadCode and recorded as an event of the given kind;
// a LimitedError after too many. by has no session during a sign-in.
func (s *Service) CheckCode(ctx context.Context, p Proof, typed string, by audit.Actor, failure audit.Kind) (Proof, error) {
	if p.method != MethodPassword {
		return Proof{}, ErrBadCredentials
	}
	attempt, err := s.guard.BeginCode(ctx, p.user.ID, typed, by)
	if err != nil {
		return Proof{}, err
	}
	p, err = s.checkCode(ctx, p, typed, by, failure)
	settle(ctx, attempt, err)
	return p, err
}

func (s *Service) checkCode(ctx context.Context, p Proof, typed string, by audit.Actor, failure audit.Kind) (Proof, error) {
	method, err := MethodTOTP, ErrBadCode
	if code, ok := totpDigitsOf(typed); ok {
		err = s.useTOTP(ctx, p.user.ID, code)
	} else if hash, ok := RecoveryCodeHash(typed); ok {
		method, err = MethodRecoveryCode, s.useRecoveryCode(ctx, p.user, hash, by)
	}
	switch {
	case errors.Is(err, ErrBadCode):
		e := audit.NewEvent(failure, p.user.ID, by.SessionID, by.Client).Because("code")
		s.audit.Record(ctx, e)
		return Proof{}, ErrBadCode
	case err != nil:
		return Proof{}, fmt.Errorf("check code: %w", err)
	}
	p.method = method
	s.guard.Proved(ctx, p, by)
	return p, nil
}

// useTOTP accepts a code once, for its time step. The secret is encrypted again each time, so that a replaced
// encryption key goes out of use.
func (s *Service) useTOTP(ctx context.Context, userID, code string) error {
	t, err := s.store.TOTPSecret(ctx, userID)
	if errors.Is(err, audit.ErrNotFound) {
		return ErrBadCode
	}
	if err != nil {
		return err
	}
	secret, err := s.sealer.Open(t.Sealed, t.Place())
	if err != nil {
		return fmt.Errorf("secret of an authenticator app: %w", err)
	}
	step, ok := MatchTOTP(secret, code, audit.Now(), t.LastStep)
	if !ok {
		return ErrBadCode
	}
	t.LastStep = step
	if t.Sealed, err = s.sealer.Seal(secret, t.Place()); err != nil {
		return err
	}
	return badUnlessFound(s.store.UseTOTPStep(ctx, t))
}

func (s *Service) useRecoveryCode(ctx context.Context, u User, hash string, by audit.Actor) error {
	e := audit.NewEvent(audit.RecoveryCodeUsed, u.ID, by.SessionID, by.Client)
	if err := badUnlessFound(s.store.UseRecoveryCode(ctx, hash, e)); err != nil {
		return err
	}
	s.audit.Log(ctx, e)
	return nil
}

// badUnlessFound turns ErrNotFound into ErrBadCode, for a code that does not exist or was used.
func badUnlessFound(err error) error {
	if errors.Is(err, audit.ErrNotFound) {
		return ErrBadCode
	}
	return err
}

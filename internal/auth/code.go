package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"example.com/gatehouse/internal/audit"
)

// ErrUncheckable means that the secret of an authenticator app cannot be read, because its key is not among those of the
// portal. Recovery codes work.
var ErrUncheckable = errors.New("the codes of an authenticator app cannot be checked")

// CheckCode completes the proof of a password with a code of the account's authenticator app or one of its recovery
// codes. Each is accepted once: what the proof is used for spends it (ASVS v5.0.0-6.5.1). A wrong code is ErrBadCode and
// recorded as an event of the given kind, unless stands returns an error; ErrUncheckable counts as none; a LimitedError after too many, and ErrEnded when the
// session is over.
func (s *Service) CheckCode(ctx context.Context, p Proof, typed string, by audit.Actor, failure audit.Kind, stands Stands) (Proof, error) {
	if p.method != MethodPassword {
		return Proof{}, ErrBadCredentials
	}
	attempt, err := s.guard.BeginCode(ctx, p.user.ID, typed, by)
	if err != nil {
		return Proof{}, err
	}
	password := p.tried
	p.tried = nil
	p, err = s.checkCode(ctx, p, typed, by, failure, func(ctx context.Context) error {
		if _, err := s.userOf(ctx, by); err != nil {
			return err
		}
		return stands(ctx)
	})
	settle(ctx, attempt, err)
	settle(ctx, password, err)
	return p, err
}

// checkCode asks before it counts a failure whether what the code is for still stands: the same press on another instance may
// have spent the code a moment ago.
func (s *Service) checkCode(ctx context.Context, p Proof, typed string, by audit.Actor, failure audit.Kind, stands Stands) (Proof, error) {
	method, spend, err := MethodTOTP, Spend{UserID: p.user.ID, At: audit.Now()}, ErrBadCode
	if code, ok := totpDigitsOf(typed); ok {
		spend.App, err = s.matchTOTP(ctx, p.user.ID, code, spend.At)
	} else if hash, ok := RecoveryCodeHash(typed); ok {
		method, spend.CodeHash = MethodRecoveryCode, hash
		p.left, err = s.codesWithout(ctx, p.user.ID, hash)
		spend.Events = []audit.Event{audit.NewEvent(audit.RecoveryCodeUsed, p.user.ID, by.SessionID, by.Client)}
	}
	if errors.Is(err, ErrBadCode) {
		err = cmp.Or(stands(ctx), err)
	}
	switch {
	case errors.Is(err, ErrBadCode):
		e := audit.NewEvent(failure, p.user.ID, by.SessionID, by.Client).Because("code")
		s.audit.Record(ctx, e)
		return Proof{}, ErrBadCode
	case err != nil:
		return Proof{}, fmt.Errorf("check code: %w", err)
	}
	p.method, p.spend = method, spend
	s.guard.Proved(ctx, p, by)
	return p, nil
}

// matchTOTP returns the app with the step of the code, to be spent. The secret is encrypted again each time, so that a
// replaced encryption key goes out of use.
func (s *Service) matchTOTP(ctx context.Context, userID, code string, at time.Time) (TOTPSecret, error) {
	t, err := s.store.TOTPSecret(ctx, userID)
	if errors.Is(err, audit.ErrNotFound) {
		return TOTPSecret{}, ErrBadCode
	}
	if err != nil {
		return TOTPSecret{}, err
	}
	secret, err := s.sealer.Open(t.Sealed, t.SealPlace())
	if err != nil {
		return TOTPSecret{}, fmt.Errorf("%w: %w", ErrUncheckable, err)
	}
	step, ok := MatchTOTP(secret, code, at, t.LastStep)
	if !ok {
		return TOTPSecret{}, ErrBadCode
	}
	t.LastStep = step
	t.Sealed, err = s.sealer.Seal(secret, t.SealPlace())
	return t, err
}

// codesWithout counts the unused recovery codes besides this one. ErrBadCode for a code that does not exist or was used.
func (s *Service) codesWithout(ctx context.Context, userID, hash string) (left int, err error) {
	unused, err := s.store.RecoveryCodes(ctx, userID)
	if err == nil && !slices.Contains(unused, hash) {
		err = ErrBadCode
	}
	return max(len(unused)-1, 0), err
}

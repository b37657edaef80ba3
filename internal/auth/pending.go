package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
)

// A sign-in after its password and before its second factor is a row of its own and not a session, so no page can
// mistake it for one (ASVS v5.0.0-6.3.4, 6.6.2).
const (
	PendingValid    = 10 * time.Minute
	PendingAttempts = 5 // codes for each
)

// A PendingSignIn is a sign-in whose second factor is still missing.
type PendingSignIn struct {
	TokenHash    string // of a token made after the password was checked, which the browser sends
	UserID       string
	Epoch        int64 // of the account, as read before the password was checked
	Remember     bool
	Next         string // where the person wanted to go
	AttemptsLeft int
	Network      string // digest of where the password was given, "" as read
	CreatedAt    time.Time
	ExpiresAt    time.Time
}

// SavePendingSignIn stores a sign-in whose proof is not complete, and the answer of its press. Its caller says where it leads,
// what it remembers, and the hash of a token made after the proof was checked. ErrConflict when the press was stored before.
func (s *Service) SavePendingSignIn(ctx context.Context, p Proof, waiting PendingSignIn, press *act.Record, c device.Client) error {
	at := audit.Now()
	waiting.UserID, waiting.Epoch, waiting.AttemptsLeft = p.user.ID, p.user.Epoch, PendingAttempts
	waiting.CreatedAt, waiting.ExpiresAt = at, at.Add(PendingValid)
	waiting.Network = HashToken(p.user.ID + " " + c.Largest())
	e := audit.NewEvent(audit.MFARequired, p.user.ID, "", c)
	if err := s.store.AddPendingSignIn(ctx, waiting, press, e); err != nil {
		if errors.Is(err, ErrConflict) { // the same press was first, and has taken from the limits already
			p.GiveBack(ctx)
		}
		return fmt.Errorf("save pending sign-in: %w", err)
	}
	s.audit.Log(ctx, e)
	return nil
}

// PendingSignIn returns the sign-in of the token, and its account. ErrNotFound when it is unknown, finished, too old,
// out of attempts, or older than a change of credentials.
func (s *Service) PendingSignIn(ctx context.Context, token string) (PendingSignIn, User, error) {
	return s.store.PendingSignIn(ctx, HashToken(token), audit.Now())
}

// CheckPendingCode counts one attempt of a pending sign-in and then checks the code, in this order, so that concurrent
// requests cannot check more codes than there are attempts. It returns the sign-in with the attempts that are left. A
// LimitedError after too many codes of the account, which counts no attempt; ErrNotFound as PendingSignIn; ErrBadCode for
// a wrong code. The proof carries the epoch from before the password was checked.
func (s *Service) CheckPendingCode(ctx context.Context, pending PendingSignIn, typed string, c device.Client) (PendingSignIn, Proof, error) {
	by := audit.Actor{Client: c}
	attempt, err := s.guard.BeginCode(ctx, pending.UserID, typed, by)
	if err != nil {
		return pending, Proof{}, err
	}
	pending, p, err := s.checkPendingCode(ctx, pending, typed, by)
	settle(ctx, attempt, err)
	return pending, p, err
}

func (s *Service) checkPendingCode(ctx context.Context, pending PendingSignIn, typed string, by audit.Actor) (PendingSignIn, Proof, error) {
	taken, u, err := s.store.TakePendingAttempt(ctx, pending.TokenHash, audit.Now())
	if err == nil && u.ID != pending.UserID {
		err = audit.ErrNotFound
	}
	if err != nil {
		return PendingSignIn{}, Proof{}, err
	}
	u.Epoch = taken.Epoch
	p, err := s.checkCode(ctx, Proof{user: u, method: MethodPassword}, typed, by, audit.MFAFail, func(ctx context.Context) error {
		return s.store.HasPendingSignIn(ctx, taken.TokenHash)
	})
	p.spend.PendingHash = taken.TokenHash
	return taken, p, err
}

// FinishElsewhere deletes the pending sign-in of the token because its browser has signed in another way. If that was to
// the same account, the failures before it are no longer counted.
func (s *Service) FinishElsewhere(ctx context.Context, token string, in User, c device.Client) error {
	if _, u, err := s.PendingSignIn(ctx, token); err == nil && u.ID == in.ID {
		s.guard.Proved(ctx, Proof{user: u, method: MethodPassword}, audit.Actor{Client: c})
	}
	return s.DeletePendingSignIn(ctx, token)
}

// DeletePendingSignIn deletes a pending sign-in, if it exists.
func (s *Service) DeletePendingSignIn(ctx context.Context, token string) error {
	return s.store.DeletePendingSignIn(ctx, HashToken(token))
}

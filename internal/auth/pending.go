package auth

import (
	"context"
	"fmt"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
)

// A sign-in that has shown its password and not yet its second factor is a row of its own and no session: nothing but
// the second step looks for it, so it opens nothing (ASVS v5.0.0-6.3.4, 6.6.2).
const (
	PendingValid    = 10 * time.Minute
	PendingAttempts = 5 // codes for each
)

// A PendingSignIn waits for its second factor.
type PendingSignIn struct {
	TokenHash    string // of a token that its browser carries, and nobody knew before the password was right
	UserID       string
	Epoch        int64 // of the account, as read before the password was checked
	Remember     bool
	Next         string // where the person wanted to go
	AttemptsLeft int
	CreatedAt    time.Time
	ExpiresAt    time.Time
}

// HoldSignIn keeps a sign-in whose proof is not complete and returns the token it waits under.
func (s *Service) SavePendingSignIn(ctx context.Context, p Proof, remember bool, next string, c device.Client) (token string, err error) {
	token, at := NewToken(), audit.Now()
	e := audit.NewEvent(audit.MFARequired, p.user.ID, "", c)
	err = s.store.AddPendingSignIn(ctx, PendingSignIn{
		TokenHash: HashToken(token), UserID: p.user.ID, Epoch: p.user.Epoch, Remember: remember, Next: next,
		AttemptsLeft: PendingAttempts, CreatedAt: at, ExpiresAt: at.Add(PendingValid),
	}, e)
	if err != nil {
		return "", fmt.Errorf("hold sign-in: %w", err)
	}
	s.audit.Log(ctx, e)
	return token, nil
}

// PendingSignIn returns the sign-in that waits under the token, and its account. ErrNotFound when it is unknown,
// finished, too old, out of attempts, or overtaken by a change of credentials.
func (s *Service) PendingSignIn(ctx context.Context, token string) (PendingSignIn, User, error) {
	return s.store.PendingSignIn(ctx, HashToken(token), audit.Now())
}

// CheckPendingCode takes one of the attempts of a pending sign-in, and then looks at the code: of codes that are tried at
// the same moment no more are looked at than there are attempts. ErrNotFound as PendingSignIn, ErrBadCode for a wrong
// code. The proof carries the epoch from before the password was checked.
func (s *Service) CheckPendingCode(ctx context.Context, token, typed string, c device.Client) (PendingSignIn, Proof, error) {
	waiting, u, err := s.store.TakePendingAttempt(ctx, HashToken(token), audit.Now())
	if err != nil {
		return PendingSignIn{}, Proof{}, err
	}
	u.Epoch = waiting.Epoch
	p, err := s.CheckCode(ctx, Proof{u, MethodPassword}, typed, audit.Actor{Client: c}, audit.MFAFail)
	return waiting, p, err
}

// DropSignIn forgets a pending sign-in, if there is one.
func (s *Service) DeletePendingSignIn(ctx context.Context, token string) error {
	return s.store.DeletePendingSignIn(ctx, HashToken(token))
}

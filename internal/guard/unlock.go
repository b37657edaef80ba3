package guard

import (
	"context"
	"errors"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// UnlockValid is how long the token of an unlock email works.
const UnlockValid = 30 * time.Minute

// Store keeps the tokens of unlock emails. One takes whoever has it past the limits of its account; it opens nothing, because
// the password is still asked.
type Store interface {
	auth.Emails
	// AddUnlockToken takes as long for nobody, whose id is "", as for an account.
	AddUnlockToken(ctx context.Context, hash, userID string, at, expires time.Time) error
	// UnlockTokenOwner returns the account of a token. ErrNotFound when the token is unknown, or its time is up.
	UnlockTokenOwner(ctx context.Context, hash string, at time.Time) (userID string, err error)
}

// OffersUnlock reports whether the owner of the account named in a LimitedError is to have an unlock email: once in the life
// of its token. The answer is the same whether or not there is an account.
func (g *Guard) OffersUnlock(ctx context.Context, account string) bool {
	return g.attempts.Take(ctx, Warnings.key+":"+account, Warnings.Rule) == 0
}

// NewUnlockToken makes the token of an unlock email. ErrNotFound, after the same work, with one that opens nothing, for an unknown
// address, and for that of a demo account, where no email arrives.
func (g *Guard) NewUnlockToken(ctx context.Context, email string, c device.Client) (auth.User, string, error) {
	user, err := auth.UserByEmail(ctx, g.store, email)
	if user.IsDemo() {
		user, err = auth.User{}, audit.ErrNotFound
	}
	if err != nil && !errors.Is(err, audit.ErrNotFound) {
		return auth.User{}, "", err
	}
	token, at := auth.NewToken(), audit.Now()
	if err := g.store.AddUnlockToken(ctx, auth.HashToken(token), user.ID, at, at.Add(UnlockValid)); err != nil {
		return auth.User{}, "", err
	}
	g.audit.Record(ctx, audit.NewEvent(audit.LoginLock, user.ID, "", c))
	return user, token, err
}

// unlocks reports whether the token was sent to the owner of that address and is still good.
func (g *Guard) unlocks(ctx context.Context, token, email string, c device.Client) (bool, error) {
	lookUp, wait := g.FromNetwork(ctx, OneTimeTokens, c)
	if wait > 0 {
		return false, nil
	}
	owner, err := g.store.UnlockTokenOwner(ctx, auth.HashToken(token), audit.Now())
	if errors.Is(err, audit.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	lookUp.Return(ctx) // it was sent, so nobody guessed it
	user, err := auth.UserByEmail(ctx, g.store, email)
	if errors.Is(err, audit.ErrNotFound) {
		return false, nil
	}
	return err == nil && user.ID == owner, err
}

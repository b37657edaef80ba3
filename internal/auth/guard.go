package auth

import (
	"context"
	"errors"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
)

// A Guard decides how often one may try to show who they are. Every check of this package asks it first, so a second form
// that checks passwords is limited without doing anything. What asks for a try returns a LimitedError when there were too
// many, before anything is read or hashed; the wait is the same whether or not there is an account.
type Guard interface {
	// BeginSignIn asks for a try of a password at an email address.
	BeginSignIn(ctx context.Context, typed PasswordSignIn, c device.Client) (SignInAttempt, error)
	// BeginConfirmation asks for a try of the password inside a session.
	BeginConfirmation(ctx context.Context, by audit.Actor) (Attempt, error)
	// BeginCode asks for a try of what was typed as a code of the account, inside a session or on the way into one.
	BeginCode(ctx context.Context, userID, typed string, by audit.Actor) (Attempt, error)
	// BeginPasskey asks for a try of a passkey's answer, inside a session or on the way into one.
	BeginPasskey(ctx context.Context, by audit.Actor) (Attempt, error)
	// Proved forgets the failures that a complete proof ends: those of the account where the actor has no session yet, those
	// of the session where there is one, and those of codes when one was shown.
	Proved(ctx context.Context, p Proof, by audit.Actor)
}

// An Attempt is a try that was let through. It counts as a failure unless it is given back.
type Attempt interface {
	// Return gives back all that was taken, because nothing failed or nobody could tell.
	Return(ctx context.Context)
}

// settle gives a try back that ended in neither a proof nor a wrong answer: nothing was checked, so nothing was guessed.
func settle(ctx context.Context, attempt Attempt, err error) {
	if attempt != nil && err != nil && !errors.Is(err, ErrBadCredentials) && !errors.Is(err, ErrBadCode) {
		attempt.Return(ctx)
	}
}

// Stands is asked before a wrong answer counts: an error when nobody can tell whether it would have been right, such as
// ErrConflict after the same press, on another instance, used up what it brings.
type Stands func(ctx context.Context) error

// A SignInAttempt is the try of a password.
type SignInAttempt interface {
	Attempt
	// Right gives back what a right password does not count for. As long as the proof is not complete, what counts against
	// the account stays: whoever knows the password and no more tries it in vain. A complete proof counts as a right sign-in:
	// a LimitedError, and all is given back, after too many of them.
	Right(ctx context.Context, p Proof) error
}

// A LimitedError means that there were too many tries, so nothing was checked.
type LimitedError struct {
	Wait time.Duration // until one may try again
	// Account is the name of the account whose own limit refused it, "" when it was another. Its owner may have an email
	// with the way past.
	Account string
}

func (e *LimitedError) Error() string { return "too many attempts, again in " + e.Wait.String() }

package auth

import (
	"context"
	"time"

	"example.com/gatehouse/internal/audit"
)

// Method says how somebody proved who they are.
type Method string

// The methods. A passkey counts as two factors by itself, because its user is verified (ASVS v5.0.0-6.3.3).
const (
	MethodPassword     Method = "password"
	MethodTOTP         Method = "password+totp"
	MethodRecoveryCode Method = "password+recovery_code"
	MethodPasskey      Method = "passkey"
	MethodDemoLink     Method = "demo_link" // of a demo account, made in a session of it
)

// SecondFactor reports whether the account requires more than a password.
func (u User) SecondFactor() bool { return u.TOTP || u.Passkeys }

// A Proof says that somebody has just proved who they are, and how. It carries the account's epoch as read before the
// check, so that ending all sessions in between makes the proof invalid.
type Proof struct {
	user   User
	method Method
	spend  Spend
	cloned bool    // the counter of the passkey did not grow
	left   int     // recovery codes, once the one of this proof is spent
	tried  Attempt // of the password: at the sign-in, and as long as a code is missing; nil otherwise
}

// A Spend is what a proof uses up. The transaction of whatever the proof opens or changes spends it, so that a value that
// works once is gone with what it was given for, or not at all: with ErrConflict when any of it was spent before, that is, when
// the pending sign-in is gone, that step or a later one was used or the app replaced, the code was used, the passkey is gone
// or has counted to SignCount since, or the challenge was answered. What is of no use to the proof is empty.
type Spend struct {
	UserID      string
	At          time.Time
	PendingHash string         // of the pending sign-in that it finishes
	App         TOTPSecret     // with the step of the code
	CodeHash    string         // of a recovery code
	Passkey     Passkey        // with its counter, backup state and latest use
	CountBefore uint32         // its counter as it was read
	Challenge   SpentChallenge // that the passkey has answered
	DemoLink    string         // hash of its token
	Opened      string         // handle of the session that the link opens
	Events      []audit.Event  // to be stored with it
}

// Opening is the same for a proof that opens this session.
func (s Spend) Opening(handle string) Spend {
	s.Opened = handle
	return s
}

// Spend is what the proof uses up.
func (p Proof) Spend() Spend { return p.spend }

// GiveBack gives back what the sign-in took from the limits, because it opened nothing.
func (p Proof) GiveBack(ctx context.Context) {
	if p.tried != nil {
		p.tried.Return(ctx)
	}
}

// CodesLeft returns how many recovery codes are left once the one that the proof brings is spent.
func (p Proof) CodesLeft() int { return p.left }

// Cloned reports whether the counter of the passkey did not grow, so that another device may have the same key.
func (p Proof) Cloned() bool { return p.cloned }

// User returns the account as it was read.
func (p Proof) User() User { return p.user }

// Method returns how it was proved.
func (p Proof) Method() Method { return p.method }

// Complete reports whether the proof has all that the account requires. An incomplete proof opens nothing (ASVS
// v5.0.0-6.3.4, 7.5.1).
func (p Proof) Complete() bool {
	return p.method != "" && (p.method != MethodPassword || !p.user.SecondFactor())
}

// For reports whether the proof is good for that account: ErrConflict for another person's, ErrSecondFactor for one that is
// not complete.
func (p Proof) For(userID string) error {
	switch {
	case p.user.ID != userID:
		return ErrConflict
	case !p.Complete():
		return ErrSecondFactor
	}
	return nil
}

// ProofOfDemo is the proof of the person for whom a demo account has just been made. For any other account it returns
// an empty proof.
func ProofOfDemo(u User) Proof {
	if !u.IsDemo() || !audit.IsDemo(u.ID) { // no other account has such an id, whatever the caller says of it
		return Proof{}
	}
	return Proof{user: u, method: MethodPassword}
}

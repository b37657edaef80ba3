package guard

import (
	"context"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// A signIn is the attempt of a password, with the keys that it counts under until the owner is in.
type signIn struct {
	*Attempt
	guard  *Guard
	client device.Client
	unlock string // key, "" for a sign-in without one
}

// BeginSignIn takes a sign-in from the limits of its network, account and password. A good token of an unlock email stands
// for all of them: it is the way past other people's guesses for the owner, whoever else is guessing.
func (g *Guard) BeginSignIn(ctx context.Context, typed auth.PasswordSignIn, c device.Client) (auth.SignInAttempt, error) {
	t := &signIn{Attempt: g.begin(), guard: g, client: c}
	if audit.IsID(typed.Unlock) {
		good, err := g.unlocks(ctx, typed.Unlock, typed.Email, c)
		if err != nil {
			return nil, err
		}
		if good {
			t.unlock = Unlocked.key + ":" + auth.HashToken(typed.Unlock)
			return t, limited(t.take(ctx, t.unlock, Unlocked.Rule))
		}
	}
	if wait := t.takeFrom(ctx, SignIns, c); wait > 0 {
		g.Report(ctx, SignIns.report, c.Customer(), c)
		return nil, limited(wait)
	}
	wait := t.takeHere(ctx, accountHere(typed.Email, c), AccountHere.Rule, c)
	if wait == 0 {
		wait = t.take(ctx, accountEverywhere(typed.Email), Account.Rule)
	}
	if wait > 0 {
		name := accountName(typed.Email)
		g.report(ctx, Account.key+":"+name, audit.LoginFailMax, audit.Actor{Client: c}, "")
		return nil, &auth.LimitedError{Wait: wait, Account: name}
	}
	if wait = g.sprays.take(ctx, t.Attempt, accountName(typed.Email), typed.Password); wait > 0 {
		g.Report(ctx, Sprayed.report, "", c)
		return nil, limited(wait)
	}
	return t, nil
}

// limited is nil without a wait.
func limited(wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	return &auth.LimitedError{Wait: wait}
}

// accountHere names one account as tried from one network.
func accountHere(email string, c device.Client) string {
	return AccountHere.key + ":" + c.Largest() + ":" + accountName(email)
}

func accountEverywhere(email string) string { return Account.key + ":" + accountName(email) }

// Right gives back what a right password took from the network and the password. The token of an unlock email stays counted.
// Before a second step the failures of the account do so too, which bounds sign-ins that stop there. A whole sign-in forgets
// them, and counts as a right one unless it came with that token.
func (t *signIn) Right(ctx context.Context, p auth.Proof) error {
	here, everywhere := accountHere(p.User().Email, t.client), accountEverywhere(p.User().Email)
	if !p.Complete() {
		t.returnBut(ctx, here, everywhere, t.unlock)
		return nil
	}
	right := ""
	if t.unlock == "" {
		right = signedInHere(p, t.client)
		if wait := t.guard.takeRight(ctx, t.Attempt, p, t.client); wait > 0 {
			return &auth.LimitedError{Wait: wait, Account: accountName(p.User().Email)}
		}
	}
	t.returnBut(ctx, here, everywhere, right, t.unlock)
	t.guard.Proved(ctx, p, audit.Actor{Client: t.client})
	t.forget(here, everywhere)
	return nil
}

// BeginConfirmation takes a try from the limit of the session: guessing inside a stolen session must not be faster than
// outside, and must not lock the owner's other devices.
func (g *Guard) BeginConfirmation(ctx context.Context, by audit.Actor) (auth.Attempt, error) {
	t := g.begin()
	wait := t.take(ctx, confirmations(by), Confirmations.Rule)
	if wait > 0 {
		g.reportOf(ctx, Confirmations.report, by.UserID, by)
	}
	return t, limited(wait)
}

func confirmations(by audit.Actor) string { return Confirmations.key + ":" + by.SessionID }

// BeginCode takes a guess at a code of somebody's app from the limit of the account. A recovery code cannot be guessed, so
// it is not limited, and lets the owner in while others guess.
func (g *Guard) BeginCode(ctx context.Context, userID, typed string, by audit.Actor) (auth.Attempt, error) {
	t := g.begin()
	if !auth.IsTOTPCode(typed) {
		return t, nil
	}
	wait := t.take(ctx, codes(userID), Codes.Rule)
	if wait > 0 {
		g.reportOf(ctx, Codes.report, userID, by)
	}
	return t, limited(wait)
}

func codes(userID string) string { return Codes.key + ":" + userID }

// BeginPasskey takes an answer from the limit of the network alone: nobody guesses one.
func (g *Guard) BeginPasskey(ctx context.Context, by audit.Actor) (auth.Attempt, error) {
	t := g.begin()
	wait := t.takeFrom(ctx, PasskeyAnswers, by.Client)
	switch {
	case wait > 0 && by.SessionID == "":
		g.Report(ctx, PasskeyAnswers.report, by.Client.Customer(), by.Client)
	case wait > 0:
		g.reportOf(ctx, PasskeyAnswers.report, by.UserID, by)
	}
	return t, limited(wait)
}

// Proved forgets the failures before a proof, which are no longer in a row: of the account, or of the session that it was
// asked in, and of codes when one was shown.
func (g *Guard) Proved(ctx context.Context, p auth.Proof, by audit.Actor) {
	var forget []string
	if by.SessionID == "" {
		forget = append(forget, accountHere(p.User().Email, by.Client), accountEverywhere(p.User().Email))
	} else {
		forget = append(forget, confirmations(by))
	}
	if p.Method() != auth.MethodPassword {
		forget = append(forget, codes(p.User().ID))
	}
	g.attempts.Reset(ctx, forget...)
}

package handlers

import (
	"context"
	"net/http"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/ratelimit"
)

// How much may be tried before people wait (ASVS v5.0.0-6.1.1, 6.3.1; docs/security/attempts.md has the reasons). Sign-ins,
// re-authentications and codes that succeed are given back, so of those only failures count.
var (
	perNetwork     = ratelimit.Rule{Burst: 30, Every: 10 * time.Second}   // sign-ins from one network, any account
	perAccountHere = inARow(5)                                            // one account from one network
	perAccount     = inARow(20)                                           // one account from everywhere
	perUnlockKey   = ratelimit.Rule{Burst: 10, Every: time.Minute}        // with the key of an unlock letter
	perCode        = inARow(10)                                           // codes of one account's app, over all its sign-ins and sessions
	perWrongCode   = ratelimit.Rule{Burst: 2, Every: 10 * time.Minute}    // wrong codes before the owner has a letter
	perSession     = inARow(5)                                            // the password asked again inside a session
	perSignUp      = ratelimit.Rule{Burst: 60, Every: 20 * time.Second}   // sign-ups from one network
	perReaderHere  = ratelimit.Rule{Burst: 5, Every: 10 * time.Minute}    // letters to one address asked for from one network
	perReader      = ratelimit.Rule{Burst: 20, Every: 10 * time.Minute}   // letters to one address
	perBasket      = ratelimit.Rule{Burst: 60, Every: 10 * time.Second}   // baskets of visitors from one network
	perDemo        = ratelimit.Rule{Burst: 10, Every: time.Minute}        // demo accounts for one network
	perProfile     = ratelimit.Rule{Burst: 10, Every: time.Minute}        // changes of one account's name
	perForgot      = ratelimit.Rule{Burst: 30, Every: 20 * time.Second}   // forgotten passwords from one network
	perEmailChange = ratelimit.Rule{Burst: 5, Every: 10 * time.Minute}    // changes of one account's address
	perExport      = ratelimit.Rule{Burst: 5, Every: 10 * time.Minute}    // files with everything about one account
	perUnlock      = ratelimit.Rule{Burst: 1, Every: account.UnlockValid} // unlock letters for one account

	perPasskeyBegin = ratelimit.Rule{Burst: 120, Every: time.Second}     // challenges for one network: each sign-in page asks for one
	perPasskey      = ratelimit.Rule{Burst: 30, Every: 10 * time.Second} // answers of passkeys from one network
)

var (
	perPassword      = ratelimit.Rule{Burst: 20, Every: 3 * time.Minute}  // accounts on which one password failed
	perPaymentMethod = ratelimit.Rule{Burst: 10, Every: time.Minute}      // changes of how one account pays
	perUnknownToken  = ratelimit.Rule{Burst: 30, Every: 2 * time.Second}  // tokens that are nobody's from one network
	perUnknownKey    = ratelimit.Rule{Burst: 30, Every: 10 * time.Second} // keys of letters that were never sent, the same
	perReport        = ratelimit.Rule{Burst: 1, Every: time.Minute}       // lines of the log about one who is limited
)

// growth is how the wait grows with failures in a row: to an hour, and after 100 of them, which is as many as SP 800-63B-4
// section 3.2.2 allows, to a day.
var growth = ratelimit.Growth{Max: time.Hour, ResetAfter: 24 * time.Hour, LockAfter: 100}

func inARow(free int) ratelimit.Rule {
	return ratelimit.Rule{Burst: free, Every: time.Minute, Growth: growth}
}

// beginSignIn takes a sign-in from the limits of its address, account and password. A good key from an unlock letter
// stands for all of them: it is the way past other people's guesses for the owner, whoever else is guessing. The wait is
// the same whether or not the account exists.
func (a *app) beginSignIn(r *http.Request, email, password, unlock string) (*attempt, time.Duration, error) {
	ctx, t := r.Context(), &attempt{limiter: a.Attempts}
	account := accountKey(email)
	if unlock != "" {
		good, err := a.Accounts.Unlocks(ctx, unlock, email)
		if err != nil {
			return nil, 0, err
		}
		if good {
			return t, t.take(ctx, unlockedKey(unlock), perUnlockKey), nil
		}
	}
	if wait := t.takeFrom(r, "address", perNetwork); wait > 0 {
		a.reportLimit(r, "sign-in", clientOf(r).Customer())
		return t, wait, nil
	}
	wait := t.take(ctx, accountHere(r, email), perAccountHere)
	if wait == 0 {
		wait = t.take(ctx, accountEverywhere(email), perAccount)
	}
	if wait > 0 {
		t.unlockable = true
		a.offerUnlock(r, email, account)
		return t, wait, nil
	}
	if wait = a.sprays.take(ctx, t, account, password); wait > 0 {
		a.reportLimit(r, "one password on many accounts", "")
	}
	return t, wait, nil
}

// accountKey is the name of an account in the limits, for addresses that have one and those that have none.
func accountKey(email string) string {
	if key, err := auth.NormalizeEmail(email); err == nil {
		return key
	}
	return email
}

// accountHere names one account as tried from one network.
func accountHere(r *http.Request, email string) string {
	return "account here:" + clientOf(r).Customer() + ":" + accountKey(email)
}

func unlockedKey(unlock string) string { return "unlocked:" + auth.HashToken(unlock) }

func accountEverywhere(email string) string { return "account:" + accountKey(email) }

// offerUnlock sends the owner of a limited account a letter with the way past the limit, once per key's life. It
// happens beside the answer, which would otherwise tell by its duration whether there is an owner.
func (a *app) offerUnlock(r *http.Request, email, name string) {
	client := clientOf(r)
	if a.reports.Take(r.Context(), "account:"+name, perReport) == 0 {
		a.Audit.Report(r.Context(), audit.LoginFailMax, "", "", "", client)
	}
	if a.Attempts.Take(r.Context(), "unlock letter:"+name, perUnlock) > 0 {
		return
	}
	a.beside(r, func(ctx context.Context) error {
		user, key, err := a.Accounts.NewUnlockToken(ctx, email, client)
		if err != nil {
			return err
		}
		a.tell(user, a.letters.Unlock(user.Email, user.Name, key, account.UnlockValid))
		return nil
	})
}

// succeed gives back what a sign-in took, and forgets the failures before it: the owner got in, so they are no longer in
// a row.
func (a *app) succeed(r *http.Request, t *attempt, email string) {
	t.giveBackBut(r.Context(), accountHere(r, email), accountEverywhere(email))
	a.gotIn(r, email)
}

// halfSucceed is succeed for a right password that a second step has to follow. Nothing failed on the network, so that is
// given back. What the account took is kept until gotIn: whoever knows the password and no more tries it in vain.
func (a *app) halfSucceed(r *http.Request, t *attempt, email, unlock string) {
	t.giveBackBut(r.Context(), accountHere(r, email), accountEverywhere(email), unlockedKey(unlock))
}

// gotIn forgets the failures of an account, in the row that a whole sign-in ends.
func (a *app) gotIn(r *http.Request, email string) {
	a.Attempts.Reset(r.Context(), accountHere(r, email), accountEverywhere(email))
}

// tooManyPasskeys is tooMany for a script.
func (a *app) tooManyPasskeys(w http.ResponseWriter, r *http.Request, wait time.Duration) error {
	a.reportLimit(r, "passkey", clientOf(r).Customer())
	tooMany(w, wait)
	return writeJSON(w, http.StatusTooManyRequests, problemJSON{Error: errorLimited,
		Text: "There were too many attempts. Please try again in " + words(wait) + "."})
}

package handlers

import (
	"context"
	"net/http"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/limit"
)

// How much may be tried before people wait (ASVS v5.0.0-6.1.1, 6.3.1; docs/security.md has the reasons). Sign-ins and
// re-authentications that succeed are given back, so of those only failures count.
var (
	perNetwork     = limit.Rule{Burst: 30, Every: 10 * time.Second} // sign-ins from one network, any account
	perAccountHere = limit.Rule{Burst: 10, Every: time.Minute}      // one account from one network
	perAccount     = limit.Rule{Burst: 50, Every: time.Minute}      // one account from everywhere
	perUnlockKey   = limit.Rule{Burst: 10, Every: time.Minute}      // with the key of an unlock letter
	perSession     = limit.Rule{Burst: 5, Every: time.Minute}       // the password asked again inside a session
	perSignUp      = limit.Rule{Burst: 60, Every: 20 * time.Second} // sign-ups from one network
	perReaderHere  = limit.Rule{Burst: 5, Every: 10 * time.Minute}  // letters to one address asked for from one network
	perReader      = limit.Rule{Burst: 20, Every: 10 * time.Minute} // letters to one address
	perBasket      = limit.Rule{Burst: 60, Every: 10 * time.Second} // baskets of visitors from one network
	perDemo        = limit.Rule{Burst: 10, Every: time.Minute}      // demo accounts for one network
	perProfile     = limit.Rule{Burst: 10, Every: time.Minute}      // changes of one account's name
	perUnlock      = limit.Rule{Burst: 1, Every: auth.UnlockValid}  // unlock letters for one account
)

// An attempt is what one sign-in takes from the limits, to be given back if it succeeds.
type attempt struct {
	limiter    limit.Limiter
	taken      []taken
	unlockable bool // it was refused for its account, whose owner can have a letter
}

type taken struct {
	key  string
	rule limit.Rule
}

// take takes one from each limit in turn. The first that is exhausted decides the wait, and what was taken before is
// given back.
func (t *attempt) take(ctx context.Context, key string, rule limit.Rule) time.Duration {
	wait := t.limiter.Take(ctx, key, rule)
	if wait > 0 {
		t.giveBack(ctx)
		return wait
	}
	t.taken = append(t.taken, taken{key, rule})
	return 0
}

func (t *attempt) giveBack(ctx context.Context) {
	for _, one := range t.taken {
		t.limiter.Return(ctx, one.key, one.rule)
	}
	t.taken = nil
}

// beginSignIn takes a sign-in from the limits of its address and account. A good key from an unlock letter stands for
// all of them: it is the way past other people's guesses for the owner, whoever else is guessing. The wait is the
// same whether or not the account exists.
func (a *app) beginSignIn(r *http.Request, email, unlock string) (*attempt, time.Duration, error) {
	ctx, t := r.Context(), &attempt{limiter: a.Attempts}
	account := accountKey(email)
	if unlock != "" {
		good, err := a.Auth.Unlocks(ctx, unlock, email)
		if err != nil {
			return nil, 0, err
		}
		if good {
			return t, t.take(ctx, "unlocked:"+auth.HashToken(unlock), perUnlockKey), nil
		}
	}
	if wait := t.take(ctx, "address:"+network(clientOf(r).IP), perNetwork); wait > 0 {
		a.Auth.Report(ctx, auth.RateLimitExceeded, "", "", "sign-in", clientOf(r))
		return t, wait, nil
	}
	wait := t.take(ctx, accountHere(r, email), perAccountHere)
	if wait == 0 {
		wait = t.take(ctx, "account:"+account, perAccount)
	}
	if wait > 0 {
		t.unlockable = true
		a.offerUnlock(r, email, account)
	}
	return t, wait, nil
}

// accountKey is the name of an account in the limits, for addresses that have one and those that have none.
func accountKey(email string) string {
	if key, err := auth.EmailKey(email); err == nil {
		return key
	}
	return email
}

// accountHere names one account as tried from one network.
func accountHere(r *http.Request, email string) string {
	return "account here:" + network(clientOf(r).IP) + ":" + accountKey(email)
}

// offerUnlock sends the owner of a limited account a letter with the way past the limit, once per key's life. It
// happens beside the answer, which would otherwise tell by its duration whether there is an owner.
func (a *app) offerUnlock(r *http.Request, email, account string) {
	client := clientOf(r)
	a.Auth.Report(r.Context(), auth.RateLimitExceeded, "", "", "sign-in", client)
	if a.Attempts.Take(r.Context(), "unlock letter:"+account, perUnlock) > 0 {
		return
	}
	a.beside(r, func(ctx context.Context) error {
		user, key, err := a.Auth.NewUnlockKey(ctx, email, client)
		if err != nil {
			return err
		}
		a.tell(user, a.letters.Unlock(user.Email, user.Name, key, auth.UnlockValid))
		return nil
	})
}

// succeed gives back what a sign-in took, and forgets the failures before it from the same network: the owner got in.
func (a *app) succeed(r *http.Request, t *attempt, email string) {
	t.giveBack(r.Context())
	a.Attempts.Reset(r.Context(), accountHere(r, email))
}

// tooMany says in the header what the page says in words: how long to wait.
func tooMany(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", retryAfter(wait))
}

package handlers

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/session"
)

// What guard refuses becomes a page here: 429, with how long to wait in the header and in words.

// limitError is the page for whoever met a limit that its form says nothing about.
func limitError(wait time.Duration, heading, text string) error {
	return statusError{code: http.StatusTooManyRequests, heading: heading, text: text, retryAfter: wait}
}

// tooMany says in the header what the page says in words: how long to wait.
func tooMany(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", retryAfter(wait))
}

// wordsOfWait says how long to wait, rounded up like the header: words leaves out what is below its two units.
func wordsOfWait(wait time.Duration) string {
	unit := time.Second
	if wait > 48*time.Hour {
		unit = time.Hour
	} else if wait > time.Hour {
		unit = time.Minute
	}
	return words((wait + unit - 1).Truncate(unit))
}

func tooManyAttempts(wait time.Duration) string {
	return "There were too many attempts. Please try again in " + wordsOfWait(wait) + "."
}

// tooManyPasskeys is tooMany for a script.
func tooManyPasskeys(w http.ResponseWriter, wait time.Duration) error {
	tooMany(w, wait)
	return writeJSON(w, http.StatusTooManyRequests, problemJSON{Error: errorLimited, Text: tooManyAttempts(wait)})
}

// offerUnlock sends the owner of a limited account an email with the way past the limit, in the background of the answer. Where
// there is no owner as much is done for nobody.
func (a *app) offerUnlock(r *http.Request, account, email string) {
	if !a.Guard.OffersUnlock(r.Context(), account) {
		return
	}
	client := clientOf(r)
	a.background(r, func(ctx context.Context) error {
		user, token, err := a.Guard.NewUnlockToken(ctx, email, client)
		switch l := a.emails.Unlock(cmp.Or(user.Email, email), user.Name, token, guard.UnlockValid); {
		case err == nil:
			a.Outbox.Send(l)
		case errors.Is(err, audit.ErrNotFound):
			a.Outbox.Send(l.Decoy())
		default:
			return err
		}
		return nil
	})
}

// warnOfCodes writes to the owner when several codes were wrong at the sign-in.
func (a *app) warnOfCodes(r *http.Request, u auth.User) {
	if a.Guard.WarnOfCodes(context.WithoutCancel(r.Context()), u.ID) {
		a.enqueue(u, a.emails.WrongCodes(u.Email, u.Name))
	}
}

// lookUp asks for the row of a token, unless the network of the request brought too many unknown ones. A token that no
// session has may be that of a visitor's bag, so it stays counted until that is known.
func (a *app) lookUp(r *http.Request, token string, readOnly bool) (session.Found, error) {
	attempt, err := a.beginLookUp(r, token)
	if err != nil {
		return session.Found{}, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), lookUpWithin)
	defer cancel()
	found, err := a.Sessions.Resume(ctx, session.Credential{Token: token, ReadOnly: readOnly, Client: clientOf(r)})
	if err != nil {
		err = unavailable(err)
	} else if found.State == session.Unknown {
		exchangeOf(r).lookUp = attempt
		return found, nil
	}
	attempt.Return(r.Context())
	return found, err
}

// beginLookUp takes a look-up of a session's token from the limits. Unless the token is nobody's, it is to be returned. On some
// routes the token is looked up beyond the limits too.
func (a *app) beginLookUp(r *http.Request, token string) (*guard.Attempt, error) {
	lookUp, wait := a.Guard.BeginLookUp(r.Context(), token, clientOf(r))
	if wait > 0 && !a.routeOf(r).alwaysLookedUp {
		return nil, limitError(wait, "Too many unknown cookies", "Your network sent many cookies that this portal never gave out, "+
			"so we did not look at yours. Please try again in "+wordsOfWait(wait)+".")
	}
	return lookUp, nil
}

// settleLookUp runs once it is known whether the token is a visitor's: a token that is neither a session's nor a
// visitor's, forgotten long ago or invented, is logged and stays counted.
func (a *app) settleLookUp(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.Bag.UnknownToken(r.Context()) {
			a.Audit.Report(r.Context(), audit.SessionUnknownToken, "", "", "", clientOf(r))
		} else if x := exchangeOf(r); x.lookUp != nil {
			x.lookUp.Return(r.Context())
			if token, ok := a.Bag.Token(r); ok && !a.Bag.Unavailable(r.Context()) {
				a.Guard.RememberToken(auth.HashToken(token))
			}
		}
		next.ServeHTTP(w, r)
	})
}

// limitGuesses stands before a route that is opened by a one-time token. One that was never sent, which is a 404, is taken
// from the limits of the network; beyond them tokens are no longer looked up.
func (a *app) limitGuesses(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if chi.URLParam(r, "token") == "" && !a.hasOneTimeToken(r) { // nobody guesses anything
			next.ServeHTTP(w, r)
			return
		}
		try, wait := a.Guard.FromNetwork(r.Context(), guard.OneTimeTokens, clientOf(r))
		if wait > 0 {
			a.fail(w, r, limitError(wait, "Too many links", "Your network followed many links that do not work. Please try again in "+wordsOfWait(wait)+"."))
			return
		}
		sw := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(sw, r)
		if sw.Status() != http.StatusNotFound {
			try.Return(r.Context())
		}
	})
}

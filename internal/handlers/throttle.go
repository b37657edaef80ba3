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
)

// What guard refuses becomes a page here: 429, with how long to wait in the header and in words.

// limitError is the page for whoever met a limit that its form says nothing about.
func limitError(wait time.Duration, heading, text string) statusError {
	return statusError{code: http.StatusTooManyRequests, heading: heading, text: text, retryAfter: wait}
}

// spend takes a press from the limit of its route before the handler, and gives it back when nothing came of it. A press that is
// repeated never gets here.
func (a *app) spend(rt *route, h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		try, wait := a.Guard.FromAccount(r.Context(), rt.spends, actor(r))
		if wait > 0 {
			e := limitError(wait, "That was often", "You did this many times in a short while, so this time nothing was changed. Please try again in "+
				wordsOfWait(wait)+".")
			e.next = wayOn{fillPattern(rt.page, rt.pattern, r.URL.EscapedPath()), "Go back"}
			return e
		}
		exchangeOf(r).spent = try // repeat gives it back when the press was answered elsewhere
		sw := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		err := h(sw, r)
		if err != nil || sw.Status() >= http.StatusBadRequest {
			try.Return(r.Context())
		}
		return err
	}
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
// there is no owner as much is done for nobody. It reports false when the outbox has no room for one.
func (a *app) offerUnlock(r *http.Request, account, email string) bool {
	client := clientOf(r)
	sender := networkSender(client, account)
	if a.Outbox.Room(r.Context(), sender) != nil {
		return false
	}
	if !a.Guard.OffersUnlock(r.Context(), account) { // it was sent a while ago
		return true
	}
	a.background(r, func(ctx context.Context) error {
		user, token, err := a.Guard.NewUnlockToken(ctx, email, client)
		switch l := a.emails.Unlock(cmp.Or(user.Email, email), user.Name, token, guard.UnlockValid).By(sender); {
		case err == nil:
			a.Outbox.Send(l)
		case errors.Is(err, audit.ErrNotFound):
			a.Outbox.Send(l.Decoy())
		default:
			return err
		}
		return nil
	})
	return true
}

// warnOfCodes writes to the owner when several codes were wrong at the sign-in.
func (a *app) warnOfCodes(r *http.Request, u auth.User) {
	if try, ok := a.Guard.WarnOfCodes(context.WithoutCancel(r.Context()), u.ID); ok {
		a.sendOrReturn(r, u, a.emails.WrongCodes(u.Email, u.Name), try)
	}
}

// refuseGuesses runs once it is known that a token is neither a session's nor a visitor's: it was forgotten long ago, or
// invented. Such tokens are counted by network (ASVS v5.0.0-6.3.1, 16.3.3). One that belongs to somebody never is, so whoever
// guesses keeps no neighbour out.
func (a *app) refuseGuesses(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.Bag.UnknownToken(r.Context()) {
			if _, wait := a.Guard.FromNetwork(r.Context(), guard.UnknownTokens, clientOf(r)); wait > 0 {
				a.fail(w, r, limitError(wait, "Too many unknown cookies", "Your network sent many cookies that this portal never gave out, "+
					"and your browser sent one too. Please try again in "+wordsOfWait(wait)+"."))
				return
			}
			a.Audit.Report(r.Context(), audit.SessionUnknownToken, "", "", "", clientOf(r))
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

package handlers

import (
	"context"
	"net/http"
	"strings"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/session"
)

// retryPause is the pause before a request that crossed a rotation is sent again: time for the other answer, with
// the cookie in it, to arrive.
const retryPause = 200 * time.Millisecond

// lookUpWithin bounds how long it takes to learn who asks. A request with a token needs the database for that first, so this
// is how long it waits while the database hangs.
const lookUpWithin = 5 * time.Second

// session finds out who asks, with one read of the row, and serves the request with their bag.
func (a *app) session(next http.Handler) http.Handler {
	next = a.refuseGuesses(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		exchangeOf(r).crossSite = a.isCrossSite(r)
		token, found, err := a.resume(r, exchangeOf(r).crossSite || a.routeOf(r).readOnly)
		switch {
		case err != nil:
			a.fail(w, r, err)
		case found.State == session.Rotated:
			a.retryAfterRotation(w, r)
		default:
			tokenNow := func(ctx context.Context) (string, error) {
				return a.Sessions.TokenNow(ctx, found.Session.UserID, auth.HashToken(token))
			}
			s := bag.Session{State: found.State, Token: token, Handle: found.Session.ID, Expires: a.bagExpires(found.Session), Now: tokenNow}
			a.Bag.Serve(w, r, s, next, a.fail)
		}
	})
}

// resume asks who the token of the request belongs to and notes the current user. A request that only reads counts as no
// activity.
func (a *app) resume(r *http.Request, readOnly bool) (token string, found session.Found, err error) {
	token, ok := a.Bag.Token(r)
	if !ok {
		return "", found, nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), lookUpWithin)
	defer cancel()
	if found, err = a.Sessions.Resume(ctx, session.Credential{Token: token, ReadOnly: readOnly, Client: clientOf(r)}); err != nil {
		return token, found, unavailable(err)
	}
	switch x := found.Session; {
	case found.State == session.Live:
		exchangeOf(r).current = &current{Session: x, User: found.User}
	case found.State == session.Ended:
		exchangeOf(r).ended = &x
	}
	exchangeOf(r).answerLost = found.State == session.Unclaimed
	a.warnOwner(r, found)
	return token, found, nil
}

// retryAfterRotation answers a request whose token was replaced while it was on its way, without touching the cookie: the
// browser has the next one by now, or will in a moment. A change is not repeated; its page is shown instead.
func (a *app) retryAfterRotation(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	select {
	case <-time.After(retryPause):
	case <-r.Context().Done():
	}
	place, status := a.wayBack(r), http.StatusSeeOther
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		place, status = "/"+strings.TrimLeft(r.URL.RequestURI(), "/"), http.StatusTemporaryRedirect // two slashes would be another host
	}
	http.Redirect(w, r, place, status)
}

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

// lookUpWithin bounds how long it takes to learn who asks. Of a request with a token that is the first thing that needs
// the database, so this is how long whoever has one waits while that hangs.
const lookUpWithin = 5 * time.Second

// session finds out who asks, with one read of the row, and serves the request with their bag.
func (a *app) session(next http.Handler) http.Handler {
	next = a.settleLookUp(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := exchangeOf(r)
		x.crossSite = a.isCrossSite(r)
		standing, err := a.standing(r, x.crossSite || a.routeOf(r).readOnly)
		switch {
		case isStatus(err):
			a.fail(w, r, err)
		case err != nil:
			a.fail(w, r, unavailable(err))
		case standing.State == session.Rotated:
			a.retryAfterRotation(w, r)
		default:
			a.Bag.Serve(w, r, standing, next, a.bagUnavailable)
		}
	})
}

// standing asks about the token of the request and notes the current user. A request that only reads counts as no activity.
func (a *app) standing(r *http.Request, readOnly bool) (bag.Session, error) {
	token, ok := a.Bag.Token(r)
	if !ok {
		return bag.Session{}, nil
	}
	found, err := a.resume(r, token, readOnly)
	if err != nil {
		return bag.Session{}, err
	}
	x := found.Session
	switch {
	case found.State == session.Live:
		exchangeOf(r).current = &current{Session: x, User: found.User}
	case found.State == session.Ended && ranOut(x) && x.TokenHash == auth.HashToken(token): // an older token may be a copy
		exchangeOf(r).timedOut = &x
	}
	return bag.Session{
		State: found.State, Token: token, Handle: x.ID, Expires: x.ExpiresAt,
		Now: func(ctx context.Context) (string, error) {
			return a.Sessions.TokenNow(ctx, x.UserID, auth.HashToken(token))
		},
	}, nil
}

// resume asks who a token belongs to, unless the network of the request brought too many that are nobody's, and tells the
// owner what there is to tell. A token that no session has may be a visitor's, so it stays counted until that is known.
func (a *app) resume(r *http.Request, token string, readOnly bool) (session.Found, error) {
	lookUp, err := a.beginLookUp(r, token)
	if err != nil {
		return session.Found{}, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), lookUpWithin)
	defer cancel()
	found, err := a.Sessions.Resume(ctx, session.Credential{Token: token, ReadOnly: readOnly, Client: clientOf(r)})
	if err == nil && found.State == session.Unknown {
		exchangeOf(r).lookUp = lookUp
		return found, nil
	}
	lookUp.Return(r.Context())
	if err != nil {
		return session.Found{}, err
	}
	if found.State == session.Live {
		a.Guard.RememberToken(token)
	}
	a.warnOwner(found)
	return found, nil
}

// retryAfterRotation answers a request whose token was replaced while it was on its way, without touching the cookie: the
// browser has the next one by now, or will in a moment. A change is not repeated; its page is shown instead.
func (a *app) retryAfterRotation(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	select {
	case <-time.After(retryPause):
	case <-r.Context().Done():
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		// One slash only: two would be another host.
		http.Redirect(w, r, "/"+strings.TrimLeft(r.URL.RequestURI(), "/"), http.StatusTemporaryRedirect)
		return
	}
	http.Redirect(w, r, a.wayBack(r), http.StatusSeeOther)
}

// bagUnavailable answers a request that needed the bag while it could not be stored.
func (a *app) bagUnavailable(w http.ResponseWriter, r *http.Request) {
	a.fail(w, r, bag.ErrUnavailable)
}

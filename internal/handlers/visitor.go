package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/draft"
	"example.com/gatehouse/internal/session"
)

// askAgainAfter is the pause before a request that crossed a rotation is sent again: time for the other answer, with
// the cookie in it, to arrive.
const askAgainAfter = 200 * time.Millisecond

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
			a.Bag.Serve(w, r, standing, next, a.bagAway)
		}
	})
}

// standing asks about the token of the request and notes the current user. A request that only reads counts as no activity.
func (a *app) standing(r *http.Request, readOnly bool) (bag.Standing, error) {
	token, ok := a.Bag.Token(r)
	if !ok {
		return bag.Standing{}, nil
	}
	found, err := a.resume(r, token, readOnly)
	if err != nil {
		return bag.Standing{}, err
	}
	x := found.Session
	switch {
	case found.State == session.Live:
		exchangeOf(r).visitor = &visitor{Session: x, User: found.User}
	case found.State == session.Ended && ranOut(x) && x.TokenHash == auth.HashToken(token): // an older token may be a copy
		exchangeOf(r).timedOut = &x
	}
	return bag.Standing{
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
	lookUp.giveBack(r.Context())
	if err != nil {
		return session.Found{}, err
	}
	if found.State == session.Live {
		a.genuine.add(token)
	}
	a.warnOwner(found)
	return found, nil
}

// retryAfterRotation answers a request whose token was replaced while it was on its way, without touching the cookie: the
// browser has the next one by now, or will in a moment. A change is not repeated; its page is shown instead.
func (a *app) retryAfterRotation(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	select {
	case <-time.After(askAgainAfter):
	case <-r.Context().Done():
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		// One slash only: two would be another host.
		http.Redirect(w, r, "/"+strings.TrimLeft(r.URL.RequestURI(), "/"), http.StatusTemporaryRedirect)
		return
	}
	http.Redirect(w, r, a.wayBack(r), http.StatusSeeOther)
}

// bagAway answers a request that needed the bag while it could not be stored.
func (a *app) bagAway(w http.ResponseWriter, r *http.Request) { a.fail(w, r, bag.ErrAway) }

// requireVisitor lets signed-in people through and sends others to sign in, and back. What somebody typed in a session
// that had timed out is kept for them.
func (a *app) requireVisitor(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if visitorOf(r) != nil {
			next.ServeHTTP(w, r)
			return
		}
		back := a.wayBack(r)
		if s := exchangeOf(r).timedOut; s != nil {
			back = a.saveDraft(r, *s, draft.UntilSignedIn)
		}
		query := url.Values{"next": {back}}
		if a.cookieRefused(r) {
			query.Set("cookie", "refused")
		}
		turnAway(w, r, "/login?"+query.Encode())
	})
}

// requireConfirmed lets nobody on whose session was used from somewhere else and waits for a re-authentication. What its person
// typed is kept for them.
func (a *app) requireConfirmed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.Sessions.Policy().NeedsReauth(visitorOf(r).Session) {
			back := a.saveDraft(r, visitorOf(r).Session, draft.UntilConfirmed)
			turnAway(w, r, "/reauth?"+url.Values{"next": {back}}.Encode())
			return
		}
		next.ServeHTTP(w, r)
	})
}

// cookieRefused reports whether the browser comes from a sign-in and brings no cookie at all: it did not accept it.
// Some refuse Secure cookies from http://localhost.
func (a *app) cookieRefused(r *http.Request) bool {
	from, err := url.Parse(r.Referer())
	return err == nil && from.Host == r.Host && from.Path == "/login" && !a.Bag.Presented(r) &&
		a.Bag.Ended(r.Context()) == ""
}

// requireElevation lets people through who re-authenticated a short while ago (ASVS v5.0.0-7.5.1, 7.5.2). A form that
// comes later than that is kept while they do it again, so it needs no grace.
func (a *app) requireElevation(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if visitorOf(r).Elevated(time.Now()) {
			next.ServeHTTP(w, r)
			return
		}
		back := a.saveDraft(r, visitorOf(r).Session, draft.UntilConfirmed)
		turnAway(w, r, "/reauth?"+url.Values{"next": {back}}.Encode())
	})
}

// requireRole lets only people with the role through, behind requireElevation: a change of role closes the window of its
// account, so whoever was just given one confirms first.
func (a *app) requireRole(role string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			v := visitorOf(r)
			if v.User.Role == role {
				next.ServeHTTP(w, r)
				return
			}
			a.Audit.Report(r.Context(), audit.AuthorisationFail, v.UserID, v.ID, "role", clientOf(r))
			a.fail(w, r, statusError{code: http.StatusForbidden, heading: "This is not for your account",
				text: "Your account may not open this page. Nothing was changed."})
		})
	}
}

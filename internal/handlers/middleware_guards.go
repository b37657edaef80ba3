package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/draft"
)

// requireSignedIn lets signed-in people through and sends others to sign in, and back. What somebody typed in a session
// that had timed out becomes a draft.
func (a *app) requireSignedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if currentOf(r) != nil {
			next.ServeHTTP(w, r)
			return
		}
		back := a.wayBack(r)
		if s := a.timedOut(r); s != nil {
			back = a.saveDraft(r, *s, draft.UntilSignedIn)
		}
		query := url.Values{"next": {back}}
		if a.cookieRefused(r) {
			query.Set("cookie", "refused")
		}
		a.redirectOr401(w, r, "/login?"+query.Encode())
	})
}

// cookieRefused reports whether the browser comes from a sign-in, or from the button of the demo, and brings no cookie at all: it
// did not accept it. Some refuse Secure cookies from http://localhost.
func (a *app) cookieRefused(r *http.Request) bool {
	return (a.cameFrom(r, "/login") || a.cameFrom(r, "/")) && !a.Bag.HasCookie(r) && a.Bag.Ended(r.Context()) == ""
}

// requireNotFlagged lets nobody on whose session was used from somewhere else and waits for a re-authentication. What its person
// typed becomes a draft.
func (a *app) requireNotFlagged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.Sessions.Policy().NeedsReauth(currentOf(r).Session) {
			back := a.saveDraft(r, currentOf(r).Session, draft.UntilConfirmed)
			a.redirectOr403(w, r, reauthPage(back))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// requireNotDeleting lets nobody into an account that is to be deleted. The pages where it can be kept
// or exported are not behind this guard.
func (a *app) requireNotDeleting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if currentOf(r).User.DeletionPending() {
			a.redirectOr403(w, r, deletePage)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// requireFactor leaves somebody who has to get a second factor first only the pages where they can. In an account that is
// to be deleted there is none to get: requireNotDeleting says what is left there.
func (a *app) requireFactor(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if who := currentOf(r).User; a.Accounts.LacksFactor(who) && !who.DeletionPending() {
			a.redirectOr403(w, r, securityPage)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// requireElevation lets people through who re-authenticated a short while ago (ASVS v5.0.0-7.5.1, 7.5.2). A form that
// comes later than that becomes a draft while they do it again, so it needs no grace. It has come when all of it is there. What
// it changes is refused if somebody closes the window in the meantime.
func (a *app) requireElevation(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		readBody(r)
		if currentOf(r).Elevated(time.Now()) {
			exchangeOf(r).inWindow = true
			next.ServeHTTP(w, r)
			return
		}
		back := a.saveDraft(r, currentOf(r).Session, draft.UntilConfirmed)
		a.redirectOr403(w, r, reauthPage(back))
	})
}

// requireRole lets only people with one of the roles through, behind requireElevation: a change of role closes the window of its
// account, so whoever was just given one confirms first.
func (a *app) requireRole(roles ...string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if slices.Contains(roles, currentOf(r).User.Role) {
				next.ServeHTTP(w, r)
				return
			}
			a.fail(w, r, a.notForRole(r))
		})
	}
}

// notForRole reports that somebody asked for what their role does not allow, and returns what they read.
func (a *app) notForRole(r *http.Request) error {
	v := currentOf(r)
	a.Audit.Report(r.Context(), audit.AuthorisationFail, v.UserID, v.ID, "role", clientOf(r))
	return statusError{code: http.StatusForbidden, heading: "This is not for your account",
		text: "Your account may not open this page, or not do this. Nothing was changed."}
}

// redirectOr401 sends people to sign in first, and redirectOr403 to another page. A script is told where that is.
func (a *app) redirectOr401(w http.ResponseWriter, r *http.Request, where string) {
	if !a.wantsJSON(w, r) {
		seeOther(w, r, where)
		return
	}
	w.Header().Set("WWW-Authenticate", "Cookie")                                             // RFC 9110 wants a scheme; browsers ask for nothing by this one
	_ = writeJSON(w, http.StatusUnauthorized, problemJSON{Error: errorSignIn, Where: where}) // two strings always marshal
}

func (a *app) redirectOr403(w http.ResponseWriter, r *http.Request, where string) {
	if !a.wantsJSON(w, r) {
		seeOther(w, r, where)
		return
	}
	_ = writeJSON(w, http.StatusForbidden, problemJSON{Error: errorReauth, Where: where})
}

package handlers

import (
	"net/http"
	"slices"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/brand"
)

// signOut ends the session of this browser. When the row cannot be ended it says so: the session would still open with
// a copy of the cookie.
func (a *app) signOut(w http.ResponseWriter, r *http.Request) error {
	if token := a.Bag.Pending(r); token != "" {
		if err := a.Auth.DeletePendingSignIn(r.Context(), token); err != nil {
			return err
		}
	}
	if exchangeOf(r).answerLost { // the session goes on for a while, so nobody may be told that it is over
		seeOther(w, r, "/login")
		return nil
	}
	if v := currentOf(r); v != nil { // last: an error page after it would show somebody signed in who is not
		if err := a.Sessions.SignOut(r.Context(), v.Session, clientOf(r)); err != nil {
			return err
		}
	}
	ended := exchangeOf(r).ended
	if v := currentOf(r); v != nil && v.User.IsDemo() || ended != nil && audit.IsDemo(ended.UserID) { // it may come back, also after a second press
		a.finishLogout(w, r, brand.BackCookie)
		return nil
	}
	a.finishLogout(w, r)
	return nil
}

// finishLogout answers every request that has ended the session it came with, so that none of them forgets a part: cookies
// and bag go, the browser clears what it keeps, and the next page explains the end (ASVS v5.0.0-7.4.1, 14.3.1). Our cookies
// go by name, because "cookies" in the header would take those of neighbouring hosts as well. The one that says which
// session ended is for the next page.
func (a *app) finishLogout(w http.ResponseWriter, r *http.Request, kept ...string) {
	a.Bag.End(r.Context())
	a.forgetBrowser(w, kept...)
	seeOther(w, r, signedOutPage)
}

// forgetBrowser deletes what the browser keeps besides the cookie of its session, but for the cookies that are kept.
func (a *app) forgetBrowser(w http.ResponseWriter, kept ...string) {
	for _, name := range brand.Cookies {
		if slices.Contains(kept, name) {
			continue
		}
		switch name {
		case brand.SessionCookie, brand.EndedCookie:
		case brand.PendingCookie:
			a.Bag.DropPending(w)
		default:
			a.Bag.SetOneTime(w, name, "")
		}
	}
	w.Header().Set("Clear-Site-Data", `"storage"`)
}

// finishLogoutOf is for a link from an email, which ends all sessions of an account: the browser that followed it may be
// signed in to that account, to another, or to none. Its person signs in again there, so the browser clears nothing.
func (a *app) finishLogoutOf(w http.ResponseWriter, r *http.Request, userID, next string) {
	if v := currentOf(r); v != nil && v.UserID == userID {
		a.Bag.End(r.Context())
	}
	seeOther(w, r, next)
}

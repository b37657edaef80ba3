package handlers

import "net/http"

// signOut ends the session of this browser. When the row cannot be ended it says so: the session would still open with
// a copy of the cookie.
func (a *app) signOut(w http.ResponseWriter, r *http.Request) error {
	if v := currentOf(r); v != nil {
		if err := a.Sessions.SignOut(r.Context(), v.Session, clientOf(r)); err != nil {
			return err
		}
	}
	if token := a.Bag.Pending(r); token != "" {
		if err := a.Auth.DeletePendingSignIn(r.Context(), token); err != nil {
			return err
		}
		a.Bag.DropPending(w)
	}
	a.finishLogout(w, r, clearAll, signedOutPage)
	return nil
}

// What a logout tells the browser to forget beside the session's own cookie.
const (
	// clearAll leaves nothing behind on a shared computer, the look of the pages included.
	clearAll = `"cookies", "storage"`
	// clearStorage spares the cookie by which the page after a deletion knows until when the account can be kept.
	clearStorage = `"storage"`
	// clearNothing is for somebody who signs in again in the same browser: they have not left it.
	clearNothing = ""
)

// finishLogout answers every request that has ended the session it came with, so that none of them forgets a part: the
// cookie and the bag go, the browser clears what it keeps, and the next page explains the end (ASVS v5.0.0-7.4.1, 14.3.1).
func (a *app) finishLogout(w http.ResponseWriter, r *http.Request, clearSiteData, next string) {
	a.Bag.End(r.Context())
	if clearSiteData != clearNothing {
		w.Header().Set("Clear-Site-Data", clearSiteData)
	}
	seeOther(w, r, next)
}

// finishLogoutOf is finishLogout for a link from an email, which ends all sessions of an account: the browser that
// followed it may be signed in to that account, to another, or to none.
func (a *app) finishLogoutOf(w http.ResponseWriter, r *http.Request, userID, next string) {
	if v := currentOf(r); v != nil && v.UserID == userID {
		a.finishLogout(w, r, clearNothing, next)
		return
	}
	seeOther(w, r, next)
}

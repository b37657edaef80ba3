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

// What a logout tells the browser to clear, besides the cookie of the session.
const (
	// clearAll is for shared computers: everything goes, the preferences for pages included.
	clearAll = `"cookies", "storage"`
	// clearStorage spares the cookie by which the page after a deletion knows until when the account can be kept.
	clearStorage = `"storage"`
	// clearNothing is for somebody who goes on in the same browser and only has to sign in again.
	clearNothing = ""
)

// finishLogout answers every request that ended its own session, so that none of them leaves out a step: it deletes the cookie
// and the bag, tells the browser what to clear, and leads to a page that explains the end (ASVS v5.0.0-7.4.1, 14.3.1).
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

package handlers

import (
	"errors"
	"net/http"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
)

// linkOverView says what became of the link of an email that does nothing any more. Only whoever has the link reads it.
type linkOverView struct {
	Layout
	Purpose string // account.PurposeSignUp ...
	State   linkState
	User    string // public name of the account of a used link
	Email   string // that it was used for, or that a link of another account would be
	At      time.Time
}

type linkState string

const (
	linkUnknown  linkState = "unknown" // never sent, or forgotten
	linkUsed     linkState = "used"
	linkExpired  linkState = "expired"
	linkReplaced linkState = "replaced"        // by a newer one, or revoked by a change of the account
	linkOfOthers linkState = "another account" // than the current user's
)

func (*linkOverView) page() string { return "link-over.html" }

// Own reports whether the current user's account is the one that the link was used for.
func (v *linkOverView) Own() bool { return v.SignedIn != nil && v.SignedIn.User == v.User }

// linkOver answers a request with a token that does nothing any more, and so does nothing. A press of a form whose link was
// used leads to the page that says what the link did.
func (a *app) linkOver(w http.ResponseWriter, r *http.Request, purpose, token string) error {
	v := &linkOverView{Purpose: purpose, State: linkUnknown}
	sent, err := a.Accounts.SentToken(r.Context(), token, purpose)
	switch {
	case errors.Is(err, audit.ErrNotFound):
		return a.render(w, r, http.StatusNotFound, v)
	case err != nil:
		return err
	case !sent.UsedAt.IsZero():
		if r.Method == http.MethodPost {
			if err := anotherAccount(r.PostForm.Get("account"), sent.UserID, sent.Email, r.URL.Path); err != nil {
				return err
			}
			seeOther(w, r, r.URL.Path)
			return nil
		}
		v.State, v.User, v.Email, v.At = linkUsed, sent.UserID, sent.Email, sent.UsedAt
		return a.render(w, r, http.StatusOK, v)
	case sent.Expired():
		v.State, v.At = linkExpired, sent.ExpiresAt
	default:
		v.State = linkReplaced
	}
	return a.render(w, r, http.StatusGone, v)
}

// afterLink is where a link leads that has worked for that account, and what its transaction stores: to place, or while
// somebody else is signed in, whom that page would send on or mislead, to the page of the link itself, which says what was
// done to which account.
func (a *app) afterLink(r *http.Request, userID, place string) (leads string, press *act.Record, err error) {
	v, keep := currentOf(r), a.leadsTo
	switch {
	case v != nil && v.UserID == userID: // every session of the account ends
		keep = a.endsAt
	case v != nil:
		place = r.URL.Path
	}
	press, err = keep(r, place)
	return place, press, err
}

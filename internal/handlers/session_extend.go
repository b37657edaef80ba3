package handlers

import (
	"errors"
	"net/http"

	"example.com/gatehouse/internal/auth"
)

// extend counts as activity: "Stay signed in", pressed in a form or by a script.
func (a *app) extend(w http.ResponseWriter, r *http.Request) error {
	if wantsJSON(r) {
		return a.extendForScript(w, r)
	}
	v := currentOf(r)
	if v == nil {
		seeOther(w, r, signedOutPage)
		return nil
	}
	f, err := form(r, "next")
	if err != nil {
		return err
	}
	next := a.destination(f["next"])
	_, err = a.Sessions.Extend(r.Context(), v.Session, clientOf(r))
	if errors.Is(err, auth.ErrReauthRequired) {
		seeOther(w, r, reauthPage(next))
		return nil
	}
	if err != nil {
		return err
	}
	a.flash(r, "You stay signed in.")
	seeOther(w, r, next)
	return nil
}

func (a *app) extendForScript(w http.ResponseWriter, r *http.Request) error {
	v := currentOf(r)
	if v == nil {
		s, _ := a.Sessions.Ended(r.Context(), a.Bag.Ended(r.Context())) // without it the reason is unknown
		return answerJSON(w, ended(s.EndReason))
	}
	extended, err := a.Sessions.Extend(r.Context(), v.Session, clientOf(r))
	switch {
	case errors.Is(err, auth.ErrReauthRequired):
		return answerJSON(w, stateJSON{State: "reauth", Where: reauthPage(home)})
	case errors.Is(err, auth.ErrEnded):
		return answerJSON(w, ended(""))
	case err != nil:
		return err
	}
	return answerJSON(w, active(extended))
}

package handlers

import (
	"errors"
	"net/http"

	"example.com/gatehouse/internal/auth"
)

// extend counts as activity: "Stay signed in", pressed in a form or by a script.
func (a *app) extend(w http.ResponseWriter, r *http.Request) error {
	next := home
	if !a.wantsJSON(w, r) {
		f, err := form(r, "next")
		if err != nil {
			return err
		}
		next = a.destination(f["next"])
	}
	state, err := a.extended(w, r, next)
	switch {
	case err != nil:
		return err
	case a.wantsJSON(w, r):
		return answerJSON(w, state)
	case state.Where == "":
		a.flash(r, "You stay signed in.")
		state.Where = next
	}
	seeOther(w, r, state.Where)
	return nil
}

// extended extends the session and returns what its page is told: with where to go, unless the session goes on.
func (a *app) extended(w http.ResponseWriter, r *http.Request, next string) (stateJSON, error) {
	v := currentOf(r)
	if v == nil {
		s, _ := a.Sessions.Ended(r.Context(), a.Bag.Ended(r.Context())) // without it the reason is unknown
		return ended(s.EndReason), nil
	}
	x, err := a.Sessions.Extend(r.Context(), v.Session, clientOf(r))
	switch {
	case errors.Is(err, auth.ErrReauthRequired):
		return stateJSON{State: "reauth", Where: reauthPage(next)}, nil
	case errors.Is(err, auth.ErrEnded) && a.wantsJSON(w, r): // a form is asked again
		return ended(""), nil
	}
	return active(x), a.tellExtended(r, x, err)
}

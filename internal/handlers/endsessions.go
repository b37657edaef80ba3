package handlers

import (
	"net/http"
	"time"
)

func (a *app) showEndOthers(w http.ResponseWriter, r *http.Request) error {
	return a.confirmEnding(w, r, http.StatusOK, false, nil)
}

func (a *app) showEndAll(w http.ResponseWriter, r *http.Request) error {
	return a.confirmEnding(w, r, http.StatusOK, true, nil)
}

// confirmEnding lists exactly what will end, and asks who it is on the same page if re-authentication is stale:
// one press does both.
func (a *app) confirmEnding(w http.ResponseWriter, r *http.Request, status int, all bool, wrong problems) error {
	current, others, err := a.tickets(r)
	if err != nil {
		return err
	}
	v := &endSessionsView{
		All: all, Sessions: others, Stale: !visitorOf(r).Elevated(time.Now()),
		Identity: identityForm(r, "To confirm it is you.", wrong),
	}
	if all {
		v.Sessions = append([]ticketView{current}, others...)
	}
	return a.render(w, r, status, v)
}

func (a *app) endOthers(w http.ResponseWriter, r *http.Request) error {
	if done, err := a.elevateFor(w, r, false); done || err != nil {
		return err
	}
	n, err := a.Sessions.EndOthers(r.Context(), actor(r))
	if err != nil {
		return err
	}
	if n == 0 {
		a.flash(r, "No other session was signed in.")
	} else {
		a.flash(r, "Signed out %s. Only this device is signed in now.", count(n, "other session"))
	}
	seeOther(w, r, "/account/sessions")
	return nil
}

func (a *app) endAll(w http.ResponseWriter, r *http.Request) error {
	if done, err := a.elevateFor(w, r, true); done || err != nil {
		return err
	}
	if _, err := a.Sessions.EndAll(r.Context(), actor(r)); err != nil {
		return err
	}
	a.leave(w, r)
	return nil
}

// elevateFor re-authenticates with what the confirm page asked for where the window is not open. It reports whether
// it has answered already.
func (a *app) elevateFor(w http.ResponseWriter, r *http.Request, all bool) (done bool, err error) {
	f, err := form(r, identityFields...)
	if err != nil || visitorOf(r).Elevated(time.Now()) {
		return false, err
	}
	wrong, status, err := a.reauthenticate(w, r, f)
	if err != nil || wrong == nil {
		return false, err
	}
	return true, a.confirmEnding(w, r, status, all, wrong)
}

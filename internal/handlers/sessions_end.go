package handlers

import (
	"errors"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// endSessionView asks before one session is ended.
type endSessionView struct {
	Layout
	Session sessionCard
}

// endSessionsView lists what ends, and asks who it is when re-authentication is stale.
type endSessionsView struct {
	Layout
	All      bool // this session too
	Sessions []sessionCard
	Stale    bool
	Identity identityView
}

func (*endSessionView) page() string  { return "session-end.html" }
func (*endSessionsView) page() string { return "sessions-end.html" }

func (a *app) showEndOthers(w http.ResponseWriter, r *http.Request) error {
	return a.confirmEnding(w, r, http.StatusOK, false, nil)
}

func (a *app) showEndAll(w http.ResponseWriter, r *http.Request) error {
	return a.confirmEnding(w, r, http.StatusOK, true, nil)
}

// confirmEnding lists exactly what will end. If the session is not elevated it asks for the password on the same page, so that
// one press does both.
func (a *app) confirmEnding(w http.ResponseWriter, r *http.Request, status int, all bool, wrong problems) error {
	current, others, err := a.sessionCards(r)
	if err != nil {
		return err
	}
	v := &endSessionsView{
		All: all, Sessions: others, Stale: !currentOf(r).Elevated(time.Now()),
		Identity: identityForm(r, "To confirm it is you.", wrong),
	}
	if all {
		v.Sessions = append([]sessionCard{current}, others...)
	}
	return a.render(w, r, status, v)
}

func (a *app) endOthers(w http.ResponseWriter, r *http.Request) error {
	if done, err := a.elevateFor(w, r, false); done || err != nil {
		return err
	}
	record, err := a.recordOfEnding(r, "/account/sessions")
	if err != nil {
		return err
	}
	n, err := a.Sessions.EndOthers(r.Context(), actor(r), record)
	if err != nil {
		return err
	}
	answered(r)
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
	record, err := a.recordOfEnding(r, signedOutPage)
	if err != nil {
		return err
	}
	if _, err := a.Sessions.EndAll(r.Context(), actor(r), record); err != nil {
		return err
	}
	answered(r)
	a.finishLogout(w, r, signedOutPage)
	return nil
}

// elevateFor re-authenticates with the fields of the confirm page, unless the session is elevated. done reports whether it has
// answered the request.
func (a *app) elevateFor(w http.ResponseWriter, r *http.Request, all bool) (done bool, err error) {
	f, err := form(r, identityFields...)
	if err != nil || currentOf(r).Elevated(time.Now()) {
		return false, err
	}
	x := exchangeOf(r)
	press := x.press
	x.press = nil // its answer is that of the ending, which comes after this and may fail
	wrong, status, err := a.reauthenticate(w, r, f, "")
	x.press = press
	if err != nil || wrong == nil {
		return false, err
	}
	return true, a.confirmEnding(w, r, status, all, wrong)
}

// recordOfEnding is what the transaction of the ending stores of its press. The cookie of this request may be a new one since
// the form was sent.
func (a *app) recordOfEnding(r *http.Request, place string) (*act.Record, error) {
	token := a.Bag.NewToken(r.Context())
	return a.record(r, act.Answer{Token: token, Place: place, Lives: place != signedOutPage}, auth.HashToken(token))
}

// showEndSession asks before one session is ended: the page a re-authentication comes back to.
func (a *app) showEndSession(w http.ResponseWriter, r *http.Request) error {
	v := currentOf(r)
	s, err := a.Sessions.Session(r.Context(), v.UserID, chi.URLParam(r, "handle"))
	if err != nil {
		return a.notOwned(r, err)
	}
	if !s.EndedAt.IsZero() || s.ID == v.ID {
		seeOther(w, r, "/account/sessions")
		return nil
	}
	return a.render(w, r, http.StatusOK, &endSessionView{Session: a.sessionCard(s, v.ID)})
}

// endSession ends one of the person's sessions (ASVS v5.0.0-7.5.2).
func (a *app) endSession(w http.ResponseWriter, r *http.Request) error {
	v, handle := currentOf(r), chi.URLParam(r, "handle")
	if handle == v.ID {
		return a.signOut(w, r)
	}
	press, err := a.leadsTo(r, "/account/sessions")
	if err != nil {
		return err
	}
	s, err := a.Sessions.Revoke(r.Context(), actor(r), handle, press)
	switch name := device.Parse(s.UserAgent).Name; {
	case errors.Is(err, auth.ErrEnded):
		a.flash(r, "%s was already signed out.", name)
	case err != nil:
		return a.notOwned(r, err)
	default:
		answered(r)
		a.flash(r, "Signed out %s. It can no longer use your account.", name)
	}
	seeOther(w, r, "/account/sessions")
	return nil
}

// notOwned logs a request for a session of somebody else. The answer is the same as for a session that does not exist.
func (a *app) notOwned(r *http.Request, err error) error {
	if errors.Is(err, audit.ErrNotFound) {
		v := currentOf(r)
		a.Audit.Report(r.Context(), audit.AuthorisationFail, v.UserID, v.ID, "session", clientOf(r))
	}
	return err
}

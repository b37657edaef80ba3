package handlers

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
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
	place, err := a.afterStep(r, sessionsPage)
	if err != nil {
		return err
	}
	v := currentOf(r)
	n, at, done, err := a.endMany(w, r, v.ID, place)
	if done || err != nil {
		return err
	}
	if n == 0 {
		a.flash(r, "No other session was signed in.")
	} else {
		a.flash(r, "Signed out %s. Only this device is signed in now.", count(n, "other session"))
		if devices, err := a.endedFrom(r, v.UserID, v.ID, at); err == nil && len(devices) > 0 { // it is done, named or not
			a.flash(r, "What ended: %s.", strings.Join(devices, ", "))
		}
	}
	seeOther(w, r, place)
	return nil
}

func (a *app) endAll(w http.ResponseWriter, r *http.Request) error {
	_, _, done, err := a.endMany(w, r, "", signedOutPage)
	if done || err != nil {
		return err
	}
	a.finishLogout(w, r)
	return nil
}

// endMany ends the person's sessions, all but the excepted one. Unless this session is elevated, it takes the proof in the fields
// of the confirm page and elevates the session in the same transaction, so that a press that is repeated finds all of it or
// nothing. It returns how many ended and when; done reports whether it has answered the request.
func (a *app) endMany(w http.ResponseWriter, r *http.Request, except, place string) (n int, at time.Time, done bool, err error) {
	f, err := form(r, identityFields...)
	if err != nil {
		return 0, at, false, err
	}
	v, ending := currentOf(r), session.EndManyParams{Except: except, By: actor(r), At: audit.Now()}
	if v.Elevated(ending.At) {
		ending.By = ending.By.Within(true)
		if ending.Act, err = a.recordOfEnding(r, place); err != nil {
			return 0, at, false, err
		}
		if n, err = a.Sessions.EndMany(r.Context(), ending); err == nil {
			a.answered(r)
		}
		return n, ending.At, false, err
	}
	proof, wrong, status, err := a.identify(w, r, f, audit.ReauthFail)
	if err != nil {
		return 0, at, false, err
	}
	if wrong != nil {
		return 0, at, true, a.confirmEnding(w, r, status, except == "", wrong)
	}
	err = a.rotate(r, place, false, func(next session.NewToken) (opened bag.Session, err error) {
		if ending.Elevation, err = a.Sessions.Elevation(v.Session, proof, next, clientOf(r)); err == nil {
			ending.At = ending.Elevation.At // the proof took a while, in which others may have signed in
			n, err = a.Sessions.EndMany(r.Context(), ending)
		}
		if err == nil {
			v.Session = ending.Elevation.Now
		}
		return a.openedAs(v.Session), err
	})
	if err == nil {
		a.reportRecoveryCode(r, proof)
	}
	return n, ending.At, false, err
}

// recordOfEnding is what the transaction of the ending stores of its press, which came with the token of the session.
func (a *app) recordOfEnding(r *http.Request, place string) (*act.Record, error) {
	return a.record(r, a.withToken(r, place), auth.HashToken(a.Bag.NewToken(r.Context())))
}

// showEndSession asks before one session is ended: the page a re-authentication comes back to.
func (a *app) showEndSession(w http.ResponseWriter, r *http.Request) error {
	v := currentOf(r)
	s, err := a.Sessions.Session(r.Context(), v.UserID, chi.URLParam(r, "handle"))
	if err != nil {
		return a.notOwned(r, err)
	}
	if !s.EndedAt.IsZero() || s.ID == v.ID {
		seeOther(w, r, sessionsPage)
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
	place, err := a.afterStep(r, sessionsPage)
	if err != nil {
		return err
	}
	press, err := a.leadsTo(r, place)
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
		a.answered(r)
		a.flash(r, "Signed out %s. It can no longer use your account.", name)
	}
	seeOther(w, r, place)
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

package handlers

import (
	"errors"
	"net/http"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

const securePage = "/account/secure"

// securing is the path of somebody who said that it was not them: that session, the password, the other sessions, the second
// steps. Nothing of it is stored but its beginning and its end, as events. What is done follows from the account, so the path
// can be left and taken up again anywhere.
type securing struct {
	Session string    // handle of the session that it is about, "" for none
	Begun   time.Time // zero for no path
}

func (p securing) open() bool { return !p.Begun.IsZero() }

type secureView struct {
	Layout
	Begun time.Time // zero before
	Ended time.Time // when an earlier path was finished, zero for never

	Session string // handle of the session while it can be signed out from here, else ""
	Device  string // of the session the path is about, "" for none
	Here    bool   // it is the one of this page
	Others  int

	SessionDone, PasswordDone, OthersDone bool
	Next                                  int // the first step that is not done, of 4

	App       bool
	Passkeys  int
	CodesLeft int
}

func (*secureView) page() string { return "secure.html" }

func (a *app) showSecure(w http.ResponseWriter, r *http.Request) error {
	v := currentOf(r)
	all, err := a.answers(r)
	if err != nil {
		return err
	}
	live, err := a.liveSessions(r)
	if err != nil {
		return err
	}
	factors, err := a.Accounts.Factors(r.Context(), v.UserID)
	if err != nil {
		return err
	}
	passkeys, err := a.Accounts.Passkeys(r.Context(), v.UserID)
	if err != nil {
		return err
	}
	view := &secureView{
		Begun: all.path.Begun, Ended: all.done.At, Others: max(0, len(live)-1),
		App: v.User.TOTP, Passkeys: len(passkeys), CodesLeft: factors.CodesLeft,
	}
	s, err := a.Sessions.Session(r.Context(), v.UserID, all.path.Session)
	if err != nil && !errors.Is(err, audit.ErrNotFound) {
		return err
	}
	if err == nil {
		view.Device, view.Here = device.Name(s.UserAgent), s.ID == v.ID
	}
	if _, ok := live[s.ID]; ok && !view.Here {
		view.Session = s.ID
	}
	view.steps(all.path, v.User.PasswordChangedAt, live, v.ID)
	return a.render(w, r, http.StatusOK, view)
}

// steps says what is done. A new password gives the session of this page another token and ends the others; who signed in after
// it knows it.
func (v *secureView) steps(p securing, passwordChanged time.Time, live map[string]session.Session, here string) {
	v.PasswordDone = passwordChanged.After(p.Begun)
	v.SessionDone = v.Session == "" && (!v.Here || v.PasswordDone)
	v.OthersDone = true
	for id, s := range live {
		if id != here && !(v.PasswordDone && s.CreatedAt.After(passwordChanged)) {
			v.OthersDone = false
		}
	}
	v.Next = 4
	for i, done := range []bool{v.SessionDone || v.Here, v.PasswordDone, v.OthersDone} {
		if !done {
			v.Next = i + 1
			break
		}
	}
}

// secure begins the path. It changes nothing else, so it asks for nothing: each step is a form with its own guard.
func (a *app) secure(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "session")
	if err != nil {
		return err
	}
	if f["session"] != "" {
		if _, err := a.Sessions.Session(r.Context(), currentOf(r).UserID, f["session"]); err != nil {
			return a.notOwned(r, err)
		}
	}
	all, err := a.answers(r)
	if err != nil {
		return err
	}
	if !all.path.open() || f["session"] != "" && f["session"] != all.path.Session {
		press, err := a.leadsTo(r, securePage)
		if err != nil {
			return err
		}
		if err := a.Accounts.Answer(r.Context(), actor(r), audit.SecuringBegun, f["session"], press); err != nil {
			return err
		}
		a.answered(r)
	}
	seeOther(w, r, securePage)
	return nil
}

// finishSecuring is the answer no in full: the flag that was asked about is dismissed, and its client is not learnt.
func (a *app) finishSecuring(w http.ResponseWriter, r *http.Request) error {
	all, err := a.answers(r)
	if err != nil {
		return err
	}
	if !all.path.open() {
		seeOther(w, r, securePage)
		return nil
	}
	press, err := a.leadsTo(r, home)
	if err != nil {
		return err
	}
	if err := a.endPath(r, all.path, press); err != nil {
		return err
	}
	a.answered(r)
	a.flash(r, "Done. What you went through is in your activity, and you can begin again at any time.")
	seeOther(w, r, home)
	return nil
}

// endPath stores the end of the path. A flag of its session from before the path goes if the session has got a new token since, with
// a new password: any other session of then is over.
func (a *app) endPath(r *http.Request, p securing, press *act.Record) error {
	s, err := a.Sessions.Session(r.Context(), currentOf(r).UserID, p.Session)
	if err == nil && s.Flag != "" {
		e, unread := a.flagEvent(r, s)
		if unread != nil {
			return unread
		}
		if e.At.Before(p.Begun) && currentOf(r).User.PasswordChangedAt.After(p.Begun) {
			err = a.Sessions.DismissFlag(r.Context(), actor(r), s, audit.SecuringDone, press)
			if !errors.Is(err, audit.ErrNotFound) { // it ended at this moment
				return err
			}
		}
	}
	if err != nil && !errors.Is(err, audit.ErrNotFound) {
		return err
	}
	return a.Accounts.Answer(r.Context(), actor(r), audit.SecuringDone, "", press)
}

// afterStep is where a form leads that is a step of the path: back to the path while one is open, else to place.
func (a *app) afterStep(r *http.Request, place string) (string, error) {
	all, err := a.answers(r)
	if err == nil && all.path.open() {
		place = securePage
	}
	return place, err
}

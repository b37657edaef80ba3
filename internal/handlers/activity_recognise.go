package handlers

import (
	"errors"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/session"
)

// askAboutEvent asks whether an event of the trail was its owner.
func (a *app) askAboutEvent(w http.ResponseWriter, r *http.Request) error {
	e, err := a.shownEvent(r)
	if err != nil {
		return err
	}
	live, err := a.liveSessions(r)
	if err != nil {
		return err
	}
	return a.ask(w, r, e, live[e.SessionID])
}

// shownEvent is the event of the address, if it is the person's and pages speak of it.
func (a *app) shownEvent(r *http.Request) (audit.Event, error) {
	v := currentOf(r)
	e, err := a.Audit.Event(r.Context(), v.UserID, chi.URLParam(r, "id"))
	if err == nil && sentences[e.Kind].Text == "" {
		err = audit.ErrNotFound // of the log's own kinds no page speaks
	}
	if errors.Is(err, audit.ErrNotFound) {
		a.Audit.Report(r.Context(), audit.AuthorisationFail, v.UserID, v.ID, "event", clientOf(r))
	}
	return e, err
}

// recogniseEvent is the answer yes to an event. The flag of a session is dismissed by an answer about the session alone.
func (a *app) recogniseEvent(w http.ResponseWriter, r *http.Request) error {
	e, err := a.shownEvent(r)
	if err != nil {
		return err
	}
	press, err := a.leadsTo(r, activityPage)
	if err != nil {
		return err
	}
	if err := a.Accounts.Answer(r.Context(), actor(r), audit.EventRecognised, e.ID, press); err != nil {
		return err
	}
	a.answered(r)
	a.flash(r, "Thank you. We have noted that this was you: %s.", eventLine(e).Text)
	seeOther(w, r, activityPage)
	return nil
}

const activityPage = "/account/activity"

// alarming are the kinds of events that somebody else may have caused who got hold of something. What was confirmed with a
// password when it was done, and attempts that were refused, are good to know.
var alarming = map[audit.Kind]bool{
	audit.LoginLock: true, audit.LoginSuccessAfterFail: true, audit.MFAFail: true, audit.PasskeyCloned: true,
}

// isFlag reports whether a session is flagged with an event of that kind: the row says whether it needs an answer.
func isFlag(k audit.Kind) bool { return k == audit.SessionFlagged || k == audit.SessionTokenReused }

// answers are what the owner of an account has said of what happened in it, the latest of them.
type answers struct {
	said map[string]bool // ids of events that were them
	path securing
	done audit.Event // the latest end of a path; zero for none
	seen time.Time   // when that path was begun: what happened since is not answered by it
}

const answersRead = 200

func (a *app) answers(r *http.Request) (answers, error) {
	all := answers{said: map[string]bool{}}
	events, err := a.Audit.Events(r.Context(), currentOf(r).UserID, audit.Filter{
		Kinds: []audit.Kind{audit.EventRecognised, audit.SecuringBegun, audit.SecuringDone}, Limit: answersRead,
	})
	for _, e := range events {
		switch {
		case e.Kind == audit.EventRecognised:
			all.said[e.Reason] = true
		case e.Kind == audit.SecuringDone && all.done.ID == "":
			all.done = e
		case e.Kind == audit.SecuringBegun && all.done.ID == "" && !all.path.open():
			all.path = securing{Session: e.Reason, Begun: e.At}
		case e.Kind == audit.SecuringBegun && all.done.ID != "" && all.seen.IsZero():
			all.seen = e.At
		}
	}
	return all, err
}

// ask reports whether an event needs an answer: none was given yet, by yes or by the end of the path that no leads to.
func (all answers) ask(e audit.Event, live map[string]session.Session) bool {
	if isFlag(e.Kind) {
		return needsAnswer(live[e.SessionID])
	}
	return alarming[e.Kind] && !all.said[e.ID] && !e.At.Before(all.seen)
}

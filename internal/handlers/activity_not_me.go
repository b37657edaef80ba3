package handlers

import (
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/audit"
)

// notMeView says what helps against an event that its owner does not recognise.
type notMeView struct {
	Layout
	Event   eventView
	Session *sessionCard // the session it belongs to while that lives, else nil
	Here    bool         // that session is the one of this page
	Over    bool         // it belongs to a session, and that is over
	Others  int          // live sessions besides this one
}

func (*notMeView) page() string { return "not-me.html" }

// notMe only explains; each way on has a page and a guard of its own.
func (a *app) notMe(w http.ResponseWriter, r *http.Request) error {
	v := currentOf(r)
	e, err := a.Audit.Event(r.Context(), v.UserID, chi.URLParam(r, "id"))
	if err == nil && sentences[e.Kind].Text == "" {
		err = audit.ErrNotFound // of the log's own kinds no page speaks
	}
	if errors.Is(err, audit.ErrNotFound) {
		a.Audit.Report(r.Context(), audit.AuthorisationFail, v.UserID, v.ID, "event", clientOf(r))
	}
	if err != nil {
		return err
	}
	live, err := a.liveSessions(r)
	if err != nil {
		return err
	}
	view := &notMeView{Event: eventLine(e), Here: e.SessionID == v.ID, Others: max(0, len(live)-1)}
	if s, ok := live[e.SessionID]; ok {
		card := a.sessionCard(s, v.ID)
		view.Session = &card
	}
	view.Over = e.SessionID != "" && view.Session == nil
	return a.render(w, r, http.StatusOK, view)
}

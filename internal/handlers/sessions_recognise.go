package handlers

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

const sessionsPage = "/account/sessions"

func recognisePage(handle string) string { return sessionsPage + "/" + handle + "/recognise" }

// askAboutSession asks whether a flagged session is its owner's. It is the page that a re-authentication comes back to.
func (a *app) askAboutSession(w http.ResponseWriter, r *http.Request) error {
	v := currentOf(r)
	s, err := a.Sessions.Session(r.Context(), v.UserID, chi.URLParam(r, "handle"))
	if err != nil {
		return a.notOwned(r, err)
	}
	if !s.EndedAt.IsZero() || s.Flag == "" {
		seeOther(w, r, sessionsPage)
		return nil
	}
	e, err := a.flagEvent(r, s)
	if err != nil {
		return err
	}
	return a.ask(w, r, e, s)
}

// flagEvent is the event that a session is flagged for. Where the trail does not go back so far, it is made from the row.
func (a *app) flagEvent(r *http.Request, s session.Session) (audit.Event, error) {
	kind := audit.SessionFlagged
	if s.Flag == session.FlagTokenReused {
		kind = audit.SessionTokenReused
	}
	events, err := a.Audit.Events(r.Context(), s.UserID, audit.Filter{Kinds: []audit.Kind{kind}, Session: s.ID, Limit: 1})
	if err != nil || len(events) == 1 {
		return append(events, audit.Event{})[0], err
	}
	return audit.Event{Kind: kind, SessionID: s.ID}, nil
}

// recogniseSession is the answer yes. The form says which event it was shown for: a flag that was raised since is not dismissed.
func (a *app) recogniseSession(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "seen")
	if err != nil {
		return err
	}
	v, handle := currentOf(r), chi.URLParam(r, "handle")
	s, err := a.Sessions.Session(r.Context(), v.UserID, handle)
	if err != nil {
		return a.notOwned(r, err)
	}
	if e, err := a.flagEvent(r, s); err != nil {
		return err
	} else if f["seen"] != "" && f["seen"] != e.ID {
		a.flash(r, "Something else has happened in this session since you were asked. Please look again.")
		seeOther(w, r, recognisePage(handle))
		return nil
	}
	press, err := a.leadsTo(r, sessionsPage)
	if err != nil {
		return err
	}
	if err := a.Sessions.DismissFlag(r.Context(), actor(r), s, audit.SessionRecognised, press); err != nil {
		return a.notOwned(r, err)
	}
	a.answered(r)
	if learnt := learns(s); learnt != "" {
		a.flash(r, "Thank you. The session is no longer flagged, and knows %s from now on.", learnt)
	} else {
		a.flash(r, "Thank you. The session is no longer flagged.")
	}
	seeOther(w, r, sessionsPage)
	return nil
}

// learns names what a session knows once its owner has said that it was them, "" for nothing.
func learns(s session.Session) string {
	if s.Flag != session.FlagClientChanged {
		return ""
	}
	var what []string
	for _, browser := range s.FlagClient.Browsers() {
		what = append(what, named(browser))
	}
	for _, network := range s.FlagClient.Networks() {
		what = append(what, strings.Replace(networkName(network), "another network,", "the network", 1))
	}
	return strings.Join(what, " and ")
}

// placeOf names a network where it stands alone.
func placeOf(network string) string {
	switch network {
	case device.Loopback:
		return "The machine that this portal runs on"
	case device.UnknownNetwork:
		return "Unknown"
	}
	return network
}

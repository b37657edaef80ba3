package handlers

import (
	"net/http"
	"slices"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// recogniseView asks "Was this you?", of an event and of the flagged session that it belongs to.
type recogniseView struct {
	Layout
	Event      eventView
	Flag       string // what a flag says of it, "" without
	Asks       bool   // it needs an answer; otherwise it is good to know
	IP         string
	Browser    string // "Firefox on Linux", "" when nothing is known of it
	Network    string
	NewBrowser bool // the account has not been signed in to from it
	NewNetwork bool
	Usual      []usualClient
	Session    *sessionCard // the session it belongs to while that lives, else nil
	Here       bool         // that session is the one of this page
	Over       bool         // it belongs to a session, and that is over
	Seen       string       // id of the event
	About      string       // handle of the session that no is about, "" for none
	Learns     string       // what yes teaches the session, "" for nothing
	Answered   bool         // yes was said before
}

func (*recogniseView) page() string { return "recognise.html" }

// A usualClient is a browser and a network that an account has been signed in to from.
type usualClient struct {
	Browser, Network string
	Times            int
	Last             time.Time
}

const (
	usualRead  = 200 // sign-ins that are looked at
	usualShown = 4
)

// ask shows an event with what is normal for the account beside it. s is the session it belongs to if that lives, else zero.
// It only explains: each answer is a form, with a guard of its own.
func (a *app) ask(w http.ResponseWriter, r *http.Request, e audit.Event, s session.Session) error {
	v := currentOf(r)
	all, err := a.answers(r)
	if err != nil {
		return err
	}
	view := &recogniseView{
		Event: eventLine(e), IP: e.Client.IP, Seen: e.ID, Answered: all.said[e.ID],
		Asks: all.ask(e, map[string]session.Session{s.ID: s}),
		Here: e.SessionID == v.ID, Over: e.SessionID != "" && s.ID == "",
	}
	if e.Client.UserAgent != "" {
		view.Browser = device.Name(e.Client.UserAgent)
	}
	if e.Client.IP != "" {
		view.Network = placeOf(e.Client.Network())
	}
	if s.ID != "" {
		card := a.sessionCard(s, v.ID)
		view.Session, view.About = &card, s.ID
	}
	if isFlag(e.Kind) && s.Flag != "" {
		view.Flag, view.Learns = flagText(s), learns(s)
	}
	if view.Usual, err = a.usual(r, e); err != nil {
		return err
	}
	view.NewBrowser = view.Browser != "" && !slices.ContainsFunc(view.Usual, func(u usualClient) bool { return u.Browser == view.Browser })
	view.NewNetwork = view.Network != "" && !slices.ContainsFunc(view.Usual, func(u usualClient) bool { return u.Network == view.Network })
	view.Usual = view.Usual[:min(usualShown, len(view.Usual))]
	return a.render(w, r, http.StatusOK, view)
}

// usual counts the sign-ins of the person by browser and network, the most frequent first, without the one that began the
// session in question and those since: they may have been somebody else.
func (a *app) usual(r *http.Request, questioned audit.Event) (all []usualClient, err error) {
	events, err := a.Audit.Events(r.Context(), currentOf(r).UserID, audit.Filter{Kinds: []audit.Kind{audit.LoginSuccess}, Limit: usualRead})
	for _, e := range events {
		if e.SessionID == questioned.SessionID && e.SessionID != currentOf(r).ID || !questioned.At.IsZero() && e.At.After(questioned.At) {
			continue
		}
		browser, network := device.Name(e.Client.UserAgent), placeOf(e.Client.Network())
		i := slices.IndexFunc(all, func(u usualClient) bool { return u.Browser == browser && u.Network == network })
		if i < 0 {
			i, all = len(all), append(all, usualClient{Browser: browser, Network: network, Last: e.At})
		}
		all[i].Times++
	}
	slices.SortStableFunc(all, func(x, y usualClient) int { return y.Times - x.Times })
	return all, err
}

package handlers

import (
	"net/http"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/session"
)

type overviewView struct {
	Layout
	Session         sessionCard
	Recommendations []recommendation
	Others          int
	Asking          []sessionCard // flagged sessions that need an answer
	GoodToKnow      []sessionCard // those that do not
	Securing        time.Time     // when the path was begun that is open, zero for none
	PasswordChanged time.Time
	App, Passkeys   bool // which second steps the account has
	Recent          []eventView
	Basket          string // name of the plan in the basket, "" for none
}

func (*overviewView) page() string { return "overview.html" }

const recentEvents = 5

func (a *app) overview(w http.ResponseWriter, r *http.Request) error {
	v := currentOf(r)
	sessions, err := a.Sessions.Sessions(r.Context(), v.UserID)
	if err != nil {
		return err
	}
	events, err := a.Audit.Events(r.Context(), v.UserID, audit.Filter{Kinds: shownKinds, Limit: recentEvents})
	if err != nil {
		return err
	}
	var factors account.Factors
	if v.User.SecondFactor() { // nothing is said of recovery codes without one
		if factors, err = a.Accounts.Factors(r.Context(), v.UserID); err != nil {
			return err
		}
	}
	view := &overviewView{
		Session: a.sessionCard(v.Session, v.ID),
		Others:  max(0, len(sessions)-1), PasswordChanged: v.User.PasswordChangedAt,
		App: v.User.TOTP, Passkeys: v.User.Passkeys,
		Recommendations: recommend(sessions, v.ID, v.User, factors.CodesLeft, a.Sessions.Policy().SessionsPerUser, time.Now()),
	}
	all, err := a.answers(r)
	if err != nil {
		return err
	}
	view.Securing = all.path.Begun
	live := make(map[string]session.Session, len(sessions))
	for _, s := range sessions {
		live[s.ID] = s
		switch card := a.sessionCard(s, v.ID); {
		case card.Asks:
			view.Asking = append(view.Asking, card)
		case card.Flag != "" && !card.Asks:
			view.GoodToKnow = append(view.GoodToKnow, card)
		}
	}
	for _, e := range events {
		line := a.eventLine(e)
		line.Ask = all.ask(e, live)
		view.Recent = append(view.Recent, line)
	}
	if view.Basket, err = a.basketPlan(r); err != nil {
		return err
	}
	return a.render(w, r, http.StatusOK, view)
}

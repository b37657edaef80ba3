package handlers

import (
	"net/http"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
)

type overviewView struct {
	Layout
	Session         sessionCard
	Recommendations []recommendation
	Others          int
	Flagged         int // live sessions that are flagged
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
	for _, s := range sessions {
		if s.Flag != "" {
			view.Flagged++
		}
	}
	for _, e := range events {
		view.Recent = append(view.Recent, eventLine(e))
	}
	if view.Basket, err = a.basketPlan(r); err != nil {
		return err
	}
	return a.render(w, r, http.StatusOK, view)
}

package handlers

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
)

// accountView is the account of somebody, for those with a role.
type accountView struct {
	Layout
	Person    personView
	Revealed  bool
	Deleting  time.Time // when it is deleted, zero unless that is asked for
	Own       bool      // it is that of the reader
	MayEnd    bool      // the reader may end its sessions
	MayChange bool      // and change it
	App       time.Time // since when there is an authenticator app, zero for none
	Passkeys  bool
	Codes     int // recovery codes
	Sessions  []sessionCard
	Ended     []endedSessionCard
	Changes   []addressChangeView
	Events    []eventView
}

type addressChangeView struct {
	Old, New  string // shortened unless the address is revealed
	AskedAt   time.Time
	Confirmed time.Time // zero until it was
}

func (*accountView) page() string { return "admin-account.html" }

// accountPage is the address of somebody's account.
func accountPage(userID string) string { return "/admin/users/" + userID }

const accountEvents = 20

func (a *app) showAccount(w http.ResponseWriter, r *http.Request) error {
	v := currentOf(r)
	owner, err := a.Admin.Person(r.Context(), chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	view := &accountView{
		Person: personViewOf(admin.Person{User: owner}), Own: owner.ID == v.UserID, Passkeys: owner.Passkeys, Deleting: owner.DeleteAfter,
		MayChange: v.User.Role == auth.RoleAdmin && owner.ID != v.UserID,
		MayEnd:    admin.Includes(v.User.Role, owner.Role) && owner.ID != v.UserID,
	}
	if view.Revealed, err = a.Admin.Revealed(r.Context(), actor(r), owner.ID); err != nil {
		return err
	}
	if view.Revealed || view.Own {
		view.Person.Address = owner.Email
	}
	for _, fill := range []func(*http.Request, *accountView) error{a.fillSessions, a.fillFactors, a.fillAddresses, a.fillEvents} {
		if err := fill(r, view); err != nil {
			return err
		}
	}
	return a.render(w, r, http.StatusOK, view)
}

func (a *app) fillSessions(r *http.Request, view *accountView) error {
	sessions, ended, err := a.Sessions.RecentSessions(r.Context(), view.Person.ID)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		card := a.sessionCard(s, "")
		view.Sessions = append(view.Sessions, card)
		view.Person.Flagged = view.Person.Flagged || s.Flag != ""
	}
	for _, s := range ended {
		d := device.Parse(s.UserAgent)
		view.Ended = append(view.Ended, endedSessionCard{Icon: d.Icon, Device: d.Name, IP: s.LastIP, At: s.EndedAt, Why: why(s)})
	}
	return nil
}

func (a *app) fillFactors(r *http.Request, view *accountView) error {
	factors, err := a.Accounts.Factors(r.Context(), view.Person.ID)
	view.App, view.Codes = factors.TOTPSince, factors.CodesLeft
	return err
}

func (a *app) fillAddresses(r *http.Request, view *accountView) error {
	changes, err := a.Admin.EmailChanges(r.Context(), view.Person.ID)
	for _, c := range changes {
		one := addressChangeView{c.OldEmail, c.Email, c.AskedAt, c.ConfirmedAt}
		if !view.Revealed && !view.Own {
			one.Old, one.New = shortAddress(one.Old), shortAddress(one.New)
		}
		view.Changes = append(view.Changes, one)
	}
	return err
}

func (a *app) fillEvents(r *http.Request, view *accountView) error {
	events, err := a.Audit.Events(r.Context(), view.Person.ID, audit.Filter{Kinds: shownKinds, Limit: accountEvents})
	for _, e := range events {
		view.Events = append(view.Events, eventOf(e, view.Person.Name))
	}
	return err
}

// eventOf is an event of somebody's account as those with a role read it, with the names of both.
func eventOf(e audit.Event, name string) eventView {
	line := eventLine(e)
	other := e.OtherName + " (" + e.Role + ")"
	if operator := admin.OperatorOf(e); operator != "" {
		other = operator + " (" + e.Role + ")"
	}
	if text := administered(e, name, other); text != "" {
		line.Text = text
	}
	return line
}

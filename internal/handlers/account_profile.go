package handlers

import (
	"errors"
	"net/http"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/guard"
)

type profileView struct {
	Layout
	Name     string // as typed, or as it is
	DraftID  string // id of the draft that this form was filled in from
	Since    time.Time
	Restored *restoredView
	Signals  auth.PasskeySignals // of the name and the address, which password managers show
	Problems problems
}

func (*profileView) page() string { return "profile.html" }

func (a *app) profileForm(r *http.Request, name, draftID string) *profileView {
	return &profileView{Name: name, DraftID: draftID, Since: currentOf(r).User.CreatedAt, Signals: a.Passkeys.Signals(currentOf(r).User)}
}

func (a *app) showProfile(w http.ResponseWriter, r *http.Request) error {
	before, err := a.restore(r)
	if err != nil {
		return err
	}
	v := a.profileForm(r, currentOf(r).User.Name, before.id)
	if before.view != nil {
		v.Name, v.Restored = before.fields["name"], before.view
	}
	return a.render(w, r, http.StatusOK, v)
}

func (a *app) saveProfile(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "name", "held")
	if err != nil {
		return err
	}
	v := currentOf(r)
	refuse := func(status int, text string) error {
		view := a.profileForm(r, f["name"], f["held"])
		view.Problems = problems{{"name", text}}
		return a.render(w, r, status, view)
	}
	try, wait := a.Guard.FromAccount(r.Context(), guard.NameChanges, actor(r))
	if wait > 0 {
		tooMany(w, wait)
		return refuse(http.StatusTooManyRequests, "The name was changed many times. Please try again in "+wordsOfWait(wait)+".")
	}
	const place = "/account/profile"
	press, err := a.leadsTo(r, place)
	if err != nil {
		return err
	}
	name, err := a.Accounts.ChangeName(r.Context(), actor(r), v.User, f["name"], press)
	if err != nil || name == v.User.Name {
		try.Return(r.Context())
	}
	if wrong, ok := errors.AsType[auth.NameError](err); ok {
		return refuse(http.StatusUnprocessableEntity, wrong.Error())
	}
	if err != nil {
		return err
	}
	a.answered(r)
	a.deleteDraft(r, v.UserID, f["held"])
	if name == v.User.Name {
		a.flash(r, "That is your name already. Nothing was changed.")
	} else {
		a.flash(r, "Your profile was saved.")
	}
	seeOther(w, r, place)
	return nil
}

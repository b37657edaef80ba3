package handlers

import (
	"errors"
	"net/http"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/session"
)

// emailConfirmView asks before the new address counts.
type emailConfirmView struct {
	Layout
	Email  string // the new one; "" when the link does not work
	Others int    // sessions that end with it
	Taken  bool   // another account has it by now
}

func (*emailConfirmView) page() string { return "email-confirm.html" }

func (a *app) takeEmailToken(w http.ResponseWriter, r *http.Request) error {
	return a.takeToken(w, r, emailLink, func(token string) error {
		_, err := a.Accounts.EmailChangeTokenOwner(r.Context(), token)
		return err
	}, &emailConfirmView{})
}

func (a *app) showEmailConfirm(w http.ResponseWriter, r *http.Request) error {
	v := &emailConfirmView{}
	token := a.oneTimeToken(r, emailLink)
	owner, err := a.Accounts.EmailChangeTokenOwner(r.Context(), token)
	if err == nil && owner.ID != currentOf(r).UserID {
		err = audit.ErrNotFound
	}
	if errors.Is(err, audit.ErrNotFound) {
		return a.render(w, r, http.StatusNotFound, v)
	}
	if err != nil {
		return err
	}
	waiting, err := a.Accounts.PendingEmailChange(r.Context(), owner.ID)
	if err != nil {
		return err
	}
	_, others, err := a.sessionCards(r)
	if err != nil {
		return err
	}
	v.Email, v.Others = waiting.Email, len(others)
	return a.render(w, r, http.StatusOK, v)
}

// confirmEmail makes the new address count, in a session of the account: the email alone opens nothing. The old
// address is told how to take it back.
func (a *app) confirmEmail(w http.ResponseWriter, r *http.Request) error {
	v := currentOf(r)
	token := a.oneTimeToken(r, emailLink)
	var change account.EmailChange
	var undo string
	err := a.rotate(r, "/account/profile", false, func(next session.NewToken) (opened bag.Session, err error) {
		change, undo, err = a.Accounts.ConfirmEmailChange(r.Context(), v.Session, token, next, clientOf(r))
		return openedAs(v.Session), err
	})
	switch {
	case errors.Is(err, auth.ErrEmailTaken):
		return a.render(w, r, http.StatusConflict, &emailConfirmView{Taken: true})
	case errors.Is(err, audit.ErrNotFound):
		return a.render(w, r, http.StatusNotFound, &emailConfirmView{})
	case err != nil:
		return err
	}
	a.dropOneTimeToken(w, emailLink)
	a.Outbox.Send(a.emails.EmailChanged(change.OldEmail, v.User.Name, time.Now(), senderOf(r), undo, account.EmailUndoValid))
	a.flash(r, "Your address was changed. From now on you sign in with it, and our emails go there.")
	seeOther(w, r, "/account/profile")
	return nil
}

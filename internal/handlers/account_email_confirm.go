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
	Email  string // the new one; "" when it is taken
	Others int    // sessions that end with it
	Taken  bool   // another account has it by now
}

func (*emailConfirmView) page() string { return "email-confirm.html" }

func (a *app) takeEmailToken(w http.ResponseWriter, r *http.Request) error {
	return a.takeToken(w, r, emailLink, func(token string) (string, error) {
		_, err := a.Accounts.EmailChangeTokenOwner(r.Context(), token)
		return "", err
	})
}

// changeToConfirm is the change of address that this browser's link confirms. Where it does nothing in this session, the
// request is answered.
func (a *app) changeToConfirm(w http.ResponseWriter, r *http.Request) (change account.EmailChange, done bool, err error) {
	token := a.oneTimeToken(r, emailLink)
	owner, err := a.Accounts.EmailChangeTokenOwner(r.Context(), token)
	if err == nil {
		change, err = a.Accounts.PendingEmailChange(r.Context(), owner.ID)
	}
	if errors.Is(err, audit.ErrNotFound) {
		return change, true, a.linkOver(w, r, emailLink.purpose, token)
	}
	if err == nil && owner.ID != currentOf(r).UserID {
		return change, true, a.render(w, r, http.StatusForbidden, &linkOverView{Purpose: emailLink.purpose, State: linkOfOthers, Email: change.Email})
	}
	return change, false, err
}

func (a *app) showEmailConfirm(w http.ResponseWriter, r *http.Request) error {
	change, done, err := a.changeToConfirm(w, r)
	if done || err != nil {
		return err
	}
	_, others, err := a.sessionCards(r)
	if err != nil {
		return err
	}
	return a.render(w, r, http.StatusOK, &emailConfirmView{Email: change.Email, Others: len(others)})
}

// confirmEmail makes the new address count, in a session of the account: the email alone opens nothing. The old
// address is told how to take it back.
func (a *app) confirmEmail(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "email")
	if err != nil {
		return err
	}
	change, done, err := a.changeToConfirm(w, r)
	if done || err != nil {
		return err
	}
	if err := anotherAddress(f["email"], change.Email, emailLink.page); err != nil {
		return err
	}
	v, token, undo := currentOf(r), a.oneTimeToken(r, emailLink), auth.NewToken()
	a.notify(r, v.User, a.emails.EmailChanged(change.OldEmail, v.User.Name, time.Now(), a.senderOf(r), undo, account.EmailUndoValid))
	err = a.rotate(r, "/account/profile", false, func(next session.NewToken) (bag.Session, error) {
		return a.openedAs(v.Session), a.Accounts.ConfirmEmailChange(r.Context(), v.Session, token, undo, next, clientOf(r))
	})
	switch {
	case errors.Is(err, auth.ErrEmailTaken):
		return a.render(w, r, http.StatusConflict, &emailConfirmView{Taken: true})
	case errors.Is(err, audit.ErrNotFound):
		return a.linkOver(w, r, emailLink.purpose, token)
	case err != nil:
		return err
	}
	a.flash(r, "Your address was changed. From now on you sign in with it, and our emails go there.")
	seeOther(w, r, "/account/profile")
	return nil
}

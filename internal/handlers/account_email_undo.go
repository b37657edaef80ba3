package handlers

import (
	"errors"
	"net/http"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
)

// emailUndoView asks, without a sign-in, before the old address counts again.
type emailUndoView struct {
	Layout
	Link      string // its name
	Email     string // the old address
	Confirmed bool   // the change has taken effect
	Taken     bool   // another account has the old address by now
}

func (*emailUndoView) page() string { return "email-undo.html" }

func (a *app) takeUndoToken(w http.ResponseWriter, r *http.Request) error {
	return a.takeToken(w, r, undoLink, func(token string) (string, error) {
		_, err := a.Accounts.EmailChangeToUndo(r.Context(), token)
		return "", err
	})
}

// showEmailUndo shows a button. Following the link changes nothing, because mail scanners follow links.
func (a *app) showEmailUndo(w http.ResponseWriter, r *http.Request) error {
	token := a.oneTimeToken(r, undoLink)
	change, err := a.Accounts.EmailChangeToUndo(r.Context(), token)
	if errors.Is(err, audit.ErrNotFound) {
		return a.linkOver(w, r, account.PurposeEmailUndo, token)
	}
	if err != nil {
		return err
	}
	return a.render(w, r, http.StatusOK, &emailUndoView{Link: linkName(token), Email: change.OldEmail, Confirmed: !change.ConfirmedAt.IsZero()})
}

func (a *app) undoEmail(w http.ResponseWriter, r *http.Request) error {
	token, err := a.shownToken(r, undoLink)
	if err != nil {
		return err
	}
	change, err := a.Accounts.EmailChangeToUndo(r.Context(), token)
	if errors.Is(err, audit.ErrNotFound) {
		return a.linkOver(w, r, account.PurposeEmailUndo, token)
	}
	if err != nil {
		return err
	}
	place := "/password/forgot?undone=yes"
	if audit.IsDemo(change.UserID) { // whose emails nobody reads who is signed out
		place = signedOutPage
	}
	place, press, err := a.afterLink(r, change.UserID, place)
	if err != nil {
		return err
	}
	change, err = a.Accounts.UndoEmailChange(r.Context(), token, clientOf(r), press)
	switch {
	case errors.Is(err, auth.ErrEmailTaken):
		return a.render(w, r, http.StatusConflict, &emailUndoView{Email: change.OldEmail, Taken: true})
	case errors.Is(err, audit.ErrNotFound):
		return a.linkOver(w, r, account.PurposeEmailUndo, token)
	case err != nil:
		return err
	}
	a.answered(r)
	a.finishLogoutOf(w, r, change.UserID, place)
	return nil
}

package handlers

import (
	"errors"
	"net/http"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
)

type confirmView struct {
	Layout
	Link    string // its name
	Email   string
	AskedAt time.Time
	Device  string // that the account was asked for from, "Firefox on Linux"
}

func (*confirmView) page() string { return "confirm.html" }

func (a *app) takeSignUpToken(w http.ResponseWriter, r *http.Request) error {
	return a.takeToken(w, r, signUpLink, func(token string) (string, error) {
		_, err := a.Accounts.PendingSignUp(r.Context(), token)
		return "", err
	})
}

// showConfirm shows a button. Following the link changes nothing, because mail scanners follow links.
func (a *app) showConfirm(w http.ResponseWriter, r *http.Request) error {
	token := a.oneTimeToken(r, signUpLink)
	waiting, err := a.Accounts.PendingSignUp(r.Context(), token)
	if errors.Is(err, audit.ErrNotFound) {
		return a.linkOver(w, r, account.PurposeSignUp, token)
	}
	if err != nil {
		return err
	}
	return a.render(w, r, http.StatusOK, &confirmView{Link: linkName(token), Email: waiting.Email, AskedAt: waiting.CreatedAt, Device: named(device.Name(waiting.UserAgent))})
}

func (a *app) confirm(w http.ResponseWriter, r *http.Request) error {
	token, err := a.shownToken(r, signUpLink)
	if err != nil {
		return err
	}
	place, press, err := a.afterLink(r, "", "/login?confirmed=yes")
	if err != nil {
		return err
	}
	err = a.Accounts.Confirm(r.Context(), token, clientOf(r), press)
	if errors.Is(err, audit.ErrNotFound) {
		return a.linkOver(w, r, account.PurposeSignUp, token)
	}
	if err != nil {
		return err
	}
	a.answered(r)
	seeOther(w, r, place)
	return nil
}

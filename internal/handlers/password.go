package handlers

import (
	"net/http"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

func (a *app) showPassword(w http.ResponseWriter, r *http.Request) error {
	return a.passwordForm(w, r, http.StatusOK, nil)
}

func (a *app) passwordForm(w http.ResponseWriter, r *http.Request, status int, wrong problems) error {
	_, others, err := a.tickets(r)
	if err != nil {
		return err
	}
	return a.render(w, r, status, &passwordView{
		layout: layout{Nav: "security"}, MinLength: auth.MinPassword, MaxLength: auth.MaxPassword,
		Others: len(others), Problems: wrong,
	})
}

// changePassword takes the current password as the re-authentication, ends every other session and rotates this one
// (ASVS v5.0.0-6.2.3, 7.4.3).
func (a *app) changePassword(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "current_password", "password")
	if err != nil {
		return err
	}
	v := visitorOf(r)
	var mistakes problems
	if f["current_password"] == "" {
		mistakes = append(mistakes, problem{"current_password", enterPassword})
	}
	if err := auth.CheckNewPassword(f["password"], auth.MinPassword, v.User.Name, v.User.Email); err != nil {
		mistakes = append(mistakes, problem{"password", err.Error()})
	}
	if mistakes != nil {
		return a.passwordForm(w, r, http.StatusUnprocessableEntity, mistakes)
	}
	proof, wrong, status, err := a.checkPassword(w, r, f["current_password"], auth.PasswordChangeFail)
	if err != nil {
		return err
	}
	if wrong != "" {
		return a.passwordForm(w, r, status, problems{{"current_password", wrong}})
	}
	var ended int
	err = a.Sessions.Rotate(r.Context(), false, func(tokenHash string) (session.Opened, error) {
		ended, err = a.Auth.ChangePassword(r.Context(), v.Session, proof, f["password"], tokenHash, clientOf(r))
		return openedAs(v.Session), err
	})
	if err != nil {
		return err
	}
	a.tell(v.User, a.letters.PasswordChanged(v.User.Email, v.User.Name, time.Now(), deviceOf(clientOf(r).UserAgent).Name))
	if ended == 0 {
		a.flash(r, "Your password was changed.")
	} else {
		a.flash(r, "Your password was changed. Signed out %s.", count(ended, "other session"))
	}
	seeOther(w, r, "/account/security")
	return nil
}

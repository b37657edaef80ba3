package handlers

import (
	"net/http"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/session"
)

type passwordView struct {
	Layout
	MinLength, MaxLength int
	Others               int // sessions that the change ends
	Problems             problems
	Identity             identityView
}

func (*passwordView) page() string { return "password.html" }

func (a *app) showPassword(w http.ResponseWriter, r *http.Request) error {
	return a.passwordForm(w, r, http.StatusOK, nil)
}

func (a *app) passwordForm(w http.ResponseWriter, r *http.Request, status int, wrong problems) error {
	_, others, err := a.sessionCards(r)
	if err != nil {
		return err
	}
	v := &passwordView{
		MinLength: auth.MinPassword, MaxLength: auth.MaxPassword,
		Others: len(others), Problems: wrong, Identity: identityForm(r, "", wrong),
	}
	v.Identity.Field, v.Identity.Label = "current_password", "Current password"
	return a.render(w, r, status, v)
}

// changePassword re-authenticates in the same form, by all that the account asks for, ends every other session and rotates this one
// (ASVS v5.0.0-6.2.3, 7.4.3).
func (a *app) changePassword(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "current_password", "password", "code", "assertion")
	if err != nil {
		return err
	}
	v := currentOf(r)
	var mistakes problems
	if f["current_password"] == "" && f["assertion"] == "" {
		mistakes = append(mistakes, problem{"current_password", enterPassword})
	}
	if err := auth.CheckNewPassword(f["password"], auth.MinPassword, v.User.Name, v.User.Email); err != nil {
		mistakes = append(mistakes, problem{"password", err.Error()})
	}
	if mistakes != nil {
		return a.passwordForm(w, r, http.StatusUnprocessableEntity, mistakes)
	}
	shown := map[string]string{"password": f["current_password"], "code": f["code"], "assertion": f["assertion"]}
	proof, wrong, status, err := a.identify(w, r, shown, audit.PasswordChangeFail)
	if err != nil {
		return err
	}
	if wrong != nil {
		for i := range wrong {
			if wrong[i].Field == "password" {
				wrong[i].Field = "current_password"
			}
		}
		return a.passwordForm(w, r, status, wrong)
	}
	place, err := a.afterStep(r, securityPage)
	if err != nil {
		return err
	}
	var ended int
	a.notify(r, v.User, a.emails.PasswordChanged(v.User.Email, v.User.Name, time.Now(), a.senderOf(r)))
	err = a.rotate(r, place, false, func(next session.NewToken) (bag.Session, error) {
		ended, err = a.Accounts.ChangePassword(r.Context(), v.Session, proof, f["password"], next, clientOf(r))
		return a.openedAs(v.Session), err
	})
	if err != nil {
		return err
	}
	a.reportRecoveryCode(r, proof)
	if ended == 0 {
		a.flash(r, "Your password was changed.")
	} else {
		a.flash(r, "Your password was changed. Signed out %s.", count(ended, "other session"))
	}
	seeOther(w, r, place)
	return nil
}

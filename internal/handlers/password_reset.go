package handlers

import (
	"errors"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
)

type resetView struct {
	Layout
	Email                string // of the account; "" when the link does not work
	Action               string // where the form goes
	MinLength, MaxLength int
	Problems             problems
}

func (*resetView) page() string { return "reset.html" }

// takeResetToken takes the token out of the address. While the bag cannot be reached the form is shown here instead: nobody
// should be kept from their account by a cache.
func (a *app) takeResetToken(w http.ResponseWriter, r *http.Request) error {
	err := a.takeToken(w, r, resetLink, func(token string) error {
		_, err := a.Accounts.ResetTokenOwner(r.Context(), token)
		return err
	}, &resetView{})
	if errors.Is(err, bag.ErrUnavailable) {
		return a.resetForm(w, r, http.StatusOK, chi.URLParam(r, "token"), nil)
	}
	return err
}

func (a *app) showReset(w http.ResponseWriter, r *http.Request) error {
	token, err := a.oneTimeToken(r, resetLink)
	if err != nil {
		return err
	}
	return a.resetForm(w, r, http.StatusOK, token, nil)
}

func (a *app) resetForm(w http.ResponseWriter, r *http.Request, status int, token string, wrong problems) error {
	w.Header().Set("Referrer-Policy", "no-referrer")
	user, err := a.Accounts.ResetTokenOwner(r.Context(), token)
	if errors.Is(err, audit.ErrNotFound) {
		return a.render(w, r, http.StatusNotFound, &resetView{})
	}
	if err != nil {
		return err
	}
	return a.render(w, r, status, &resetView{
		Email: user.Email, Action: r.URL.EscapedPath(), MinLength: auth.MinPassword, MaxLength: auth.MaxPassword, Problems: wrong,
	})
}

// reset sets the password with the token in the address or in the bag. It signs nobody in (ASVS v5.0.0-6.4.3, 7.6.2).
func (a *app) reset(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "password")
	if err != nil {
		return err
	}
	token := chi.URLParam(r, "token")
	if token == "" {
		if token, err = a.oneTimeToken(r, resetLink); err != nil {
			return err
		}
	}
	user, err := a.Accounts.ResetPassword(r.Context(), token, f["password"], clientOf(r))
	if wrong, ok := errors.AsType[auth.PasswordError](err); ok {
		return a.resetForm(w, r, http.StatusUnprocessableEntity, token, problems{{"password", wrong.Error()}})
	}
	if errors.Is(err, audit.ErrNotFound) {
		w.Header().Set("Referrer-Policy", "no-referrer")
		return a.render(w, r, http.StatusNotFound, &resetView{})
	}
	if err != nil {
		return err
	}
	a.notify(user, a.emails.PasswordReset(user.Email, user.Name, time.Now(), senderOf(r)))
	a.dropOneTimeToken(r, resetLink)
	a.finishLogoutOf(w, r, user.ID, "/login?reset=yes")
	return nil
}

package handlers

import (
	"errors"
	"net/http"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
)

type resetView struct {
	Layout
	Email                string // of the account
	Account              string // its public name, for the form to say whom it was shown for
	Another              bool   // this page was for another account before
	Action               string // where the form goes
	MinLength, MaxLength int
	Problems             problems
}

func (*resetView) page() string { return "reset.html" }

func (a *app) takeResetToken(w http.ResponseWriter, r *http.Request) error {
	return a.takeToken(w, r, resetLink, func(token string) (string, error) {
		user, err := a.Accounts.ResetTokenOwner(r.Context(), token)
		return shownFor(user.ID), err
	})
}

// shownFor is the query of a page that shows something of an account under an address that all accounts share: reloaded
// after another link was followed, the page can say that it changed.
func shownFor(userID string) string { return "?account=" + userID }

func (a *app) showReset(w http.ResponseWriter, r *http.Request) error {
	return a.resetForm(w, r, http.StatusOK, a.oneTimeToken(r, resetLink), nil)
}

func (a *app) resetForm(w http.ResponseWriter, r *http.Request, status int, token string, wrong problems) error {
	user, err := a.Accounts.ResetTokenOwner(r.Context(), token)
	if errors.Is(err, audit.ErrNotFound) {
		return a.linkOver(w, r, resetLink.purpose, token)
	}
	if err != nil {
		return err
	}
	before := query(r, "account")
	return a.render(w, r, status, &resetView{
		Email: user.Email, Account: user.ID, Another: before != "" && before != user.ID, Action: r.URL.EscapedPath(),
		MinLength: auth.MinPassword, MaxLength: auth.MaxPassword, Problems: wrong,
	})
}

// reset sets the password with the token in the address or in its cookie. It signs nobody in (ASVS v5.0.0-6.4.3, 7.6.2).
func (a *app) reset(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, "password", "account")
	if err != nil {
		return err
	}
	token := a.sentToken(r, resetLink)
	owner, err := a.Accounts.ResetTokenOwner(r.Context(), token)
	if errors.Is(err, audit.ErrNotFound) {
		return a.linkOver(w, r, resetLink.purpose, token)
	}
	if err == nil {
		err = anotherAccount(f["account"], owner.ID, owner.Email, r.URL.Path+shownFor(owner.ID))
	}
	if err != nil {
		return err
	}
	a.notify(r, owner, a.emails.PasswordReset(owner.Email, owner.Name, time.Now(), a.senderOf(r)))
	place, press, err := a.afterLink(r, owner.ID, "/login?reset=yes")
	if err != nil {
		return err
	}
	user, err := a.Accounts.ResetPassword(r.Context(), token, f["password"], clientOf(r), press)
	if wrong, ok := errors.AsType[auth.PasswordError](err); ok {
		return a.resetForm(w, r, http.StatusUnprocessableEntity, token, problems{{"password", wrong.Error()}})
	}
	if errors.Is(err, audit.ErrNotFound) {
		return a.linkOver(w, r, resetLink.purpose, token)
	}
	if err != nil {
		return err
	}
	a.answered(r)
	a.finishLogoutOf(w, r, user.ID, place)
	return nil
}

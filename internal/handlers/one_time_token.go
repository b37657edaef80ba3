package handlers

import (
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/brand"
)

// A tokenLink is a link in an email whose token is moved into a cookie of its own, where neither the history of the browser
// nor another site's log sees it (ASVS v5.0.0-14.2.1).
type tokenLink struct {
	cookie string
	page   string // where the form is
}

var (
	resetLink = tokenLink{brand.ResetCookie, "/password/reset"}
	emailLink = tokenLink{brand.EmailCookie, "/account/email/confirm"}
)

// takeToken moves the token out of the address. Nothing is used up: mail scanners follow links, and the page behind this one
// has a button. A token that is good for nothing is answered with the page dead and not kept.
func (a *app) takeToken(w http.ResponseWriter, r *http.Request, link tokenLink, owner func(token string) error, dead view) error {
	w.Header().Set("Referrer-Policy", "no-referrer")
	token := chi.URLParam(r, "token")
	err := owner(token)
	if errors.Is(err, audit.ErrNotFound) {
		return a.render(w, r, http.StatusNotFound, dead)
	}
	if err != nil {
		return err
	}
	a.Bag.SetOneTime(w, link.cookie, token)
	seeOther(w, r, link.page)
	return nil
}

// oneTimeToken is the token that the link was followed with, "" for none.
func (a *app) oneTimeToken(r *http.Request, link tokenLink) string {
	return a.Bag.OneTime(r, link.cookie)
}

// dropOneTimeToken forgets the token once it is used.
func (a *app) dropOneTimeToken(w http.ResponseWriter, link tokenLink) {
	a.Bag.SetOneTime(w, link.cookie, "")
}

// anotherAccount refuses a form that was shown for one account and would now do something to another: a link for it was
// followed in this browser in the meantime.
func anotherAccount(shown, now string) error {
	if shown == "" || shown == now {
		return nil
	}
	return statusError{code: http.StatusConflict, heading: "This page was for another account",
		text: "Another link or sign-in was opened in this browser in the meantime. Nothing was changed. Please open the link of the right email again."}
}

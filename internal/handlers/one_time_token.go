package handlers

import (
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/bag"
)

// A tokenLink is a link in an email whose token is kept, sealed, in the bag of the browser, where neither the history of the
// browser nor another site's log sees it (ASVS v5.0.0-14.2.1).
type tokenLink struct {
	bag  string // name of the value in the bag
	page string // where the form is
}

var (
	resetLink = tokenLink{"reset key", "/password/reset"}
	emailLink = tokenLink{"email key", "/account/email/confirm"}
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
	if err := a.Bag.Save(r.Context(), link.bag, token); err != nil {
		return err
	}
	seeOther(w, r, link.page)
	return nil
}

// oneTimeToken is the token that the link was followed with, "" for none. bag.ErrUnavailable while the bag cannot be read.
func (a *app) oneTimeToken(r *http.Request, link tokenLink) (string, error) {
	if a.Bag.Unavailable(r.Context()) {
		return "", bag.ErrUnavailable
	}
	return a.Bag.Get(r.Context(), link.bag), nil
}

// dropOneTimeToken forgets the token once it is used.
func (a *app) dropOneTimeToken(r *http.Request, link tokenLink) { a.Bag.Pop(r.Context(), link.bag) }

package handlers

import (
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/bag"
)

// A keyLink is a link in a letter whose key goes on in the visitor's bag, sealed, where neither the history of the
// browser nor another site's log sees it (ASVS v5.0.0-14.2.1).
type tokenLink struct {
	bag  string // name of the key there
	page string // where the form is
}

var (
	resetLink = tokenLink{"reset key", "/password/reset"}
	emailLink = tokenLink{"email key", "/account/email/confirm"}
)

// take moves the key out of the address. Nothing is used up: mail scanners follow links, and the page behind this one
// has a button. A key that is good for nothing is answered by dead and not kept.
func (a *app) takeToken(w http.ResponseWriter, r *http.Request, link tokenLink, owner func(key string) error, dead view) error {
	w.Header().Set("Referrer-Policy", "no-referrer")
	key := chi.URLParam(r, "token")
	err := owner(key)
	if errors.Is(err, audit.ErrNotFound) {
		return a.render(w, r, http.StatusNotFound, dead)
	}
	if err != nil {
		return err
	}
	if err := a.Bag.Save(r.Context(), link.bag, key); err != nil {
		return err
	}
	seeOther(w, r, link.page)
	return nil
}

// key is the one that the link was followed with, "" for none. bag.ErrUnavailable while nobody can tell.
func (a *app) oneTimeToken(r *http.Request, link tokenLink) (string, error) {
	if a.Bag.Unavailable(r.Context()) {
		return "", bag.ErrUnavailable
	}
	return a.Bag.Get(r.Context(), link.bag), nil
}

// dropKey forgets it once it is used.
func (a *app) dropOneTimeToken(r *http.Request, link tokenLink) { a.Bag.Pop(r.Context(), link.bag) }

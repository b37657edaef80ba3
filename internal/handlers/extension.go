package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/bag"
)

// An Extension is what a portal lends to routes from outside this package. They exist in tests only: what has to be shown
// of bags, late forms, elevation and outages is shown on pages that no product decision changes (internal/probe).
type Extension struct {
	Everybody, SignedIn, Reauthenticated chi.Router // behind the guard that the name says

	Handle   func(func(http.ResponseWriter, *http.Request) error) http.HandlerFunc
	Form     func(r *http.Request, fields ...string) (map[string]string, error)
	Name     func(*http.Request) string // of the person who is signed in, "" for a visitor
	Bag      *bag.Manager
	KeepLate func(name, path, cancel string, fields ...string) // has a form kept that comes too late

	Restored func(*http.Request) (id string, fields map[string]string, err error) // what is kept for the form of this page
	Saved    func(r *http.Request, id string)                                     // it was saved, and need not be kept
}

func (a *app) extension(everybody, signedIn, reauthenticated chi.Router) Extension {
	return Extension{
		Everybody: everybody, SignedIn: signedIn, Reauthenticated: reauthenticated,
		Handle: a.handle, Form: form, Bag: a.Bag,
		Name: func(r *http.Request) string {
			if v := visitorOf(r); v != nil {
				return v.User.Name
			}
			return ""
		},
		KeepLate: func(name, path, cancel string, fields ...string) {
			a.draftRoutes = append(a.draftRoutes, draftRoute{name: name, path: path, waiting: "Save this form", cancel: cancel, fields: fields})
		},
		Restored: func(r *http.Request) (string, map[string]string, error) {
			before, err := a.restore(r)
			return before.id, before.fields, err
		},
		Saved: func(r *http.Request, id string) { a.deleteDraft(r, visitorOf(r).UserID, id) },
	}
}

package handlers

import (
	"net/http"

	"example.com/gatehouse/internal/bag"
)

// An Extension is what a portal lends to routes from outside this package. They exist in tests only: what has to be shown
// of bags, late forms, elevation, roles and outages is shown on pages that no product decision changes (internal/probe).
type Extension struct {
	// Get, Poll and Post add a route behind a guard: "everybody", "signed in", "re-authenticated" or "administrator". What
	// is polled is no activity. The fields of a form are kept when it comes too late.
	Get  func(guard, pattern string, h func(http.ResponseWriter, *http.Request) error)
	Poll func(guard, pattern string, h func(http.ResponseWriter, *http.Request) error)
	Post func(guard, pattern string, h func(http.ResponseWriter, *http.Request) error, name, cancel string, fields ...string)

	Form func(r *http.Request, fields ...string) (map[string]string, error)
	Name func(*http.Request) string // of the person who is signed in, "" for a visitor
	Bag  *bag.Manager

	Restored func(*http.Request) (id string, fields map[string]string, err error) // what is kept for the form of this page
	Saved    func(r *http.Request, id string)                                     // it was saved, and need not be kept
}

func (a *app) extension(groups map[string]group) Extension {
	return Extension{
		Get: func(guard, pattern string, h func(http.ResponseWriter, *http.Request) error) {
			groups[guard].get(pattern, h, nav(none))
		},
		Poll: func(guard, pattern string, h func(http.ResponseWriter, *http.Request) error) {
			groups[guard].get(pattern, h, nav(none), readOnly)
		},
		Post: func(guard, pattern string, h func(http.ResponseWriter, *http.Request) error, name, cancel string, fields ...string) {
			says := drafts(name, "Save this form", cancel, fields...)
			if name == "" {
				says = func(*route) {}
			}
			groups[guard].post(pattern, h, says, noAct, limits())
		},
		Form: form, Bag: a.Bag,
		Name: func(r *http.Request) string {
			if v := currentOf(r); v != nil {
				return v.User.Name
			}
			return ""
		},
		Restored: func(r *http.Request) (string, map[string]string, error) {
			before, err := a.restore(r)
			return before.id, before.fields, err
		},
		Saved: func(r *http.Request, id string) { a.deleteDraft(r, currentOf(r).UserID, id) },
	}
}

// Package probe is small pages that exist in tests only: one that keeps values in the bag, and a form behind a
// re-authentication that is kept when it comes too late. Tests of bags, late forms, elevation, races and outages use
// them, so that they do not depend on the pages of a product. It knows no page but its own, and no program that
// people run contains it.
package probe

import (
	"fmt"
	"html"
	"net/http"
	"sync"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
)

// CheapHash is the cost of password hashes in tests that are about something else.
var CheapHash = auth.HashCost{Memory: 8, Passes: 1, Lanes: 1}

// A Portal is what the pages need of the portal they are on. It has the fields of handlers.Extension, so that one converts
// to the other: the tests of handlers cannot import a package that imports theirs.
type Portal struct {
	Get  func(guard, pattern string, h func(http.ResponseWriter, *http.Request) error)
	Poll func(guard, pattern string, h func(http.ResponseWriter, *http.Request) error)
	Post func(guard, pattern string, h func(http.ResponseWriter, *http.Request) error, name, cancel string, fields ...string)

	Form func(r *http.Request, fields ...string) (map[string]string, error)
	Name func(*http.Request) string
	Bag  *bag.Manager

	Restored func(*http.Request) (id string, fields map[string]string, err error)
	Saved    func(r *http.Request, id string)
}

// The addresses of the pages.
const (
	Bag   = "/probe/bag"          // GET shows the values, POST keeps the fields "value" and "other"; for everybody
	Form  = "/account/probe/form" // GET shows a form of "title" and "text", POST saves it, also below it; re-authenticated
	Poll  = "/account/probe/poll" // GET tells the name; signed in, and no activity
	Admin = "/probe/admin"        // GET tells the name; for administrators
)

// The names of the values in the bag: a prefix and the field.
const (
	BagValue = "probe.value"
	BagOther = "probe.other"
)

// probes are the pages on one portal.
type probes struct {
	Portal
	mu    sync.Mutex
	saved int // forms
}

// Add adds the pages to a portal.
func Add(to Portal) {
	p := &probes{Portal: to}
	p.Get("everybody", Bag, p.showBag)
	p.Post("everybody", Bag, p.keep, "", "")
	p.Get("re-authenticated", Form, p.showForm)
	p.Post("re-authenticated", Form, p.save, "probe", "/account", "title", "text")
	p.Get("re-authenticated", Form+"/{id}", p.showForm)
	p.Post("re-authenticated", Form+"/{id}", p.save, "probe of one", Form+"/{id}/cancelled", "title", "text")
	p.Poll("signed in", Poll, p.poll)
	p.Get("administrator", Admin, p.poll)
}

// showBag says who asks and what the bag holds, or that it is out of reach.
func (p *probes) showBag(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if p.Bag.Unavailable(ctx) {
		page(w, "<p>The bag is out of reach.</p>")
		return nil
	}
	page(w, "<p>%s</p><p>Beside it: %s</p><p>In the bag: %s</p>", p.Name(r), p.Bag.Get(ctx, BagOther), p.Bag.Get(ctx, BagValue))
	return nil
}

// keep puts what was sent into the bag, where it has to be before the answer goes out.
func (p *probes) keep(w http.ResponseWriter, r *http.Request) error {
	f, err := p.Form(r, "value", "other")
	if err != nil {
		return err
	}
	for field, value := range f {
		if err := p.Bag.Save(r.Context(), "probe."+field, value); err != nil {
			return err
		}
	}
	http.Redirect(w, r, Bag, http.StatusSeeOther)
	return nil
}

// showForm says how many forms were saved, and shows one with what is kept for it.
func (p *probes) showForm(w http.ResponseWriter, r *http.Request) error {
	id, fields, err := p.Restored(r)
	if err != nil {
		return err
	}
	p.mu.Lock()
	saved := p.saved
	p.mu.Unlock()
	page(w, `<p>Saved: %d</p><form method="post"><input name="title" value="%s"><textarea name="text">%s</textarea>`+
		`<input type="hidden" name="held" value="%s"><button>Save</button></form>`, saved, fields["title"], fields["text"], id)
	return nil
}

// poll answers with the name of the current user.
func (p *probes) poll(w http.ResponseWriter, r *http.Request) error {
	page(w, "<p>%s</p>", p.Name(r))
	return nil
}

func (p *probes) save(w http.ResponseWriter, r *http.Request) error {
	f, err := p.Form(r, "title", "text", "held")
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.saved++
	p.mu.Unlock()
	p.Saved(r, f["held"])
	http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	return nil
}

// page answers with a page without a frame. Texts among the arguments are escaped.
func page(w http.ResponseWriter, format string, args ...any) {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = html.EscapeString(text)
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprintf(w, "<!doctype html><html lang=\"en\"><title>Probe</title><body>"+format, args...)
}

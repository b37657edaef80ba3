package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/guard"
)

// A group is routes behind the same guards. The routes themselves are chi's.
type group struct {
	app     *app
	router  chi.Router
	guarded bool // who is not signed in is sent to sign in first
}

// with is the group behind more guards, none of which sends anybody to sign in.
func (g group) with(guards ...func(http.Handler) http.Handler) group {
	return group{g.app, g.router.With(guards...), g.guarded}
}

// signedIn is the group for people who are signed in, behind more guards that send them to re-authenticate or elsewhere
// first. So its pages are returned to afterwards, and its forms may come too late.
func (g group) signedIn(guards ...func(http.Handler) http.Handler) group {
	if !g.guarded {
		guards = append([]func(http.Handler) http.Handler{g.app.requireSignedIn}, guards...)
	}
	return group{g.app, g.router.With(guards...), true}
}

type handler = func(http.ResponseWriter, *http.Request) error

func (g group) get(pattern string, h handler, says ...option) {
	g.add(http.MethodGet, pattern, h, says)
}
func (g group) post(pattern string, h handler, says ...option) {
	g.add(http.MethodPost, pattern, h, says)
}

func (g group) add(method, pattern string, h handler, says []option) {
	rt := &route{method: method, pattern: pattern, page: pattern, guarded: g.guarded, returned: g.guarded, spends: guard.Asked}
	for _, say := range says {
		say(rt)
	}
	key := routeKey{method, pattern}
	if g.app.table[key] != nil { // chi and the table would each forget the line before
		panic("routes.go: " + key.String() + " has a line already: write another address, or one line")
	}
	g.app.table[key] = rt
	if rt.late != nil {
		g.app.lateForms[rt.page] = rt.late
	}
	if method == http.MethodPost && rt.guarded && !rt.limited {
		h = g.app.spend(rt, h)
	}
	g.router.Method(method, pattern, g.app.handle(h))
}

// A route is a line of the table in routes.go. A test says what to write where a line leaves out an option that it needs.
type route struct {
	method, pattern string
	guarded         bool   // who is not signed in is sent to sign in first
	returned        bool   // people are sent to this page after signing in or confirming
	page            string // pattern of the page that the form stands on
	nav             string // entry of the navigation that is lit
	navSaid         bool
	late            *lateForm // what is kept of a form that comes too late; nil for nothing
	lateSaid        bool
	script          bool
	readOnly        bool
	act, actSaid    bool // its form carries the value of an act
	spends          guard.Limit
	limited         bool // its handler takes from limits
}

type routeKey struct{ method, pattern string }

func (k routeKey) String() string { return k.method + " " + k.pattern }

// An option is what a line of the table says besides its address and its handler.
type option func(*route)

// nav names the entry of the navigation that is lit on a page, and on what its forms answer. See the partial "nav".
func nav(entry string) option { return func(rt *route) { rt.nav, rt.navSaid = entry, true } }

// none is the entry of pages that light none.
const none = ""

// on names the page that a form stands on, where that has another address than the form. There people come back to when
// the form comes too late.
func on(page string) option { return func(rt *route) { rt.page = page } }

// drafts names the fields of a form that are saved when it comes too late, and shown again to the same person. A password, a
// code or a file is never among them. name identifies the form in the database, purpose says what the person was about to do,
// and cancel is a page without re-authentication for those who cancel.
func drafts(name, purpose, cancel string, fields ...string) option {
	return func(rt *route) { rt.late, rt.lateSaid = &lateForm{name, purpose, cancel, fields}, true }
}

// noDraft is for forms that hold only secrets and choices: nothing of them is saved when they come too late.
func noDraft(rt *route) { rt.lateSaid = true }

// isAct is for forms that rotate, open or end a session, spend something once, send an email or write an event: pressed again
// they get the answer that they had, if the template has the field for it. noAct is for those that may be pressed again without
// harm.
func isAct(rt *route) { rt.act, rt.actSaid = true, true }
func noAct(rt *route) { rt.actSaid = true }

// spends names the limit of the account that a press is taken from, before the handler. Without it that is guard.Asked.
func spends(l guard.Limit) option { return func(rt *route) { rt.spends = l } }

// limits is for forms whose handler, or what it asks, takes from these limits: nobody is signed in yet, or what was typed is
// shown again when they are used up. Without any the form writes nothing, or there is no more to write than was there before: a
// link works once.
func limits(...guard.Limit) option { return func(rt *route) { rt.limited = true } }

// returned lets people come back to a page for everybody after signing in. notReturned takes a guarded page out of that.
func returned(rt *route)    { rt.returned = true }
func notReturned(rt *route) { rt.returned = false }

// forScripts is for addresses that scripts call: errors are answered as JSON, unless the request prefers a page.
func forScripts(rt *route) { rt.script = true }

// readOnly is for addresses that a page polls by itself: the request is no activity, so it does not extend the session.
func readOnly(rt *route) { rt.readOnly = true }

// noRoute stands for addresses outside the table. They light no entry, and nobody is returned to them.
var noRoute = &route{}

// routeOf is the route that the request was matched with. The session's middleware and all behind it may ask.
func (a *app) routeOf(r *http.Request) *route {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	return a.route(method, chi.RouteContext(r.Context()).RoutePattern())
}

// pageAt is the page of that path.
func (a *app) pageAt(path string) *route {
	return a.route(http.MethodGet, a.routes.Find(chi.NewRouteContext(), http.MethodGet, path))
}

func (a *app) route(method, pattern string) *route {
	if rt, ok := a.table[routeKey{method, pattern}]; ok {
		return rt
	}
	return noRoute
}

// navOf is the entry that is lit on the answer of the route: its own, or that of the page that its form stands on.
func (a *app) navOf(rt *route) string {
	if rt.navSaid {
		return rt.nav
	}
	return a.route(http.MethodGet, rt.page).nav
}

// fillPattern puts the segments of a path, which matches the pattern from, in the place of those parameters in the pattern to.
func fillPattern(to, from, path string) string {
	segments, names, values := strings.Split(to, "/"), strings.Split(from, "/"), strings.Split(path, "/")
	for i, segment := range segments {
		if at := slices.Index(names, segment); strings.HasPrefix(segment, "{") && at >= 0 && at < len(values) {
			segments[i] = values[at]
		}
	}
	return strings.Join(segments, "/")
}

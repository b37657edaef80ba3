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
	limited         bool // its handler, or what it asks, takes from these in place of spends
	limits          []guard.Limit
}

type routeKey struct{ method, pattern string }

func (k routeKey) String() string { return k.method + " " + k.pattern }

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

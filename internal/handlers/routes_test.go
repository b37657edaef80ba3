package handlers

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/ui"
)

// outside are the routes that stand on chi's router alone: files, probes of a load balancer, and what has a bag of nobody.
var outside = []string{"/static/*", "/healthz", "/readyz", "/session/state", livePage, "/.well-known/change-password", "/.well-known/passkey-endpoints"}

// TestRoutes holds that each line of routes.go says what does not follow from its guard.
func TestRoutes(t *testing.T) {
	t.Parallel()
	for _, mistake := range mistakesOf(newPortal(t).app) {
		t.Error(mistake)
	}
}

// mistakesOf says what to write in which line.
func mistakesOf(a *app) (mistakes []string) {
	wrong := func(format string, args ...any) { mistakes = append(mistakes, fmt.Sprintf(format, args...)) }
	_ = chi.Walk(a.routes, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if a.route(method, pattern) == noRoute && !slices.Contains(outside, pattern) {
			wrong("%s %s is chi's alone: write it in routes.go as a line of a group, such as signedIn.get(...)", method, pattern)
		}
		return nil
	})
	entries := navEntries()
	pages, names := map[string]*route{}, map[string]*route{}
	for _, key := range slices.SortedFunc(maps.Keys(a.table), func(x, y routeKey) int { return strings.Compare(x.String(), y.String()) }) {
		rt := a.table[key]
		if rt.nav != none && entries[rt.nav] == "" {
			wrong("%s: no entry of the navigation is called %q: write one of %q, or add it in ui/templates/partials/frame.html", key, rt.nav, slices.Sorted(maps.Keys(entries)))
		}
		if rt.method == http.MethodGet {
			if rt.guarded && !rt.navSaid {
				wrong("%s says nothing about the navigation: write nav(%q) for the entry that is lit, or nav(none)", key, "account")
			}
			continue
		}
		if !rt.actSaid {
			wrong("%s can be pressed twice: write isAct where that would do something twice, or noAct", key)
		}
		if !rt.guarded && !rt.limited {
			wrong("%s is for everybody, who have no account to be limited by: write limits(...) with those that its handler takes from, or none", key)
		}
		page := a.route(http.MethodGet, rt.page)
		switch {
		case page == noRoute && rt.page == rt.pattern:
			wrong("%s: there is no page at this address: write on(%q) with the page that the form stands on", key, "/page")
		case page == noRoute:
			wrong("%s: on(%q) is no page of the table", key, rt.page)
		}
		for _, param := range regexp.MustCompile(`{[^}]+}`).FindAllString(rt.page, -1) {
			if !strings.Contains(rt.pattern, param) {
				wrong("%s: on(%q) has %s, which the address of the form has not", key, rt.page, param)
			}
		}
		switch {
		case rt.guarded && !rt.lateSaid:
			wrong("%s can come too late: write drafts(...) with the fields to show again, or noDraft", key)
		case rt.late == nil:
			continue
		case !rt.guarded:
			wrong("%s is for everybody and cannot come too late: leave out drafts(...)", key)
		case !page.returned:
			wrong("%s: nobody comes back to %s, so nothing can be kept for it: write noDraft, or returned on the line of the page", key, rt.page)
		case pages[rt.page] != nil:
			wrong("%s: the page %s has kept another form already: give one of them a page of its own, or write noDraft", key, rt.page)
		case names[rt.late.name] != nil:
			wrong("%s: another form is kept as %q: write another name", key, rt.late.name)
		}
		if rt.late != nil {
			pages[rt.page], names[rt.late.name] = rt, rt
		}
	}
	return mistakes
}

var navEntry = regexp.MustCompile(`<a href="([^"]+)"{{if eq \. "([a-z-]+)"}} aria-current="page"`)

// navEntries are the addresses of the navigation's entries, by their names.
func navEntries() map[string]string {
	source, err := ui.FS.ReadFile("templates/partials/frame.html")
	if err != nil {
		panic(err)
	}
	entries := map[string]string{}
	for _, m := range navEntry.FindAllStringSubmatch(string(source), -1) {
		entries[m[2]] = m[1]
	}
	return entries
}

// Each entry of the navigation leads to a page that lights it.
func TestNavigation(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.signedIn(p.newUser("Nora")).Get("/account").SaysNot("Administration")
	b := p.withRole("Nora", auth.RoleSupport)
	entries := navEntries()
	if len(entries) < 8 {
		t.Fatalf("found %v", entries)
	}
	for entry, path := range entries {
		if res := b.Get(path).Want(http.StatusOK); !strings.Contains(res.Body, `<a href="`+path+`" aria-current="page"`) || strings.Count(res.Body, "aria-current") != 1 {
			t.Errorf("%s does not light %s alone: its line in routes.go has to say nav(%q)", path, entry, entry)
		}
	}
	b.Get("/account/nothing").Want(http.StatusNotFound).SaysNot("aria-current")
	if res := b.Get("/account/sessions/NOSUCHHANDLE/end").Want(http.StatusNotFound); strings.Contains(res.Body, "aria-current") {
		t.Error("a page that says what is wrong lights an entry")
	}
}

// What a line leaves out is named, with what to write.
func TestOmissionsAreNamed(t *testing.T) {
	t.Parallel()
	for want, add := range map[string]func(a *app, everybody, signedIn group){
		"GET /x says nothing about the navigation":             func(_ *app, _, signedIn group) { signedIn.get("/x", notFound) },
		`no entry of the navigation is called "x"`:             func(_ *app, _, signedIn group) { signedIn.get("/x", notFound, nav("x")) },
		"POST /x: there is no page at this address: write on(": func(_ *app, _, signedIn group) { signedIn.post("/x", notFound, noDraft) },
		`POST /x: on("/y") is no page`:                         func(_ *app, everybody, _ group) { everybody.post("/x", notFound, on("/y")) },
		`POST /x: on("/dev/mail/{id}") has {id}, which`:        func(_ *app, everybody, _ group) { everybody.post("/x", notFound, on("/dev/mail/{id}")) },
		"POST /x can be pressed twice: write isAct":            func(_ *app, _, signedIn group) { signedIn.post("/x", notFound, noDraft) },
		"POST /plans is for everybody, who have no account":    func(_ *app, everybody, _ group) { everybody.post("/plans", notFound, noAct) },
		"POST /account can come too late: write drafts(":       func(_ *app, _, signedIn group) { signedIn.post("/account", notFound) },
		"POST /plans is for everybody and cannot come too late": func(_ *app, everybody, _ group) {
			everybody.post("/plans", notFound, drafts("x", "X", home, "x"))
		},
		"nobody comes back to /login": func(_ *app, _, signedIn group) {
			signedIn.post("/x", notFound, on("/login"), drafts("x", "X", home, "x"))
		},
		"the page /account/profile has kept another form": func(_ *app, _, signedIn group) {
			signedIn.post("/x", notFound, on("/account/profile"), drafts("x", "X", home, "x"))
		},
		`another form is kept as "profile"`: func(_ *app, _, signedIn group) {
			signedIn.post("/account", notFound, drafts("profile", "X", home, "x"))
		},
		"GET /x is chi's alone": func(a *app, everybody, _ group) { everybody.router.Get("/x", a.handle(notFound)) },
	} {
		a, err := newApp(Options{BaseURL: portalURL})
		if err != nil {
			t.Fatal(err)
		}
		a.Mailbox = newPostbox(t).Mailbox
		r := a.router().(chi.Router)
		everybody := group{app: a, router: r}
		add(a, everybody, everybody.signedIn())
		if mistakes := mistakesOf(a); !slices.ContainsFunc(mistakes, func(m string) bool { return strings.Contains(m, want) }) {
			t.Errorf("got %q, want one with %q", mistakes, want)
		}
	}
}

// A group for people who are signed in sends others to sign in, whatever other guards it names or does not.
func TestSignedInIsGuarded(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	r := p.app.routes
	everybody := group{app: p.app, router: r.With(p.app.session)}
	everybody.signedIn().get("/bare", notFound, nav(none))
	everybody.signedIn(p.app.requireElevation).get("/elevated", notFound, nav(none))
	for _, path := range []string{"/bare", "/elevated"} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, portalURL.JoinPath(path).String(), nil))
		if where := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasPrefix(where, "/login?") {
			t.Errorf("%s: got %d to %q, want the sign-in page", path, w.Code, where)
		}
	}
}

// A second line for an address would take the place of the first in silence, with what that keeps of its form.
func TestAddressStandsInTheTableOnce(t *testing.T) {
	t.Parallel()
	a := newPortal(t).app
	defer func() {
		if got, _ := recover().(string); !strings.Contains(got, "POST /account/profile") {
			t.Errorf("got %q, want a panic that names the line", got)
		}
	}()
	group{app: a, router: a.routes}.signedIn().post("/account/profile", notFound, drafts("x", "X", home, "x"))
}

var postForm = regexp.MustCompile(`(?s)<form[^>]* method="post" action="([^"]+)"[^>]*>(.*?)</form>`)

// Each form of an act carries its value, on whichever page it stands.
func TestActsCarryTheirValue(t *testing.T) {
	t.Parallel()
	a := newPortal(t).app
	found := map[string]bool{}
	err := eachSource([]string{"templates/*.html", "templates/*/*.html"}, func(name, source string) error {
		for _, form := range postForm.FindAllStringSubmatch(source, -1) {
			path := strings.ReplaceAll(regexp.MustCompile(`{{if \.All}}(.*?){{else}}.*?{{end}}`).ReplaceAllString(form[1], "$1"), " ", "")
			path = strings.ReplaceAll(path, "{{.Action}}", "/password/reset") // the form stands under two addresses
			path = regexp.MustCompile(`{{.*?}}`).ReplaceAllString(path, "x")
			rt := a.route(http.MethodPost, a.routes.Find(chi.NewRouteContext(), http.MethodPost, path))
			if rt.act && !strings.Contains(form[2], `name="act" value="{{$.Act}}"`) {
				t.Errorf(`%s: the form that goes to %s has no <input type="hidden" name="act" value="{{$.Act}}">: routes.go says isAct`, name, form[1])
			}
			found[rt.pattern] = true
			if strings.Contains(form[2], `{{template "passkey-sign-in"`) { // whose script sends the value of the form it stands in
				found[finishSignIn] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for key, rt := range a.table {
		sharesAForm := rt.pattern == "/account/sessions/end-others" || strings.HasSuffix(rt.pattern, "/{token}") ||
			strings.HasPrefix(rt.pattern, "/admin/") // the form stands under the addresses of all orders
		if rt.act && !found[rt.pattern] && !sharesAForm {
			t.Errorf("%s is an act, and no template has its form", key)
		}
	}
}

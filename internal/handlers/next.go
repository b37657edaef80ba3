package handlers

import (
	"net/http"
	"net/url"
	"path"
	"strings"
)

// home is where people are led who did not ask for another page.
const home = "/account"

// destination returns next if it is a page that people are returned to, and home otherwise. No URL from a client is
// followed anywhere else (ASVS v5.0.0-3.7.2).
func (a *app) destination(next string) string {
	if !isLocal(next) {
		return home
	}
	u, err := url.Parse(next)
	if err != nil || !a.pageAt(u.Path).returned || path.Clean(u.Path) != u.Path {
		return home
	}
	if u.RawPath != "" { // written in another way, under which the router would not find it
		u.RawPath = ""
		return u.String()
	}
	return next
}

// isLocal reports whether browsers take the text for a path on this origin. They disagree with url.Parse about
// backslashes, control characters and leading slashes, so texts with those are refused before url.Parse reads them.
func isLocal(next string) bool {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || len(next) > 1024 {
		return false
	}
	for _, c := range []byte(next) {
		if c <= ' ' || c == '\\' || c >= 0x7f {
			return false
		}
	}
	return true
}

// wayBack is where the person of a refused request should come back to: the page itself, or the page of its form.
func (a *app) wayBack(r *http.Request) string {
	if r.Method == http.MethodGet {
		return a.destination(r.URL.RequestURI())
	}
	rt, path := a.routeOf(r), r.URL.EscapedPath()
	if rt.page == rt.pattern {
		return a.destination(path)
	}
	return a.destination(fillPattern(rt.page, rt.pattern, path))
}

// seeOther sends the browser to a path of this portal with a GET.
func seeOther(w http.ResponseWriter, r *http.Request, path string) {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, path, http.StatusSeeOther)
}

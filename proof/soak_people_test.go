package proof

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// days are what somebody may do with the portal, one after the other. A session may end under any of them, so none relies
// on the one before.
var days = map[string]func(w *town, c *webtest.Client, email string){
	"browsing": func(w *town, c *webtest.Client, email string) {
		w.signIn(c, email)
		for _, page := range []string{"/account", "/account/sessions", "/account/activity", "/plans", "/account/session", "/billing", "/nothing", "/session/state"} {
			w.do(c, http.MethodGet, page)
		}
		w.do(c, http.MethodPost, "/session/extend", "next", "/account")
		w.do(c, http.MethodPost, "/logout")
	},
	"basket and re-authentication": func(w *town, c *webtest.Client, email string) {
		w.do(c, http.MethodPost, "/basket", "plan", "hall")
		w.signIn(c, email)
		w.do(c, http.MethodPost, "/basket", "plan", "keep")
		w.do(c, http.MethodPost, "/reauth", "password", webtest.Password, "next", "/account/sessions")
		w.do(c, http.MethodGet, "/billing/checkout")
		w.do(c, http.MethodGet, "/account/activity.csv")
	},
	"revoking": func(w *town, c *webtest.Client, email string) {
		other := c.Fresh()
		w.signIn(c, email)
		w.signIn(other, email)
		w.do(c, http.MethodPost, "/reauth", "password", webtest.Password, "next", "/account/sessions")
		if handle := w.do(other, http.MethodGet, "/account/sessions").CurrentHandle(); handle != "" {
			w.do(c, http.MethodPost, "/account/sessions/"+handle+"/end")
		}
		w.do(other, http.MethodGet, "/account")
	},
	"ending all": func(w *town, c *webtest.Client, email string) {
		w.signIn(c.Fresh(), email)
		w.signIn(c, email)
		w.do(c, http.MethodPost, "/account/sessions/end-others", "password", webtest.Password)
		w.do(c, http.MethodPost, "/account/sessions/end-all", "password", webtest.Password)
	},
	"more devices than may be": func(w *town, c *webtest.Client, email string) {
		for range 4 {
			w.signIn(c.Fresh(), email)
		}
	},
	"a demo": func(w *town, c *webtest.Client, _ string) {
		w.do(c, http.MethodPost, "/demo")
		w.do(c, http.MethodGet, "/account/sessions")
		w.do(c, http.MethodPost, "/account/profile", "name", "Vera Visitor")
	},
	"emails": func(w *town, c *webtest.Client, email string) {
		w.do(c, http.MethodPost, "/signup", "name", "Noah Newman", "email", webtest.Email(), "password", webtest.Password)
		w.do(c, http.MethodPost, "/password/forgot", "email", email)
	},
	"failing": func(w *town, c *webtest.Client, email string) {
		w.do(c, http.MethodPost, "/login", "email", email, "password", "three loud lanterns hang")
		w.do(c, http.MethodPost, "/login", "email", "nobody@example.org", "password", webtest.Password)
		w.do(c, http.MethodGet, "/email/confirm/ABCDEFGHIJKLMNOPQRSTUVWXYZ")
		c.Cookies[c.Session] = strings.Repeat("A", 43)
		w.do(c, http.MethodGet, "/account")
	},
}

// day lets somebody do one of these, from one of the networks they come from.
func (w *town) day(t *testing.T, email string, turn int) {
	names := make([]string, 0, len(days))
	for name := range days {
		names = append(names, name)
	}
	slices.Sort(names)
	name := names[turn%len(names)]
	c := w.Client(t)
	c.IP = fmt.Sprintf("%s:%x::7", w.Network[:len("2001:db8")], turn/len(names)%50*len(w.emails)+slices.Index(w.emails, email))
	days[name](w, c, email)
	w.count(name)
	time.Sleep(100 * time.Millisecond) // nobody is in a hurry
}

func (w *town) signIn(c *webtest.Client, email string) {
	w.do(c, http.MethodPost, "/login", "email", email, "password", webtest.Password)
}

// do wants an answer that somebody may get at any time.
func (w *town) do(c *webtest.Client, method, path string, fields ...string) *webtest.Answer {
	c.T.Helper()
	a := c.Do(c.Request(method, path, fields...))
	w.count("requests")
	switch {
	case a.StatusCode == 0: // Do has said so
	case a.StatusCode >= 400 && (a.StatusCode == http.StatusTooManyRequests || a.StatusCode == http.StatusServiceUnavailable):
		if wait, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || wait < 1 {
			c.T.Errorf("%s: %d with Retry-After %q", a.What, a.StatusCode, a.Header.Get("Retry-After"))
		}
		w.count("rejected")
	case a.StatusCode >= 500:
		c.T.Errorf("%s: got %d\n%s", a.What, a.StatusCode, a.Excerpt())
	}
	return a
}

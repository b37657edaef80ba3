package proof

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// days are what somebody may do with the portal, one after the other. A session may end under any of them, so none relies
// on the one before.
var days = map[string]func(w *town, c *client, email string){
	"browsing": func(w *town, c *client, email string) {
		w.signIn(c, email)
		for _, page := range []string{"/account", "/account/sessions", "/account/activity", "/plans", "/account/session", "/billing", "/nothing", "/session/state"} {
			w.do(c, http.MethodGet, page)
		}
		w.do(c, http.MethodPost, "/session/extend", "next", "/account")
		w.do(c, http.MethodPost, "/logout")
	},
	"basket and re-authentication": func(w *town, c *client, email string) {
		w.do(c, http.MethodPost, "/basket", "plan", "hall")
		w.signIn(c, email)
		w.do(c, http.MethodPost, "/basket", "plan", "keep")
		w.do(c, http.MethodPost, "/reauth", "password", password, "next", "/account/sessions")
		w.do(c, http.MethodGet, "/billing/checkout")
		w.do(c, http.MethodGet, "/account/activity.csv")
	},
	"revoking": func(w *town, c *client, email string) {
		other := w.device(c)
		w.signIn(c, email)
		w.signIn(other, email)
		w.do(c, http.MethodPost, "/reauth", "password", password, "next", "/account/sessions")
		if found := currentTicket.FindStringSubmatch(w.do(other, http.MethodGet, "/account/sessions").body); found != nil {
			w.do(c, http.MethodPost, "/account/sessions/"+found[1]+"/end")
		}
		w.do(other, http.MethodGet, "/account")
	},
	"ending all": func(w *town, c *client, email string) {
		w.signIn(w.device(c), email)
		w.signIn(c, email)
		w.do(c, http.MethodPost, "/account/sessions/end-others", "password", password)
		w.do(c, http.MethodPost, "/account/sessions/end-all", "password", password)
	},
	"more devices than may be": func(w *town, c *client, email string) {
		for range 4 {
			w.signIn(w.device(c), email)
		}
	},
	"a demo": func(w *town, c *client, _ string) {
		w.do(c, http.MethodPost, "/demo")
		w.do(c, http.MethodGet, "/account/sessions")
		w.do(c, http.MethodPost, "/account/profile", "name", "Vera Visitor")
	},
	"letters": func(w *town, c *client, email string) {
		w.do(c, http.MethodPost, "/signup", "name", "Noah Newman", "email", strings.ToLower(rand.Text())+"@example.org", "password", password)
		w.do(c, http.MethodPost, "/password/forgot", "email", email)
	},
	"failing": func(w *town, c *client, email string) {
		w.do(c, http.MethodPost, "/login", "email", email, "password", "three loud lanterns hang")
		w.do(c, http.MethodPost, "/login", "email", "nobody@example.org", "password", password)
		w.do(c, http.MethodGet, "/email/confirm/ABCDEFGHIJKLMNOPQRSTUVWXYZ")
		c.cookies["__Host-id"] = strings.Repeat("A", 43)
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
	c := w.client(t)
	c.ip = fmt.Sprintf("%s:%x::7", w.network[:len("2001:db8")], turn/len(names)%50*len(w.emails)+slices.Index(w.emails, email))
	days[name](w, c, email)
	w.count(name)
	time.Sleep(100 * time.Millisecond) // nobody is in a hurry
}

// device is another browser at the same place.
func (w *town) device(c *client) *client {
	other := *c
	other.cookies = map[string]string{}
	return &other
}

func (w *town) signIn(c *client, email string) {
	w.do(c, http.MethodPost, "/login", "email", email, "password", password)
}

// do wants an answer that somebody may get at any time.
func (w *town) do(c *client, method, path string, fields ...string) *answer {
	c.t.Helper()
	a := c.do(method, path, fields...)
	w.count("requests")
	switch {
	case a.status == 0: // c.do has said so
	case a.status >= 400 && (a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable):
		if wait, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || wait < 1 {
			c.t.Errorf("%s: %d with Retry-After %q", a.what, a.status, a.header.Get("Retry-After"))
		}
		w.count("turned away")
	case a.status >= 500:
		c.t.Errorf("%s: got %d\n%s", a.what, a.status, a.text())
	}
	return a
}

package handlers

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/webtest"
)

// noting is a portal that notes what each answer says to a browser's cookies.
type noting struct {
	http.RoundTripper
	set, deleted map[string]bool // by name
}

func (n *noting) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := n.RoundTripper.RoundTrip(r)
	if err == nil {
		for _, cookie := range res.Cookies() {
			if cookie.MaxAge < 0 {
				n.deleted[cookie.Name] = true
			} else {
				n.set[cookie.Name] = true
			}
		}
	}
	return res, err
}

// followed is a browser that is signed in, has followed a link of every kind, waits for a second step, chose how pages look,
// and saw a session end.
func (p *portal) followed(n *noting) *browser {
	u, vic := p.newUser("Kit"), p.newUser("Vic")
	confirm, undo := p.signedIn(vic).moves(vic, webtest.Email())
	enrolled, _, _ := p.enrolled("Vera")
	b := p.browser()
	n.RoundTripper, b.Transport = b.Transport, n
	b.SignIn(u.Email, password)
	b.Post("/logout").Leads("/signed-out")
	for _, link := range []string{p.signsUp(webtest.Email()).link, p.browser().forgets(u.Email), undo} {
		b.Get(link).Want(http.StatusSeeOther)
	}
	b.Post("/login", "email", enrolled.Email, "password", password).Leads("/login/verify")
	pending := b.Cookies[pendingCookie]
	b.SignIn(vic.Email, password)
	b.Get(confirm).Want(http.StatusSeeOther)
	b.Cookies[pendingCookie] = pending
	b.Post("/preferences", "theme", "dark").Want(http.StatusSeeOther)
	return b
}

// TestCookiesAreListed walks the portal: every cookie that an answer sets is in the list, every name of the list is one that
// is set, and signing out deletes all of them but the one that says which session ended.
func TestCookiesAreListed(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	n := &noting{set: map[string]bool{}, deleted: map[string]bool{}}
	b := p.followed(n)
	walk := func() {
		_ = chi.Walk(p.app.routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
			if path := strings.NewReplacer("{handle}", "x", "{token}", "x", "*", "x").Replace(route); path != "/logout" {
				b.Do(b.NewRequest(method, path, nil)) // forms come without a field
			}
			return nil
		})
	}
	walk()
	b.SignIn(p.newUser("Ida").Email, password) // one of the forms may have ended the session
	clear(n.deleted)
	b.Post("/logout").Leads("/signed-out")
	deleted := maps.Clone(n.deleted)
	walk()

	var listed []string
	for _, name := range brand.Cookies {
		name = brand.Cookie(name, true)
		listed = append(listed, name)
		if !n.set[name] {
			t.Errorf("%s is in the list, and no answer of the walk sets it", name)
		}
		if want := name != "__Host-"+brand.EndedCookie; deleted[name] != want {
			t.Errorf("signing out deletes %s: %t, want %t", name, deleted[name], want)
		}
	}
	for name := range n.set {
		if !slices.Contains(listed, name) {
			t.Errorf("an answer sets %s, which is not in brand.Cookies", name)
		}
	}
}

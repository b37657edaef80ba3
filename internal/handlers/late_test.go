package handlers

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/internal/store/storetest"
)

// slowly is the way of a form whose end takes a while: something happens after its headers are read, and before its body is.
type slowly struct {
	http.RoundTripper
	happens func()
}

type slowBody struct {
	io.ReadCloser
	happens func()
}

func (s slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Body = &slowBody{r.Body, s.happens}
	return s.RoundTripper.RoundTrip(r)
}

func (b *slowBody) Read(p []byte) (int, error) {
	if b.happens != nil {
		b.happens()
		b.happens = nil
	}
	return b.ReadCloser.Read(p)
}

// A form that begins within the elevation window and ends after it is too late: what was typed waits for the person to confirm
// again, and nothing is changed (ASVS v5.0.0-7.5.1).
func TestWindowEndsBeforeTheForm(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(p.newUser("Lara"))
		b.Post("/reauth", "password", password, "next", probe.Form).Leads(probe.Form)
		b.Get(probe.Form).Says("Saved: 0")
		slow := &browser{b.Twin(), p}
		slow.Transport = slowly{slow.Transport, func() { time.Sleep(p.sessions.Policy().Elevation) }}
		answer := slow.Post(probe.Form, "title", "late", "text", "late")
		if to := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/reauth?") {
			t.Errorf("got %d to %q, want to be asked who it is", answer.StatusCode, to)
		}
		b.Post("/reauth", "password", password, "next", probe.Form).Leads(probe.Form)
		b.Get(probe.Form).Says("Saved: 0")
	})
}

// elevatedForms are those that take the elevation window for the proof.
var elevatedForms = []string{
	"authenticator app", "new recovery codes", "removal of the app", "removal of a passkey", "another passkey", "end of one",
	"request of another address", "this was me", "payment method",
}

// Somebody closes the window, as another browser in the session or a changed role does, while the change is under way: the change
// itself looks, so it is refused (ASVS v5.0.0-7.5.1).
func TestWindowIsClosedBeforeTheChange(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		forms := map[string]press{}
		for _, name := range elevatedForms {
			forms[name] = actForms[name](p)
		}
		u := p.newUser("Olga")
		b, page := p.signedIn(u), "/account/sessions/end-others"
		p.signedIn(u)
		b.Reauth(password)
		forms["end of the others"] = press{u, b, b.Get(page), page, nil, "/account/sessions", false}
		tables := slices.Concat(changeable, []string{"payment_methods", "(SELECT id, flag FROM sessions ORDER BY id) AS flags"})
		before := p.dumpOf(tables...)
		storetest.BeforeUpdate(t, p.store, "users", "UPDATE sessions SET elevated_until = NULL")
		for name, x := range forms {
			answer := x.send(x.b)
			if to := answer.Header.Get("Location"); answer.StatusCode < 400 && !strings.HasPrefix(to, "/login?") {
				t.Errorf("%s: got %d to %q, want to be refused", name, answer.StatusCode, to)
			}
			if p.dumpOf(tables...) != before {
				t.Fatalf("%s: something was changed, want nothing", name)
			}
		}
	})
}

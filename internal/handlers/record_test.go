package handlers

import (
	"cmp"
	"compress/gzip"
	"flag"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/session"
)

var update = flag.Bool("update", false, "write "+recordFile+" anew")

// TestRecord walks every route of the router as different people and compares what their browsers see with what was
// recorded: a change of any answer shows there, whether it was meant or not.
func TestRecord(t *testing.T) {
	t.Parallel()
	r := newRecord()
	for _, one := range []struct {
		people []recordPerson
		adjust func(*settings)
	}{
		{recordPeople, func(*settings) {}},
		{recordWaiting, func(p *settings) { p.OnClientChange = session.ClientChangeReauth }},
		{recordLacking, func(p *settings) { p.RequireSecondFactor = true }},
	} {
		p := recordPortal(t, one.adjust)
		inTime(t, p, func(t *testing.T) { r.walk(t, p, one.people) })
	}
	p := recordPortal(t, func(*settings) {})
	inTime(t, p, func(t *testing.T) { r.besides(t, p) })
	if !t.Failed() {
		r.compare(t)
	}
}

// emailID names the one email in the development mailbox, which holds none of those that the portal sends.
const emailID = "EMAIL"

func recordPortal(t *testing.T, adjust func(*settings)) *portal {
	t.Helper()
	message := mail.Email{ID: emailID, To: "rosa@example.org", Subject: "An email", Text: "Text", HTML: "<!doctype html><h1>Email</h1>"}
	return portalOn(t, sqliteBackend(t), func(o *Options, policy *settings) {
		o.Mailbox, o.Labs = &mail.Mailbox{}, nil // as it is started without a setting
		if err := o.Mailbox.Send(t.Context(), message); err != nil {
			t.Fatal(err)
		}
		adjust(policy)
	})
}

// zipped asks for compressed answers, as browsers do, and opens them.
type zipped struct{ http.RoundTripper }

func (z zipped) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("Accept-Encoding", "gzip")
	res, err := z.RoundTripper.RoundTrip(r)
	if err == nil && res.Header.Get("Content-Encoding") == "gzip" && r.Method != http.MethodHead {
		res.Body, err = gzip.NewReader(res.Body)
	}
	return res, err
}

// A recordRoute is a method and a pattern of the router.
type recordRoute struct{ method, pattern string }

func (r recordRoute) String() string { return r.method + " " + r.pattern }

// recordRoutes are all routes, by their paths.
func recordRoutes(t *testing.T, p *portal) (routes []recordRoute) {
	t.Helper()
	err := chi.Walk(p.app.routes, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if pattern == "/static/*" && method != http.MethodGet {
			return nil // a file handler is mounted for all methods; besides asks for some
		}
		if strings.Contains(pattern, "/probe/") {
			return nil // these exist in tests only
		}
		routes = append(routes, recordRoute{method, pattern})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(routes, func(a, b recordRoute) int {
		return cmp.Or(strings.Compare(a.pattern, b.pattern), strings.Compare(a.method, b.method))
	})
	return routes
}

// walk asks people for every route, in each of its situations.
func (r *record) walk(t *testing.T, p *portal, people []recordPerson) {
	t.Helper()
	shared := map[string]*visit{}
	for _, route := range recordRoutes(t, p) {
		for _, s := range situationsOf(t, route) {
			title := route.String()
			if s.words != "" {
				title += ", " + s.words
			}
			for _, who := range people {
				if who.brief && !s.plain && !slices.Contains(s.also, who.name) {
					continue
				}
				v := s.visit(route, who, p, shared)
				r.note(title, who.name, readAnswer(s.ask(v, route), v.shortener(route)))
			}
		}
	}
}

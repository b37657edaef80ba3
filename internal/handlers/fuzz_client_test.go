package handlers

import (
	"context"
	"encoding/csv"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/gatehouse/webtest"
)

// FuzzClient lets clients say anything of themselves. Only a trusted proxy is believed about addresses, and only
// addresses; names of browsers come from our lists; and what is kept is harmless on the pages and in the file that show it.
func FuzzClient(f *testing.F) {
	f.Add(webtest.FirefoxOnWindows, "203.0.113.9")
	f.Add("\u202eevil\u200b\xff\x00"+strings.Repeat("\U0001f600", 90), "203.0.113.9, 192.0.2.1, unknown, [::1]:80")
	f.Add("CANARY", "203.0.113.9%eth0,\x00")
	f.Add("=HYPERLINK(\"http://evil.example\")\r\n,+1", "CANARY, 2001:db8::1")
	s := newTarget(f)
	const proxy, stranger = "192.0.2.1", "198.51.100.1"
	a := &app{Options: Options{Proxies: trusting(proxy + "/32"), Log: slog.New(slog.DiscardHandler)}}
	f.Fuzz(func(t *testing.T, agent, claimed string) {
		agent, claimed = withCanary(agent, raw), withCanary(claimed, raw)
		for _, peer := range []string{proxy, stranger} {
			in := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			in.RemoteAddr, in.Header["X-Forwarded-For"], in.Header["User-Agent"] = peer+":4711", []string{claimed}, []string{agent}
			c := a.readClient(in)
			if _, err := netip.ParseAddr(c.IP); err != nil {
				t.Errorf("%q by %s: got %q, which is no address", claimed, peer, c.IP)
			}
			if peer == stranger && c.IP != stranger {
				t.Errorf("%q by a stranger: got %q", claimed, c.IP)
			}
			if len(c.UserAgent) > maxUserAgent || !isText(c.UserAgent) {
				t.Errorf("%q: kept %q", agent, c.UserAgent)
			}
			s.remember(t, c.IP, c.UserAgent)
		}
		for _, page := range []string{"/account/session", "/account/sessions", "/account/activity"} {
			if got := s.send(t, s.request(http.MethodGet, page, s.token, "")).Code; got != http.StatusOK {
				t.Errorf("%s: got %d", page, got)
			}
		}
		file := s.send(t, s.request(http.MethodGet, "/account/activity.csv", s.token, "")).Body.String()
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file, "\ufeff"))).ReadAll()
		if err != nil || len(rows) < 2 || !utf8.ValidString(file) {
			t.Fatalf("%v: %q", err, file)
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
					t.Errorf("%q: a spreadsheet would run %q", agent, cell)
				}
			}
		}
	})
}

// remember writes into the session and the trail what a client said of itself.
func (s *target) remember(t *testing.T, ip, agent string) {
	t.Helper()
	for _, table := range []string{"sessions", "events"} {
		if _, err := s.db.DB().ExecContext(context.Background(), `UPDATE `+table+` SET ip = $1, user_agent = $2`, ip, agent); err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzDestination asks to be sent anywhere: whoever follows the answer stays here, on a page that people may be sent to.
func FuzzDestination(f *testing.F) {
	for _, next := range []string{
		"/account", "//evil.example", "//evil.example/account", "https://evil.example/plans", "/account/%2f%2fevil.example?x=y#z", "/plans/..//evil.example", "/account@evil.example",
		`/\evil.example`, "/billing?next=//evil.example", "/account/sessions/x/end", "/logout", "/account/../logout", "\u2044account",
	} {
		f.Add(next)
	}
	pages, err := newApp(Options{BaseURL: portalURL})
	if err != nil {
		f.Fatal(err)
	}
	pages.router()
	f.Fuzz(func(t *testing.T, next string) {
		for name, got := range map[string]string{"destination": pages.destination(next), "page": pages.page(next)} {
			u, err := url.Parse(got)
			if err != nil || !staysHere(got) || !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n\t\x00 ") {
				t.Fatalf("%s(%q): got %q", name, next, got)
			}
			if name == "destination" && !pages.pageAt(u.Path).returned {
				t.Errorf("%s(%q): got %q, which is no page to be sent to", name, next, got)
			}
		}
		w := httptest.NewRecorder()
		seeOther(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/somewhere/deep", nil), pages.destination(next))
		if location := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !staysHere(location) || !strings.HasPrefix(location, "/") {
			t.Errorf("%q: %d to %q", next, w.Code, location)
		}
	})
}

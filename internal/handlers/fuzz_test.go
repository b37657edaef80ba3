package handlers

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// FuzzRequest sends what no browser would.
func FuzzRequest(f *testing.F) {
	for _, seed := range [][5]string{
		{"POST", "/login", "__Host-id=x", "application/x-www-form-urlencoded", "email=a@b.example&password=x&next=//evil"},
		{"GET", "/account/sessions/%00/end?next=%ff", "__Host-id=" + strings.Repeat("A", 43), "", ""},
		{"POST", "/session/extend", `__Host-id="quoted"; __Host-id=again; __Host-ended=%00`, "text/plain", "{"},
		{"POST", "/basket", "__Host-look=dark.off", "application/x-www-form-urlencoded; charset=x", "plan=hall&plan=keep&%zz"},
		{"POST", "/email/confirm/..%2f", "", "multipart/form-data; boundary=x", "--x--"},
		{"GET", "/account/activity.csv?before=~&kind=%00&q=" + strings.Repeat("%41", 400), "", "", ""},
		{"PATCH", "/billing/receipts/AAAAAAAAAAAAAAAAAAAAAAAAAA", "", "", ""},
		{"GET", "/login?next=CANARY&unlock=CANARY", "__Host-ended=CANARY; __Host-pending=CANARY; __Host-look=CANARY", "", ""},
		{"POST", "/CANARY//CANARY", "__Host-ended=ABCDEFGHIJKLMNOPQRSTUVWXYZ", "CANARY", "CANARY"},
		{"HEAD", "/static/../../go.mod", "__Host-pending=" + strings.Repeat("A", 43), "", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], seed[4])
	}
	s := newTarget(f)
	f.Fuzz(func(t *testing.T, method, path, cookie, kind, body string) {
		path = withCanary(path, url.QueryEscape)
		if u, err := url.ParseRequestURI(path); err != nil || !strings.HasPrefix(path, "/") || u.Host != "" {
			return // net/http refuses such a request line before it asks the portal
		}
		r := s.request(http.MethodPost, path, "", withCanary(body, url.QueryEscape))
		r.Method = method
		r.Header["Cookie"], r.Header["Content-Type"] = []string{withCanary(cookie, url.QueryEscape)}, []string{withCanary(kind, raw)}
		s.send(t, r)
	})
}

// unfuzzed are the forms that change what facts hold, whatever is sent.
var unfuzzed = []string{"/logout", "/account/sessions/end-all", "/account/sessions/end-others"}

// fuzzedForms are all other forms of the portal.
func (s *target) fuzzedForms() []string {
	return slices.DeleteFunc(s.app.formPaths(), func(path string) bool { return slices.Contains(unfuzzed, path) })
}

// FuzzForm sends bodies to every form, from a stranger and from a signed-in person: what is not text, or said twice, is
// refused, and what is kept of the rest comes back escaped, in the answer and on the pages that show it later.
func FuzzForm(f *testing.F) {
	fields := "name=AdaCANARY&email=ada@example.orgCANARY&password=CANARY&next=/accountCANARY&plan=hallCANARY&theme=darkCANARY&notes=offCANARY" +
		"&code=12345CANARY&current_password=CANARY&credential=CANARY&assertion=CANARY&sure=onCANARY&instrument=sandbox-paysCANARY&address=CANARY" +
		"&remember=on&unlock=CANARY&held=CANARY&order=CANARY&amount=CANARY"
	s := newTarget(f)
	forms := s.fuzzedForms()
	for which := range forms {
		f.Add(uint8(which), fields)
		f.Add(uint8(which), strings.ReplaceAll(fields, "CANARY", ""))
	}
	for path, body := range map[string]string{
		"/basket": "plan=hall&next=//evil.example&plan=keep", "/signup": "name=%ff&email=a@b.example%0d%0aBcc:x&password=%00", "/account/profile": "name=CANARY",
	} {
		f.Add(uint8(slices.Index(forms, path)), body) //nolint:gosec // few
	}
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		path, body := forms[int(which)%len(forms)], withCanary(body, url.QueryEscape)
		values, err := form(inExchange(s.request(http.MethodPost, path, "", body)), "name", "held")
		if err != nil && values != nil {
			t.Errorf("got %v and %v, want one of them", values, err)
		}
		for name, value := range values {
			if name != "name" && name != "held" || !isText(value) {
				t.Errorf("read %q=%q", name, value)
			}
		}
		s.send(t, s.request(http.MethodPost, path, "", body))
		if lines := s.send(t, s.request(http.MethodPost, path, s.token, body)).Header()["Set-Cookie"]; len(lines) > 0 && path != "/preferences" {
			t.Errorf("POST %s: a signed-in person's cookies were changed: %q", path, lines)
		}
		if got := s.send(t, s.request(http.MethodGet, "/account/profile", s.token, "")).Code; got != http.StatusOK {
			t.Errorf("after POST %s: the profile answers %d", path, got)
		}
	})
}

// inExchange is the request as the layers of the portal see it.
func inExchange(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), exchangeKey{}, &exchange{}))
}

package handlers

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/internal/probe"
)

// acceptCases are headers, and whether they ask for JSON where a page is as good, and at the address of a script.
var acceptCases = []struct {
	lines        []string
	page, script bool
}{
	{nil, false, true},
	{[]string{""}, false, true},
	{[]string{"*/*"}, false, true},
	{[]string{"application/json"}, true, true},
	{[]string{"APPLICATION/JSON; charset=UTF-8"}, true, true},
	{[]string{"text/html"}, false, false},
	{[]string{"text/html,application/json;q=0.9"}, false, false},
	{[]string{"application/json;q=0.9", "text/html"}, false, false},
	{[]string{"text/html;q=0.8", "application/json;q=0.801"}, true, true},
	{[]string{"application/json, text/html"}, false, true},
	{[]string{"application/json, text/plain, */*"}, true, true},
	{[]string{"application/*, text/plain, */*;q=0.5"}, true, true},
	{[]string{"application/json;q=0, */*"}, false, false},
	{[]string{"text/html;q=0, */*;q=0.1"}, true, true},
	{[]string{"application/json;q=0.2, application/*, text/html;q=0.3"}, false, false},
	{[]string{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"}, false, false},
	{[]string{"application/problem+json, text/html;q=0.1"}, false, false},
	{[]string{"application/jsonp, text/html;q=0.1"}, false, false},
	{[]string{"application/json;profile=x, text/html;q=0.1"}, false, false},
	{[]string{`text/html;q=0.1;x="application/json, a"`}, false, true},
	{[]string{`text/plain;x="\", application/json", text/html;q=0.1`}, false, false},
	{[]string{"application/json;q=2, text/html;q=0.1"}, false, false},
	{[]string{"application/json;q=NaN, text/html;q=0.1"}, false, false},
	{[]string{"application/json;q=1e0, text/html;q=0.1"}, false, false},
	{[]string{"text/html;q=0.1, application/json;q=\"0.9\""}, true, true},
	{[]string{";;;,,=\x00\xff"}, false, true},
}

// What a request prefers decides whether it is told in JSON or on a page, and with which status: on the addresses of scripts,
// on those of pages, and where a form and a script send to the same one. Each answer says that it depends on that.
func TestPreferredType(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	member := p.signedIn(p.newUser("Ada"))
	for _, c := range acceptCases {
		ask := func(b *browser, method, path, what string) (status int, isJSON bool) {
			t.Helper()
			r := b.NewRequest(method, path, strings.NewReader(""))
			r.Header["Accept"] = c.lines
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			res := b.Do(r)
			isJSON = strings.HasPrefix(res.Header.Get("Content-Type"), "application/json")
			if isJSON && !json.Valid([]byte(res.Body)) {
				t.Errorf("%q, %s: got %s", c.lines, what, res.Body)
			}
			if vary := strings.Join(res.Header.Values("Vary"), ", "); !slices.Contains(strings.Split(vary, ", "), "Accept") {
				t.Errorf("%q, %s: got Vary %q, want Accept in it", c.lines, what, vary)
			}
			return res.StatusCode, isJSON
		}
		for _, try := range []struct {
			what, method, path string
			by                 *browser
			json               bool
			asJSON, asPage     int
		}{
			{"a script's, not signed in", "POST", beginEnrol, p.browser(), c.script, http.StatusUnauthorized, http.StatusSeeOther},
			{"a script's, not confirmed", "POST", beginEnrol, member, c.script, http.StatusForbidden, http.StatusSeeOther},
			{"a script's, wrong", "POST", "/login/passkey/finish", member, c.script, http.StatusUnsupportedMediaType, http.StatusUnsupportedMediaType},
			{"a page, not signed in", "GET", "/account", p.browser(), c.page, http.StatusUnauthorized, http.StatusSeeOther},
			{"a page, not confirmed", "GET", "/account/email", member, c.page, http.StatusForbidden, http.StatusSeeOther},
			{"nothing", "GET", "/nothing", member, c.page, http.StatusNotFound, http.StatusNotFound},
			{"both", "POST", "/session/extend", member, c.page, http.StatusOK, http.StatusSeeOther},
		} {
			want := try.asPage
			if try.json {
				want = try.asJSON
			}
			if status, isJSON := ask(try.by, try.method, try.path, try.what); status != want || isJSON != try.json {
				t.Errorf("%q, %s: got %d, JSON %t, want %d, %t", c.lines, try.what, status, isJSON, want, try.json)
			}
		}
	}
}

// Who is not signed in, or not for long enough, is told so by another status than who may not, and where to go.
func TestScriptsAreToldWhy(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	get := func(b *browser, path string) (answer problemJSON, header http.Header, status int) {
		t.Helper()
		r := b.NewRequest("GET", path, nil)
		r.Header.Set("Accept", "application/json")
		res := b.Do(r)
		if err := json.Unmarshal([]byte(res.Body), &answer); err != nil {
			t.Errorf("%s: %v: %s", path, err, res.Body)
		}
		return answer, res.Header, res.StatusCode
	}
	answer, header, status := get(p.browser(), "/account")
	if status != http.StatusUnauthorized || answer != (problemJSON{Error: errorSignIn, Where: "/login?next=%2Faccount"}) || header.Get("WWW-Authenticate") == "" {
		t.Errorf("nobody: got %d, %+v", status, answer)
	}
	b := p.signedIn(p.newUser("Ada"))
	if answer, _, status = get(b, probe.Admin); status != http.StatusForbidden || answer != (problemJSON{Error: errorReauth, Where: "/reauth?next=" + url.QueryEscape(probe.Admin)}) {
		t.Errorf("not confirmed: got %d, %+v", status, answer)
	}
	b.Reauth(password)
	if answer, header, status = get(b, probe.Admin); status != http.StatusForbidden || answer.Error != errorFailed || answer.Where != "" || answer.Text == "" || header.Get("WWW-Authenticate") != "" {
		t.Errorf("no administrator: got %d, %+v", status, answer)
	}
}

package handlers

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"example.com/gatehouse/webtest"
)

// showsAs checks the html element of a page: what decides its colours and its notes.
func showsAs(a *webtest.Answer, t *testing.T, want string) {
	t.Helper()
	if got := regexp.MustCompile(`<html[^>]*>`).FindString(a.Body); got != want {
		t.Errorf("%s: got %s, want %s", a.What, got, want)
	}
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.browser()
	showsAs(b.Get("/"), t, `<html lang="en">`)
	choice := b.Post("/preferences", "theme", "dark", "next", "/signup?x=y")
	choice.Leads("/signup?x=y")
	const want = "__Host-look=dark.; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax"
	if got := choice.Header.Values("Set-Cookie"); len(got) != 1 || got[0] != want {
		t.Errorf("got cookies %q, want %q alone: a look is no reason for a session", got, want)
	}
	if n := p.count(`SELECT count(*) FROM bags`); n != 0 {
		t.Errorf("got %d bags, want none", n)
	}
	dark := b.Get("/login")
	showsAs(dark, t, `<html lang="en" data-theme="dark">`)
	if got := dark.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("got Cache-Control %q, want no-store", got)
	}
	if !strings.Contains(dark.Body, `value="dark" aria-pressed="true"`) || !strings.Contains(dark.Body, `value="system" aria-pressed="false"`) {
		t.Error("the page does not say which theme is chosen")
	}
	b.Post("/preferences", "notes", "off", "next", "/login").Leads("/login")
	const both = `<html lang="en" data-theme="dark" data-notes="off">`
	for _, path := range []string{"/", "/login", "/nothing", "/logout"} { // error pages too
		showsAs(b.Get(path), t, both)
	}
	showsAs(b.Post("/signup"), t, both)
	b.SignIn(p.newUser("Theo").Email, password)
	showsAs(b.Get("/account"), t, both)
	b.Post("/preferences", "theme", "light").Leads("/")
	showsAs(b.Get("/account"), t, `<html lang="en" data-theme="light" data-notes="off">`)
	forgotten := b.Post("/preferences", "theme", "system", "notes", "on")
	showsAs(b.Get("/account"), t, `<html lang="en">`)
	if got := forgotten.Header.Get("Set-Cookie"); !strings.HasPrefix(got, "__Host-look=.on;") {
		t.Errorf("got %q, want the notes remembered", got)
	}
	if !b.Alive() {
		t.Error("choosing a look signed somebody out")
	}
	c := p.browser()
	c.Post("/preferences", "theme", "light")
	c.Post("/preferences", "theme", "system")
	if len(c.Cookies) != 0 {
		t.Errorf("got %q for no choice at all, want no cookie", c.Cookies)
	}
}

// Whoever changes the look comes back to the page they were on, where there is one to come back to.
func TestPreferencesComeBack(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.browser()
	for _, tt := range []struct {
		page *webtest.Answer
		want string
	}{
		{b.Get("/login?next=%2Faccount"), "/login?next=%2Faccount"}, {b.Get("/nothing"), "/"}, {b.Get("/logout"), "/"},
		{b.Post("/signup").Want(http.StatusUnprocessableEntity), "/signup"}, {b.Post("/preferences", "theme", "evil"), "/"},
		{p.signedIn(p.newUser("Back")).Get("/account/activity?kind=account"), "/account/activity?kind=account"},
	} {
		if !strings.Contains(between(tt.page.Body, `<footer class="foot">`, "</footer>"), `name="next" value="`+tt.want+`"`) {
			t.Errorf("%s: the footer does not come back to %s", tt.page.What, tt.want)
		}
	}
}

// An operator can do without notes: then there is no switch either, and no choice from before brings them back.
func TestNotesOff(t *testing.T) {
	t.Parallel()
	p := portalOn(t, sqliteBackend(t), func(o *Options, _ *settings) { o.NotesOff = true })
	b := p.browser()
	showsAs(b.Get("/").Says("System Light Dark").SaysNot("Notes on").SaysNot("Notes off"), t, `<html lang="en" data-notes="off">`)
	b.Post("/preferences", "theme", "dark")
	showsAs(b.Get("/"), t, `<html lang="en" data-theme="dark" data-notes="off">`)
	b.Post("/preferences", "notes", "on")
	showsAs(b.Get("/"), t, `<html lang="en" data-theme="dark" data-notes="off">`)
}

// The cookie is the browser's own word. It selects from ours or nothing.
func TestPreferencesCookieOnlySelects(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for _, sent := range []string{
		"__Host-look=evil.evil", "__Host-look=dark", `__Host-look="dark.off"`, "__Host-look=.", "look=dark.off",
		"__Host-look=light.on; __Host-look=dark.off", "__Host-look=dark.off.x", "__Host-look=%22%3E.off%00", "__Host-look=" + strings.Repeat("x", 4000),
	} {
		r := p.browser().NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", sent)
		res := p.browser().Do(r).Want(http.StatusOK)
		html := regexp.MustCompile(`<html[^>]*>`).FindString(res.Body)
		if html != `<html lang="en">` && html != `<html lang="en" data-theme="dark">` && html != `<html lang="en" data-theme="dark" data-notes="off">` {
			t.Errorf("%.40s: got %s", sent, html)
		}
		if strings.Contains(res.Body, "evil") || strings.Contains(res.Body, "xxxx") {
			t.Errorf("%.40s: the page repeats the cookie", sent)
		}
	}
	for _, bad := range [][]string{{"theme", "evil"}, {"notes", "maybe"}, {"theme", "dark", "theme", "light"}} {
		if res := p.browser().Post("/preferences", bad...).Want(http.StatusBadRequest); res.Header.Get("Set-Cookie") != "" {
			t.Errorf("%q: got a cookie", bad)
		}
	}
	b := p.browser()
	r := b.NewRequest("POST", "/preferences", strings.NewReader("theme=dark"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if res := b.Do(r).Want(http.StatusForbidden); res.Header.Get("Set-Cookie") != "" {
		t.Error("another site chose a look")
	}
}

// Where the look is changed people stay, and nowhere else are they sent (ASVS v5.0.0-3.7.2).
func TestPage(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for next, want := range map[string]string{
		"/": "/", "/signup": "/signup", "/login?next=%2Faccount": "/login?next=%2Faccount", "/account/sessions": "/account/sessions",
		"/email/confirm/x": "/email/confirm/x", "/?x=//evil.example": "/?x=//evil.example",
		"": "/", "//evil.example": "/", `/\evil.example`: "/", "https://evil.example": "/", "https://evil.example/signup": "/", "//evil.example/signup": "/", `/\evil.example/signup`: "/", "https:evil.example": "/", "javascript:alert(1)": "/",
		"/signup\r\nX: y": "/", "/\t/evil.example": "/", "signup": "/", "/logout": "/", "/session/extend": "/", "/nothing": "/", "/./evil.example": "/",
		"/../signup": "/", "///evil.example": "/", "/%2f%2fevil.example": "/", "/" + strings.Repeat("x", 2000): "/", "?x": "/", "\u00a0/signup": "/",
	} {
		if got := p.app.page(next); got != want {
			t.Errorf("page(%q): got %q, want %q", next, got, want)
		}
		got := p.browser().Post("/preferences", "theme", "dark", "next", next)
		if strings.ContainsAny(next, "\r") {
			continue // not what a form sends
		}
		got.Leads(want)
	}
}

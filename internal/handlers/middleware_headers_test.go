package handlers

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

// TestHeaders reads the headers of every kind of answer (ASVS v5.0.0-3.4.1 to 3.4.8, 14.3.2).
func TestHeaders(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Hedda"))
	answers := map[string]*webtest.Answer{
		"page": p.browser().Get("/"), "signed in": b.Get("/account"), "redirect": p.browser().Get("/account"),
		"404": b.Get("/nothing"), "405": b.Get("/logout"), "413": b.Post("/login", "email", strings.Repeat("x", maxBody+1)).Want(http.StatusRequestEntityTooLarge),
		"415": b.Do(b.NewRequest("POST", "/login", strings.NewReader("x"))), "422": p.browser().Post("/signup"),
		"403": forged(b), "state": b.Get("/session/state"), "health": p.browser().Get("/healthz"), "static": p.browser().Get("/static/app.css"),
		"static 404": p.browser().Get("/static/nothing"), "sign-out": b.Post("/logout"),
	}
	want := map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		"Strict-Transport-Security": "max-age=63072000; includeSubDomains",
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
			"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'",
	}
	for what, res := range answers {
		for name, value := range want {
			if got := res.Header.Get(name); got != value {
				t.Errorf("%s: %s is %q, want %q", what, name, got, value)
			}
		}
		if got := res.Header.Values("Cache-Control"); !strings.HasPrefix(what, "static") && (len(got) != 1 || got[0] != "no-store") {
			t.Errorf("%s: Cache-Control is %q, want no-store", what, got)
		}
		if res.Header.Get("Access-Control-Allow-Origin") != "" || res.Header.Get("Server") != "" {
			t.Errorf("%s: allows other origins or names the server", what)
		}
		page := strings.HasPrefix(res.Body, "<!doctype html>")
		if got, want := res.Header.Get("Content-Length"), strconv.Itoa(len(res.Body)); page && got != want {
			t.Errorf("%s: Content-Length is %q, want %q", what, got, want)
		}
	}
	if got := p.browser().Get("/email/confirm/x").Header.Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("page with a key in its address: Referrer-Policy %q, want no-referrer", got)
	}
}

func forged(b *browser) *webtest.Answer {
	r := b.NewRequest("POST", "/logout", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	return b.Do(r)
}

// TestCookies reads each Set-Cookie line as it is sent (ASVS v5.0.0-3.3.1 to 3.3.5, 7.2.3).
func TestCookies(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Cora")
	seen := map[string]bool{}
	var lines []string
	collect := func(a *webtest.Answer) *webtest.Answer {
		lines = append(lines, a.Header.Values("Set-Cookie")...)
		return a
	}
	for range 3 {
		b := p.browser()
		collect(b.Post(probe.Bag, "value", "lantern"))
		collect(b.Post("/preferences", "theme", "dark"))
		collect(b.Post("/login", "email", u.Email, "password", password)).Want(303)
		if seen[b.Token()] || len(b.Token()) != 43 {
			t.Errorf("token of %d characters, seen before: %v", len(b.Token()), seen[b.Token()])
		}
		seen[b.Token()] = true
		collect(b.Reauth(password))
		collect(b.changePasswordTo(password))
		p.exec(`UPDATE sessions SET ended_at = $1, end_reason = 'idle' WHERE ended_at IS NULL`, longAgo)
		collect(b.Get("/account"))
		b.SignIn(u.Email, password)
		collect(b.Post("/logout"))
	}
	if len(lines) < 20 {
		t.Fatalf("only %d cookies seen", len(lines))
	}
	for _, line := range lines {
		name, _, _ := strings.Cut(line, "=")
		sameSite := "; SameSite=Lax"
		if name == "__Host-pending" { // no link from elsewhere needs it
			sameSite = "; SameSite=Strict"
		}
		for _, part := range []string{"; Path=/", "; HttpOnly", "; Secure", sameSite} {
			if !strings.Contains(line, part) {
				t.Errorf("no %q in %q", part, line)
			}
		}
		if !strings.HasPrefix(name, "__Host-") || strings.Contains(line, "Domain") || len(line) > 4096 {
			t.Errorf("cookie %q", line)
		}
		if name == "__Host-id" && strings.Contains(line, "Max-Age") && !strings.Contains(line, "Max-Age=0") {
			t.Errorf("outlives the browser without being asked to: %q", line)
		}
	}
}

func (b *browser) changePasswordTo(next string) *webtest.Answer {
	return b.Post("/account/security/password", "current_password", password, "password", next)
}

// Pages are compressed unless they hold both somebody's data and text from the request.
func TestCompression(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Zip"))
	for path, want := range map[string]bool{"/account/sessions": true, "/account/activity": true, "/account/activity?q=x": false} {
		r := b.NewRequest("GET", path, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		res := b.Do(r).Want(http.StatusOK)
		if got := res.Header.Get("Content-Encoding") == "gzip"; got != want {
			t.Errorf("%s compressed: %v, want %v", path, got, want)
		}
		if want {
			z, err := gzip.NewReader(strings.NewReader(res.Body))
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(z); err != nil || !strings.Contains(string(body), "Zip") {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	if res := b.Get("/guess-guess-guess").Want(http.StatusNotFound); strings.Contains(res.Body, "guess-guess") {
		t.Error("a page with somebody's data repeats an address that is nobody's page")
	}
	for _, path := range []string{
		"/account/sessions/guess-guess/end", "/account/activity/guess-guess/recognise", "/email/confirm/guess-guess",
	} {
		r := b.NewRequest("GET", path, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		if res := b.Do(r); res.Header.Get("Content-Encoding") != "" || !strings.Contains(res.Body, "Zip") {
			t.Errorf("%s, which stands in the page beside somebody's data, was compressed", path)
		}
	}
	r := b.NewRequest("POST", "/account/security/password", strings.NewReader("password="+strings.Repeat("x", 300)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept-Encoding", "gzip")
	if res := b.Do(r).Want(422); res.Header.Get("Content-Encoding") != "" {
		t.Error("a form that came back to somebody signed in was compressed")
	}
	stranger := p.browser().NewRequest("GET", "/login?next=x", nil)
	stranger.Header.Set("Accept-Encoding", "gzip")
	if res := p.browser().Do(stranger); res.Header.Get("Content-Encoding") != "gzip" {
		t.Error("the sign-in page was not compressed")
	}
}

// A next that points elsewhere is not followed (ASVS v5.0.0-3.7.2).
func TestDestination(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for next, want := range map[string]string{
		"/account/sessions": "/account/sessions", "/account/activity?kind=sessions&q=x": "/account/activity?kind=sessions&q=x",
		"": home, "//evil.example": home, `/\evil.example`: home, "https://evil.example": home, "javascript:alert(1)": home, "/account\t": home,
		"/account\r\nX: y": home, "account": home, "/logout": home, "/session/state": home, "/nothing": home, "/accountant": home,
		"/account/../logout": home, "/static/app.css": home, "/account/sessions/x/end": "/account/sessions/x/end", "/%61ccount": home, "/account/%73essions": "/account/sessions",
		"/account/%73essions?q=%73#%73": "/account/sessions?q=%73#%73", "/%2fevil.example": home, "/account%2Fsessions": "/account/sessions", "/account/sessions/%2e%2e/end": home,
		"/account/" + strings.Repeat("x", 2000): home, "/account//evil.example": home, "/login": home, "\u00a0/account": home,
	} {
		if got := p.app.destination(next); got != want {
			t.Errorf("destination(%q): got %q, want %q", next, got, want)
		}
	}
}

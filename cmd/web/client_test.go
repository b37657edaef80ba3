package main

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// A client is a browser without a screen, for what nobody needs to see. It keeps cookies by their Set-Cookie lines,
// because the jar of net/http withholds Secure ones over http, and it follows no redirect by itself.
type client struct {
	*program
	t       testing.TB
	cookies map[string]string
	agent   string
	ip      string
}

func (p *program) client(t testing.TB) *client {
	return &client{program: p, t: t, cookies: map[string]string{}, agent: chromeOnMac, ip: p.network + "::7"}
}

var stepByStep = &http.Client{
	Timeout:       patience,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (c *client) get(path string) *answer { c.t.Helper(); return c.send("GET", path, "") }

// post submits a form of alternating names and values, from a page of the portal.
func (c *client) post(path string, fields ...string) *answer {
	c.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return c.send("POST", path, form.Encode())
}

func (c *client) send(method, path, form string) *answer {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.origin+path, strings.NewReader(form))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("User-Agent", c.agent)
	r.Header.Set("X-Forwarded-For", c.ip)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == "POST" {
		r.Header.Set("Origin", c.origin)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range c.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := stepByStep.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, cookie := range response.Cookies() {
		if cookie.MaxAge < 0 {
			delete(c.cookies, cookie.Name)
		} else {
			c.cookies[cookie.Name] = cookie.Value
		}
	}
	return &answer{t: c.t, what: method + " " + path, status: response.StatusCode, header: response.Header, body: string(body)}
}

func (c *client) signIn(email, password string) {
	c.t.Helper()
	c.post("/login", "email", email, "password", password).location("/account")
}

func (c *client) reauth() {
	c.t.Helper()
	c.post("/reauth", "password", password, "next", "/account/sessions").location("/account/sessions")
}

// handle is the public name of the client's session.
func (c *client) handle() string {
	c.t.Helper()
	body := c.get("/account/sessions").want(http.StatusOK).body
	found := regexp.MustCompile(`data-session="([^"]+)"[^>]* data-current`).FindStringSubmatch(body)
	if found == nil {
		c.t.Fatal("no current ticket on the sessions page")
	}
	return found[1]
}

type answer struct {
	t      testing.TB
	what   string
	status int
	header http.Header
	body   string
}

func (a *answer) want(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: got %d (Location %q), want %d\n%s", a.what, a.status, a.header.Get("Location"), status, a.text())
	}
	return a
}

func (a *answer) location(want string) {
	a.t.Helper()
	a.want(http.StatusSeeOther)
	if got := a.header.Get("Location"); got != want {
		a.t.Fatalf("%s: got Location %q, want %q", a.what, got, want)
	}
}

func (a *answer) says(words string) *answer {
	a.t.Helper()
	if !strings.Contains(a.text(), words) {
		a.t.Fatalf("%s: %d, page does not say %q:\n%s", a.what, a.status, words, a.text())
	}
	return a
}

var tags = regexp.MustCompile(`<[^>]*>`)

// text is what a person reads of the page.
func (a *answer) text() string {
	return strings.Join(strings.Fields(tags.ReplaceAllString(a.body, " ")), " ")
}

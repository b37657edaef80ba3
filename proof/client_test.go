package proof

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A client is a browser without a screen. It keeps cookies by their Set-Cookie lines, because the jar of net/http
// withholds Secure ones over http, and it follows no redirect by itself. It is for one goroutine; twins share nothing.
type client struct {
	t       testing.TB
	origin  string
	id      string // the name of the session cookie
	cookies map[string]string
	ip      string
}

func (p *portal) client(t testing.TB) *client {
	return &client{t: t, origin: p.origin, id: "__Host-id", cookies: map[string]string{}, ip: p.network + "::7"}
}

// at is a copy of the browser that asks another instance.
func (c *client) at(p *portal) *client {
	twin := *c
	twin.origin, twin.cookies = p.origin, maps.Clone(c.cookies)
	return &twin
}

// transport keeps enough connections for the races, and holds a form back until the server asks for it.
var transport = &http.Transport{MaxIdleConnsPerHost: 64, ExpectContinueTimeout: patience}

// stepByStep gives up long after the portal does, which answers within 30 seconds whatever it waits for.
var stepByStep = &http.Client{
	Timeout: 90 * time.Second, Transport: transport,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// request is what this browser would send, a form when there are fields: names and values in turn.
func (c *client) request(ctx context.Context, method, path string, fields ...string) *http.Request {
	c.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	r, err := http.NewRequestWithContext(ctx, method, c.origin+path, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0")
	r.Header.Set("X-Forwarded-For", c.ip)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Origin", c.origin)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range c.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r
}

// try sends the request and reads the whole answer, or says what went wrong on the way.
func (c *client) try(r *http.Request) (*answer, error) {
	a, err := c.send(r)
	if err == nil {
		c.keep(a)
	}
	return a, err
}

// send is try for an answer that has yet to reach the browser: what it says of cookies is kept later.
func (c *client) send(r *http.Request) (*answer, error) {
	response, err := stepByStep.Do(r)
	if err != nil {
		return nil, err
	}
	return c.read(response)
}

func (c *client) read(response *http.Response) (*answer, error) {
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	what := response.Request.Method + " " + response.Request.URL.Path
	a := &answer{t: c.t, what: what, status: response.StatusCode, header: response.Header, body: string(body)}
	for _, cookie := range append(response.Request.Cookies(), response.Cookies()...) {
		if cookie.Name == c.id && cookie.Value != "" {
			a.tokens = append(a.tokens, cookie.Value)
		}
	}
	return a, nil
}

// keep does with the cookies of an answer what a browser does when it arrives, whatever was sent before or after it.
func (c *client) keep(a *answer) {
	for _, cookie := range (&http.Response{Header: a.header}).Cookies() {
		if cookie.MaxAge < 0 {
			delete(c.cookies, cookie.Name)
		} else {
			c.cookies[cookie.Name] = cookie.Value
		}
	}
}

func (c *client) get(path string) *answer { c.t.Helper(); return c.do(http.MethodGet, path) }

func (c *client) post(path string, fields ...string) *answer {
	c.t.Helper()
	return c.do(http.MethodPost, path, fields...)
}

func (c *client) do(method, path string, fields ...string) *answer {
	c.t.Helper()
	a, err := c.try(c.request(c.t.Context(), method, path, fields...))
	if err != nil {
		c.t.Errorf("%s %s: %v", method, path, err)
		return &answer{t: c.t, what: method + " " + path}
	}
	return a
}

// token is the session cookie, "" for none.
func (c *client) token() string { return c.cookies[c.id] }

// copied is another browser with a token of this one, as a thief or a slow tab has it.
func (c *client) copied(token string) *client {
	twin := *c
	twin.cookies = map[string]string{c.id: token}
	return &twin
}

func (c *client) signIn(email, password string) *client {
	c.t.Helper()
	c.post("/login", "email", email, "password", password).location("/account")
	return c
}

func (c *client) reauth() *answer {
	c.t.Helper()
	return c.post("/reauth", "password", password, "next", "/account/sessions")
}

// alive is whether the portal takes this browser for somebody.
func (c *client) alive() bool {
	c.t.Helper()
	status := c.get("/account").status
	if status != http.StatusOK && status != http.StatusSeeOther {
		c.t.Errorf("GET /account: got %d, want a page or the way to sign in", status)
	}
	return status == http.StatusOK
}

// choose puts a plan into the basket, as often as it takes to be told that it is in it: on a slow machine the store of
// baskets may be out of reach for a moment, and the portal says so.
func (c *client) choose(plan string) {
	c.t.Helper()
	until(c.t, "a plan to be taken", func() bool {
		status := c.post("/basket", "plan", plan).status
		return status == http.StatusOK || status == http.StatusSeeOther
	})
}

// hasPlan is whether there is a plan in the basket.
func (c *client) hasPlan() bool {
	c.t.Helper()
	var page *answer
	until(c.t, "the basket to be within reach", func() bool {
		page = c.get("/plans")
		return !strings.Contains(page.body, "We cannot reach your basket")
	})
	return strings.Contains(page.body, "In your basket")
}

var currentTicket = regexp.MustCompile(`data-session="([^"]+)"[^>]* data-current`)

// handle is the public name of the client's session.
func (c *client) handle() string {
	c.t.Helper()
	found := currentTicket.FindStringSubmatch(c.get("/account/sessions").want(http.StatusOK).body)
	if found == nil {
		c.t.Fatal("no current ticket on the sessions page")
	}
	return found[1]
}

type answer struct {
	t      testing.TB
	what   string
	status int // 0 when there was no answer
	header http.Header
	body   string
	tokens []string // the one that was sent, and the one that came
}

func (a *answer) want(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("%s: got %d (Location %q), want %d\n%s", a.what, a.status, a.header.Get("Location"), status, a.text())
	}
	return a
}

func (a *answer) location(want string) *answer {
	a.t.Helper()
	if got := a.want(http.StatusSeeOther).header.Get("Location"); got != want {
		a.t.Errorf("%s: got Location %q, want %q", a.what, got, want)
	}
	return a
}

func (a *answer) says(words string) *answer {
	a.t.Helper()
	if !strings.Contains(a.text(), words) {
		a.t.Errorf("%s: %d, page does not say %q:\n%s", a.what, a.status, words, a.text())
	}
	return a
}

var tags = regexp.MustCompile(`<[^>]*>`)

// text is what a person reads of the page.
func (a *answer) text() string {
	return strings.Join(strings.Fields(tags.ReplaceAllString(a.body, " ")), " ")
}

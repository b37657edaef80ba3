// Package webtest is the browser of all tests that need no screen: it sends the headers that browsers send, stores
// cookies by their raw Set-Cookie lines, reads the forms of a page, and reports unexpected answers. It also starts
// portals and waits for what they do. It uses only HTTP and does not know how a portal is made.
package webtest

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// SessionCookie is the name under which a portal keeps a session in the browser.
const SessionCookie = "__Host-id"

// User-Agent headers of browsers that people have.
const (
	ChromeOnLinux    = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
	ChromeOnMac      = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
	FirefoxOnWindows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
	SafariOnPhone    = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1"
)

// A Client is a browser. It follows no redirect unless it is told to. It is for one goroutine; a Twin shares nothing with
// the original.
type Client struct {
	T       testing.TB
	Origin  string            // scheme and host, without a slash at the end
	Cookies map[string]string // by name, as they were set
	Session string            // the name of the session cookie
	Agent   string            // the User-Agent header; "" sends none
	IP      string            // the address the browser seems to come from
	// Transport carries requests to the portal; nil is one of NewTransport that all such clients share.
	Transport http.RoundTripper
	// Tolerant reports an unexpected answer with Error instead of Fatal. Clients used outside the goroutine of the test
	// must be tolerant, because Fatal works only there.
	Tolerant bool
}

// New returns a browser without a cookie in front of the portal at origin. Without a test, t is nil, only the methods that
// return errors are of use.
func New(t testing.TB, origin string) *Client {
	if t == nil {
		t = noTest{}
	}
	return &Client{T: t, Origin: origin, Cookies: map[string]string{}, Session: SessionCookie, Agent: ChromeOnMac}
}

// Twin is another browser of the same kind, with a copy of the cookies.
func (c *Client) Twin() *Client {
	twin := *c
	twin.Cookies = maps.Clone(c.Cookies)
	return &twin
}

// At is a twin that asks another instance.
func (c *Client) At(origin string) *Client {
	twin := c.Twin()
	twin.Origin = origin
	return twin
}

// Fresh is another browser of the same kind, without a cookie.
func (c *Client) Fresh() *Client {
	twin := c.Twin()
	clear(twin.Cookies)
	return twin
}

// Copied is another browser with only a token of this one, as a thief has it.
func (c *Client) Copied(token string) *Client {
	twin := c.Fresh()
	twin.Cookies[c.Session] = token
	return twin
}

// Token is the token of the session cookie, "" for none.
func (c *Client) Token() string { return c.Cookies[c.Session] }

// answerWithin is longer than a portal takes for any answer: it gives up after 30 seconds, whatever it waits for.
const answerWithin = 90 * time.Second

var defaultTransport http.RoundTripper = NewTransport()

// NewTransport returns a transport with enough connections for races, which sends the body of a form only when the
// server asks for it.
func NewTransport() *http.Transport {
	return &http.Transport{MaxIdleConnsPerHost: 64, ExpectContinueTimeout: answerWithin, ResponseHeaderTimeout: answerWithin}
}

// Get asks for a page.
func (c *Client) Get(path string) *Answer { c.T.Helper(); return c.Do(c.Request(http.MethodGet, path)) }

// Post sends a form of alternating names and values, as if from a page of the portal.
func (c *Client) Post(path string, fields ...string) *Answer {
	c.T.Helper()
	return c.Do(c.Request(http.MethodPost, path, fields...))
}

// Request is a request of this browser, to be changed before it is sent: a form when there are fields, names and values in
// turn. It ends with the test.
func (c *Client) Request(method, path string, fields ...string) *http.Request {
	c.T.Helper()
	if method != http.MethodPost {
		return c.NewRequest(method, path, nil)
	}
	return c.NewRequest(method, path, strings.NewReader(encoded(fields)))
}

// NewRequest is Request for any body, or none. A body that is sent is a form unless the caller changes its type.
func (c *Client) NewRequest(method, path string, body io.Reader) *http.Request {
	c.T.Helper()
	r, err := http.NewRequestWithContext(c.T.Context(), method, c.Origin+path, body)
	if err != nil {
		c.T.Fatalf("%s %s: %v", method, path, err)
	}
	r.Header["User-Agent"] = []string{c.Agent}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Origin", c.Origin)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if c.IP != "" { // for a portal in this process, and for one that trusts the proxy that this browser stands for
		r.RemoteAddr = net.JoinHostPort(c.IP, "4711")
		r.Header.Set("X-Forwarded-For", c.IP)
	}
	for name, value := range c.Cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r
}

func encoded(fields []string) string {
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return form.Encode()
}

// Follow goes where a redirect after a form points.
func (c *Client) Follow(a *Answer) *Answer {
	c.T.Helper()
	return c.Get(a.Want(http.StatusSeeOther).Header.Get("Location"))
}

// Do sends the request, reads the whole answer and stores its cookies. No answer is an error; a tolerant client then
// returns an answer of status 0.
func (c *Client) Do(r *http.Request) *Answer {
	c.T.Helper()
	a, err := c.Try(r)
	if err != nil {
		c.complain("%s %s: %v", r.Method, r.URL.Path, err)
		return c.None(r)
	}
	return a
}

// Try is Do for a portal that may fail to answer.
func (c *Client) Try(r *http.Request) (*Answer, error) {
	a, err := c.Send(r)
	if err == nil {
		c.Keep(a)
	}
	return a, err
}

// Send is Try for an answer that has yet to reach the browser: its cookies are kept by Keep.
func (c *Client) Send(r *http.Request) (*Answer, error) {
	began := time.Now()
	response, err := c.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	a, err := c.Read(r, response)
	if err == nil {
		a.Took = time.Since(began)
	}
	return a, err
}

// RoundTrip sends the request and returns as soon as the answer begins. Read reads the rest.
func (c *Client) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.Transport != nil {
		return c.Transport.RoundTrip(r)
	}
	return defaultTransport.RoundTrip(r)
}

// Keep stores the cookies of an answer as a browser does when the answer arrives.
func (c *Client) Keep(a *Answer) {
	for _, cookie := range a.Cookies() {
		if cookie.MaxAge < 0 {
			delete(c.Cookies, cookie.Name)
		} else {
			c.Cookies[cookie.Name] = cookie.Value
		}
	}
}

func (c *Client) complain(format string, args ...any) {
	c.T.Helper()
	if c.Tolerant {
		c.T.Errorf(format, args...)
	} else {
		c.T.Fatalf(format, args...)
	}
}

// noTest is the TB of a client without a test.
type noTest struct{ testing.TB }

func (noTest) Helper()                  {}
func (noTest) Context() context.Context { return context.Background() }

func (noTest) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

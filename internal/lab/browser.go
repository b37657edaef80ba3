package lab

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"time"
)

// A browser is a simulated one: it keeps cookies as real ones do, and sends them where real ones would.
type browser struct {
	who string
	jar map[string]*http.Cookie
	at  string // the address of the page that it shows
}

func newBrowser(who string) *browser { return &browser{who: who, jar: map[string]*http.Cookie{}} }

// A request is what a browser sends.
type request struct {
	method, path string
	form         url.Values
	body         io.Reader // in place of a form, which takes its time
	elsewhere    string    // the origin of the page that sends it, if that is another site
	cookie       string    // in place of the jar
	header       http.Header
}

type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

// answer is written by a handler.
func (a *answer) Header() http.Header { return a.header }
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// send asks a handler under an origin, and keeps the cookies of the answer.
func (c *browser) send(ctx context.Context, h http.Handler, origin string, q request) *answer {
	body := q.body
	if body == nil {
		body = strings.NewReader(q.form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, q.method, origin+q.path, body)
	a := &answer{header: http.Header{}}
	if err != nil {
		a.status = http.StatusBadRequest
		return a
	}
	r.RequestURI, r.RemoteAddr = r.URL.RequestURI(), "127.0.0.1:1"
	if q.body != nil {
		r.ContentLength = -1
	}
	maps.Copy(r.Header, q.header)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if q.method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", origin)
	}
	if q.elsewhere != "" {
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Origin", q.elsewhere)
		r.Header.Set("Referer", q.elsewhere+"/")
	}
	if line := c.cookies(q); q.cookie == "" && line != "" {
		r.Header.Set("Cookie", line)
	} else if q.cookie != "" {
		r.Header.Set("Cookie", q.cookie)
	}
	h.ServeHTTP(a, r.WithContext(ctx))
	a.WriteHeader(http.StatusOK)
	c.keep(a)
	if q.method == http.MethodGet {
		c.at = origin + q.path
	}
	if to := a.header.Get("Location"); to != "" {
		c.at = origin + to
	}
	return a
}

// cookies are those that go with a request. A form of another site gets none with SameSite; one that says nothing of it is sent
// along, as Firefox and Safari do, and Chromium for two minutes.
func (c *browser) cookies(q request) string {
	pairs := make([]string, 0, len(c.jar))
	for name, cookie := range c.jar {
		strict := cookie.SameSite == http.SameSiteLaxMode || cookie.SameSite == http.SameSiteStrictMode
		if q.elsewhere == "" || q.method == http.MethodGet || !strict {
			pairs = append(pairs, name+"="+cookie.Value)
		}
	}
	sort.Strings(pairs)
	return strings.Join(pairs, "; ")
}

// forScripts are the cookies that a script on a page reads.
func (c *browser) forScripts() string {
	var pairs []string
	for name, cookie := range c.jar {
		if !cookie.HttpOnly {
			pairs = append(pairs, name+"="+cookie.Value)
		}
	}
	sort.Strings(pairs)
	return strings.Join(pairs, "; ")
}

func (c *browser) keep(a *answer) {
	for _, cookie := range (&http.Response{Header: a.header}).Cookies() {
		if cookie.MaxAge < 0 || !cookie.Expires.IsZero() && cookie.Expires.Before(time.Now()) {
			delete(c.jar, cookie.Name)
			continue
		}
		c.jar[cookie.Name] = cookie
	}
}

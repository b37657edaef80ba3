package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A client is a browser as far as sessions go: it keeps the cookies it is given.
type client struct {
	origin  string
	cookies map[string]string
}

func newClient(origin string) *client { return &client{origin, map[string]string{}} }

var plainHTTP = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: connections},
}

// answer is a response that was read.
type answer struct {
	status int
	header http.Header
	body   string
	took   time.Duration
}

func (c *client) do(method, path string, fields ...string) (answer, error) {
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r, err := http.NewRequest(method, c.origin+path, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, err
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	r.Header.Set("Cookie", c.cookie())
	began := time.Now()
	res, err := plainHTTP.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	a := answer{res.StatusCode, res.Header, string(body), time.Since(began)}
	for _, cookie := range res.Cookies() {
		c.cookies[cookie.Name] = cookie.Value
		if cookie.MaxAge < 0 {
			delete(c.cookies, cookie.Name)
		}
	}
	return a, err
}

// want is do for an answer of that status.
func (c *client) want(status int, method, path string, fields ...string) (answer, error) {
	a, err := c.do(method, path, fields...)
	if err == nil && a.status != status {
		err = fmt.Errorf("%s %s: got %d, want %d", method, path, a.status, status)
	}
	return a, err
}

func (c *client) cookie() string {
	var pairs []string
	for name, value := range c.cookies {
		pairs = append(pairs, name+"="+value)
	}
	return strings.Join(pairs, "; ")
}

// administrator is who a fresh Gatehouse has.
const administrator = "grace@example.com"

// signedIn signs somebody in. Everybody has the administrator's password.
func (p *process) signedIn(email string) (*client, error) {
	c := newClient(p.origin)
	_, err := c.want(http.StatusSeeOther, http.MethodPost, "/login", "email", email, "password", p.password)
	return c, err
}

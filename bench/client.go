package main

import (
	"net/http"
	"strings"

	"example.com/gatehouse/webtest"
)

// uncompressed is asked of all contenders, so that the compressor is not measured.
var uncompressed = &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: connections}

// newClient returns a browser in front of a contender. Like the load it does not say which one it is, so that nothing of a
// session changes after its beginning.
func newClient(origin string) *webtest.Client {
	c := webtest.New(nil, origin)
	c.Transport, c.Agent = uncompressed, ""
	return c
}

// want asks for something that is answered with the status.
func want(c *webtest.Client, status int, method, path string, fields ...string) (*webtest.Answer, error) {
	a, err := c.Try(c.Request(method, path, fields...))
	if err != nil {
		return nil, err
	}
	return a, a.Check(status)
}

// cookie is the header that the browser sends.
func cookie(c *webtest.Client) string {
	var pairs []string
	for name, value := range c.Cookies {
		pairs = append(pairs, name+"="+value)
	}
	return strings.Join(pairs, "; ")
}

// administrator is the address of the account that a fresh Gatehouse has.
const administrator = "grace@example.com"

// signedIn signs somebody in. Everybody has the administrator's password.
func (p *process) signedIn(email string) (*webtest.Client, error) {
	c := newClient(p.origin)
	_, err := want(c, http.StatusSeeOther, http.MethodPost, "/login", "email", email, "password", p.password)
	return c, err
}

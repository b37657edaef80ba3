package webtest

import (
	"net/http"
	"regexp"
)

// Passwords that no list of common ones has.
const (
	Password      = "four quiet lanterns hang"
	OtherPassword = "seven patient herons wade"
)

// SignIn signs somebody in with a password alone, and claims the session.
func (c *Client) SignIn(email, password string) *Client {
	c.T.Helper()
	c.Post("/login", "email", email, "password", password).Leads("/account")
	if c.Token() == "" {
		c.complain("sign-in of %s set no cookie", email)
	}
	return c.claim()
}

// Reauth sends the form that confirms who somebody is, which leads to the list of sessions, and claims the new token.
func (c *Client) Reauth(password string) *Answer {
	c.T.Helper()
	answer := c.Post("/reauth", "password", password, "next", "/account/sessions")
	c.claim()
	return answer
}

// claim brings the token back once, as a browser does that follows where its form leads: until then the session is
// unclaimed. Looking is enough and leaves everything else as it is.
func (c *Client) claim() *Client {
	c.Get("/session/state")
	return c
}

var currentCard = regexp.MustCompile(`data-session="([^"]+)"[^>]* data-current`)

// Handle is the public name of the client's session, read from its list of sessions.
func (c *Client) Handle() string {
	c.T.Helper()
	handle := c.Get("/account/sessions").Want(http.StatusOK).CurrentHandle()
	if handle == "" {
		c.complain("no current session on the sessions page")
	}
	return handle
}

// CurrentHandle is the public name of the session that a list of sessions shows as the current one, "" for none.
func (a *Answer) CurrentHandle() string {
	found := currentCard.FindStringSubmatch(a.Body)
	if found == nil {
		return ""
	}
	return found[1]
}

// Alive is whether the portal takes this browser for somebody.
func (c *Client) Alive() bool {
	c.T.Helper()
	return c.Get("/account").StatusCode == http.StatusOK
}

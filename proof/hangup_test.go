package proof

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
)

// hangUp sends a form and closes the connection before any answer: after the whole of it, or after half.
func (c *client) hangUp(path string, whole bool, fields ...string) {
	c.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	body, host := form.Encode(), strings.TrimPrefix(c.origin, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		c.t.Fatal(err)
	}
	defer conn.Close()
	sent := body
	if !whole {
		sent = body[:len(body)/2]
	}
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nSec-Fetch-Site: same-origin\r\nCookie: __Host-id=%s\r\n"+
		"X-Forwarded-For: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
		path, host, c.origin, c.token(), c.ip, len(body), sent)
	if err != nil {
		c.t.Error(err)
	}
}

// finished counts the requests for a route that the portal is done with, by its log.
func (p *portal) finished(t testing.TB, route string) int {
	t.Helper()
	log, err := os.ReadFile(p.log)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(log), "method=POST route="+route+" ")
}

// Whoever hangs up in the middle has changed everything or nothing, and gets in again.
func TestHangUps(t *testing.T) {
	for name, g := range grounds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := g(t)
			p := start(t, g)
			email, facts := p.account(t, "Grace Hopper"), g.facts(t)
			for _, whole := range []bool{false, true} {
				c := p.client(t).signIn(email, password)
				hangUp := func(path string, fields ...string) {
					before := p.finished(t, path)
					c.hangUp(path, whole, fields...)
					until(t, "the end of the request", func() bool { return p.finished(t, path) > before })
				}
				sessions := func() (n int) {
					if err := facts.DB().QueryRowContext(t.Context(), `SELECT count(*) FROM sessions`).Scan(&n); err != nil {
						t.Error(err)
					}
					return n
				}
				before := sessions()
				hangUp("/login", "email", email, "password", password)
				if more := sessions() - before; whole && more != 1 || !whole && more != 0 {
					t.Errorf("%d sessions more, whole %t", more, whole)
				}
				c = p.client(t).signIn(email, password)
				hangUp("/reauth", "password", password)
				if c.opens() == whole {
					t.Errorf("alive %t after a re-authentication, whole %t", !whole, whole)
				}
				c = p.client(t).signIn(email, password)
				hangUp("/account/security/password", "current_password", password, "password", otherPassword)
				now := map[bool]string{true: otherPassword, false: password}[whole]
				c = p.client(t).signIn(email, now)
				hangUp("/logout", "nothing", "of interest") // which needs no form
				if c.opens() {
					t.Error("the sign-out did not happen")
				}
				c.signIn(email, now)
				nothingByHalf(t, facts)
			}
		})
	}
}

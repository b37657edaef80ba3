package proof

import (
	"bytes"
	"net"
	"net/http"
	"strings"
	"testing"

	"example.com/gatehouse/webtest"
)

// hangUp sends a form and closes the connection before any answer: after the whole of it, or after half.
func hangUp(c *webtest.Client, path string, whole bool, fields ...string) {
	c.T.Helper()
	var sent bytes.Buffer
	r := c.Request(http.MethodPost, path, fields...)
	if err := r.Write(&sent); err != nil {
		c.T.Fatal(err)
	}
	if !whole {
		sent.Truncate(sent.Len() - int(r.ContentLength)/2)
	}
	conn, err := net.Dial("tcp", r.URL.Host)
	if err != nil {
		c.T.Fatal(err)
	}
	defer conn.Close()
	if _, err := sent.WriteTo(conn); err != nil {
		c.T.Error(err)
	}
}

// finished counts the requests from an address that the portal is done with, by its log.
func (p *portal) finished(ip string) (n int) {
	for line := range strings.Lines(p.Log.String()) {
		n += count(strings.Contains(line, "msg=request ") && strings.Contains(line, "ip="+ip))
	}
	return n
}

// Whoever hangs up in the middle has changed everything or nothing, and gets in again.
func TestHangUps(t *testing.T) {
	t.Parallel()
	for name, g := range environments {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := g(t)
			p := start(t, env)
			email, facts := p.account(t, "Grace Hopper"), env.facts(t)
			for _, whole := range []bool{false, true} {
				c := p.Client(t).SignIn(email, webtest.Password)
				hangUp := func(path string, fields ...string) {
					c := c.Twin()
					c.IP = p.Network + "::8" // which nothing else comes from
					before := p.finished(c.IP)
					hangUp(c, path, whole, fields...)
					webtest.Until(t, "the end of the request", func() bool { return p.finished(c.IP) > before })
				}
				sessions := func() (n int) {
					if err := facts.DB().QueryRowContext(t.Context(), `SELECT count(*) FROM sessions`).Scan(&n); err != nil {
						t.Error(err)
					}
					return n
				}
				before := sessions()
				hangUp("/login", "email", email, "password", webtest.Password)
				if more := sessions() - before; whole && more != 1 || !whole && more != 0 {
					t.Errorf("%d sessions more, whole %t", more, whole)
				}
				c = p.Client(t).SignIn(email, webtest.Password)
				hangUp("/reauth", "password", webtest.Password)
				if opens(c) == whole {
					t.Errorf("alive %t after a re-authentication, whole %t", !whole, whole)
				}
				c = p.Client(t).SignIn(email, webtest.Password)
				hangUp("/account/security/password", "current_password", webtest.Password, "password", webtest.OtherPassword)
				now := map[bool]string{true: webtest.OtherPassword, false: webtest.Password}[whole]
				c = p.Client(t).SignIn(email, now)
				hangUp("/logout", "nothing", "of interest") // which needs no form
				if opens(c) {
					t.Error("the sign-out did not happen")
				}
				c.SignIn(email, now)
				nothingByHalf(t, facts)
			}
		})
	}
}

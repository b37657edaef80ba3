package handlers

import (
	"net/http"
	"testing"
)

// In development no page, form or file is served under a name that is not ours; a production portal leaves the name to its proxy.
func TestOtherHosts(t *testing.T) {
	t.Parallel()
	for _, development := range []bool{true, false} {
		p := portalOn(t, sqliteBackend(t), func(o *Options, _ *settings) { o.Development = development })
		ask := func(host, method, path string) int {
			b := p.browser()
			r := b.Request(method, path)
			r.Host = host
			return b.Do(r).StatusCode
		}
		for _, host := range []string{"evil.example", "evil.example:8080", "portal.test.evil.example", "localhost.evil.example", "192.0.2.7", "[2001:db8::7]:8080", "127.0.0.1.evil.example"} {
			for _, path := range []string{"/dev/mail", "/", "/nothing", "/static/app.css", "/session/state"} {
				if got := ask(host, "GET", path); (got == http.StatusMisdirectedRequest) != development {
					t.Errorf("development %t, %q: %s got %d", development, host, path, got)
				}
			}
			if got := ask(host, "POST", "/login"); (got == http.StatusMisdirectedRequest) != development {
				t.Errorf("development %t, %q: a form got %d", development, host, got)
			}
			if got := ask(host, "GET", "/healthz"); got != http.StatusOK {
				t.Errorf("%q: a probe got %d", host, got)
			}
		}
		for _, host := range []string{"portal.test", "PORTAL.test:443", "localhost:8080", "app.localhost", "127.0.0.1:8080", "[::1]:8080", "127.8.9.1"} {
			if got := ask(host, "GET", "/dev/mail"); got != http.StatusOK {
				t.Errorf("%q: got %d, want the page", host, got)
			}
		}
	}
}

package handlers

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"example.com/gatehouse/internal/forwarded"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/ratelimit"
	"example.com/gatehouse/webtest"
)

// trusting believes proxies in that range about X-Forwarded-For.
func trusting(prefix string) forwarded.Proxies {
	return forwarded.Proxies{Trusted: []netip.Prefix{netip.MustParsePrefix(prefix)}, Header: forwarded.XForwardedFor}
}

const theProxy = "192.0.2.1"

func behindProxies(t *testing.T, header string) *portal {
	t.Helper()
	return portalOn(t, sqliteBackend(t), func(o *Options, _ *settings) {
		o.Proxies = trusting("192.0.2.0/24")
		o.Proxies.Header = header
	})
}

// through is a request that came by the proxy, with those lines of the header, and with the other header.
func (b *browser) through(header string, lines []string, method, path string, fields ...string) *webtest.Answer {
	r := b.at(theProxy).Request(method, path, fields...)
	other := map[string]string{forwarded.XForwardedFor: forwarded.Forwarded, forwarded.Forwarded: forwarded.XForwardedFor}[header]
	r.Header[other] = []string{"for=10.7.7.7", "10.7.7.7"} // what is not configured is not read
	r.Header.Del(header)
	if lines != nil {
		r.Header[header] = lines
	}
	return b.Do(r)
}

// The session, its events and the limits have one address, and it is that of the client wherever a proxy says it.
func TestAddressBehindProxies(t *testing.T) {
	t.Parallel()
	const xff, rfc = forwarded.XForwardedFor, forwarded.Forwarded
	for _, tt := range []struct {
		name, header string
		lines        []string
		ip           string
		proxy        bool   // nobody is limited by it
		problem      string // that the log says
	}{
		{"address", xff, []string{"198.51.100.7"}, "198.51.100.7", false, ""},
		{"port", xff, []string{"198.51.100.7:51008"}, "198.51.100.7", false, ""},
		{"brackets", xff, []string{"[2001:db8::7]"}, "2001:db8::7", false, ""},
		{"brackets and port", xff, []string{"[2001:db8::7]:443"}, "2001:db8::7", false, ""},
		{"IPv4 in IPv6", xff, []string{"::ffff:198.51.100.7"}, "198.51.100.7", false, ""},
		{"zone", xff, []string{"fe80::7%eth0"}, "fe80::7", false, ""},
		{"what the client wrote itself", xff, []string{"10.6.6.6, 198.51.100.7"}, "198.51.100.7", false, ""},
		{"several proxies", xff, []string{"10.6.6.6, 198.51.100.7:1, 192.0.2.9"}, "198.51.100.7", false, ""},
		{"several lines", xff, []string{"10.6.6.6", "198.51.100.7", "192.0.2.9"}, "198.51.100.7", false, ""},
		{"empty entries", xff, []string{"198.51.100.7, ,", ""}, "198.51.100.7", false, ""},
		{"all trusted", xff, []string{"192.0.2.77, 192.0.2.9"}, "192.0.2.77", true, ""},
		{"unknown", xff, []string{"unknown"}, theProxy, true, forwarded.Unreadable},
		{"unreadable behind a proxy", xff, []string{"198.51.100.7, unknown, 192.0.2.9"}, "192.0.2.9", true, forwarded.Unreadable},
		{"unreadable before the client", xff, []string{"unknown, 198.51.100.7"}, "198.51.100.7", false, ""},
		{"no header", xff, nil, theProxy, true, forwarded.NoEntry},
		{"element", rfc, []string{`for=198.51.100.7;proto=https;by=192.0.2.1`}, "198.51.100.7", false, ""},
		{"quoted with a port", rfc, []string{`By=x; FOR="[2001:db8::7]:4711"`}, "2001:db8::7", false, ""},
		{"an open quote of the client", rfc, []string{`for="10.6.6.6, for=198.51.100.7`}, "198.51.100.7", false, ""},
		{"hidden", rfc, []string{`for=198.51.100.7, for=_hidden`}, theProxy, true, forwarded.Unreadable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := behindProxies(t, tt.header)
			u, b := p.newUser("Vera"), p.browser()
			b.through(tt.header, nil, "GET", "/readyz").Want(http.StatusOK) // a proxy asks by itself, for nobody
			b.through(tt.header, tt.lines, "POST", "/login", "email", u.Email, "password", "wrong, and long enough").Want(422)
			b.through(tt.header, tt.lines, "POST", "/login", "email", u.Email, "password", password).Want(http.StatusSeeOther)
			b.through(tt.header, tt.lines, "GET", "/account").Want(http.StatusOK)
			if n := p.count(`SELECT count(*) FROM sessions WHERE ip = $1`, tt.ip); n != 1 {
				t.Errorf("%d sessions from %s, want 1", n, tt.ip)
			}
			if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE user_id = $1 AND kind LIKE 'authn_login%' AND ip = $2`, u.ID, tt.ip); n < 2 {
				t.Errorf("%d events from %s, want the failure and the sign-in", n, tt.ip)
			}
			p.wantFlagged(u.ID)
			log := p.log.String()
			if n := strings.Count(log, `"problem":`); (n == 1) != (tt.problem != "") || n > 1 || !strings.Contains(log, tt.problem) {
				t.Errorf("%d lines about the proxy, want one for %q alone:\n%s", n, tt.problem, log)
			}
			if tt.problem != "" && !strings.Contains(log, `"proxy":"`+tt.ip+`"`) {
				t.Errorf("the log does not name the proxy %s:\n%s", tt.ip, log)
			}
			inTime(t, p, func(t *testing.T) {
				if limited := p.guessedOut(tt.header, tt.lines); limited == tt.proxy {
					t.Errorf("guesses were limited by network: %v, want %v", limited, !tt.proxy)
				}
			})
		})
	}
}

// guessedOut reports whether sign-ins that fail on as many accounts as one network may try make the next one wait.
func (p *portal) guessedOut(header string, lines []string) bool {
	p.t.Helper()
	p.limits.Limiter = ratelimit.NewMemory()
	for i := range guard.SignIns.Burst {
		p.browser().through(header, lines, "POST", "/login", "email", webtest.Email(), "password", fmt.Sprint("a wrong password ", i)).Want(422)
	}
	u := p.newUser("Right")
	got := p.browser().through(header, lines, "POST", "/login", "email", u.Email, "password", password).StatusCode
	if got != http.StatusSeeOther && got != http.StatusTooManyRequests {
		p.t.Fatalf("the right password: got %d", got)
	}
	return got == http.StatusTooManyRequests
}

// Limits of an account count what comes by a proxy's own address all the same.
func TestAccountBehindAProxy(t *testing.T) {
	t.Parallel()
	p := behindProxies(t, forwarded.XForwardedFor)
	u := p.newUser("Paula")
	guess := func() *webtest.Answer {
		return p.browser().through(forwarded.XForwardedFor, nil, "POST", "/login", "email", u.Email, "password", "wrong, and long enough")
	}
	for range guard.Account.Burst {
		guess().Want(422)
	}
	guess().Want(http.StatusTooManyRequests)
}

// The network of a session is that of its client, whatever port it comes from and whichever proxy it takes.
func TestFlagsBehindProxies(t *testing.T) {
	t.Parallel()
	p := behindProxies(t, forwarded.XForwardedFor)
	u, b := p.newUser("Flora"), p.browser()
	from := func(entry string) {
		b.through(forwarded.XForwardedFor, []string{entry}, "GET", "/account").Want(http.StatusOK)
	}
	b.through(forwarded.XForwardedFor, []string{"198.51.100.7:1"}, "POST", "/login", "email", u.Email, "password", password)
	from("198.51.100.7:2")
	from("198.51.100.7, 192.0.2.9")
	p.wantFlagged(u.ID)
	from("[2001:db8::7]:2")
	p.wantFlagged(u.ID, "network")
}

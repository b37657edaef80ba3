package handlers

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/webtest"
)

// signInFrom signs in from a browser at an address, as somebody without a cookie.
func (p *portal) signInFrom(u auth.User, agent, ip string) *browser {
	p.t.Helper()
	b := p.browser().as(agent).at(ip)
	b.SignIn(u.Email, password)
	return b
}

// The owner hears of a sign-in from a browser or a network that the account is not known by: once, and not of the first.
func TestNewDevice(t *testing.T) {
	t.Parallel()
	const home, elsewhere = "198.51.100.7", "203.0.113.9"
	for name, tt := range map[string]struct {
		before func(p *portal, u auth.User)
		agent  string
		ip     string
		want   int    // emails
		says   string // each of them
	}{
		"the first sign-in ever": {func(*portal, auth.User) {}, webtest.ChromeOnMac, home, 0, ""},
		"the same device":        {func(p *portal, u auth.User) { p.signInFrom(u, webtest.ChromeOnMac, home) }, chromeUpdated, "198.51.100.250", 0, ""},
		"another browser": {func(p *portal, u auth.User) { p.signInFrom(u, webtest.ChromeOnMac, home) }, firefoxOnLinux, home, 1,
			"from Firefox on Linux, on the network 198.51.100.0/24."},
		"another network": {func(p *portal, u auth.User) { p.signInFrom(u, webtest.ChromeOnMac, home) }, webtest.ChromeOnMac, elsewhere, 1,
			"from Chrome on macOS, on the network 203.0.113.0/24."},
		"each known by itself": {func(p *portal, u auth.User) {
			p.signInFrom(u, webtest.ChromeOnMac, home)
			p.signInFrom(u, firefoxOnLinux, elsewhere).Post("/logout")
		}, firefoxOnLinux, home, 1, "on the network 203.0.113.0/24."},
		"signed out by its owner elsewhere": {func(p *portal, u auth.User) {
			b := p.signInFrom(u, webtest.ChromeOnMac, home)
			thief := p.signInFrom(u, firefoxOnLinux, elsewhere)
			b.Reauth(password)
			b.Post("/account/sessions/" + thief.Handle() + "/end").Leads("/account/sessions")
		}, firefoxOnLinux, elsewhere, 2, "from Firefox on Linux, on the network 203.0.113.0/24."},
		"away for longer than sessions are kept": {func(p *portal, u auth.User) {
			p.signInFrom(u, webtest.ChromeOnMac, home)
			p.exec(`DELETE FROM sessions WHERE user_id = $1`, u.ID)
		}, webtest.ChromeOnMac, home, 1, "from Chrome on macOS, on the network 198.51.100.0/24."},
		"a wrong password": {func(p *portal, u auth.User) {
			p.signInFrom(u, webtest.ChromeOnMac, home)
			p.browser().as(firefoxOnLinux).Post("/login", "email", u.Email, "password", otherPassword).Want(422)
		}, webtest.ChromeOnMac, home, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPortal(t)
			today := func() string { return "on " + time.Now().UTC().Format("2 January 2006") }
			u, before := p.newUser("Nora"), today()
			tt.before(p, u)
			p.signInFrom(u, tt.agent, tt.ip)
			after := today() // midnight may have passed
			messages := p.emailsTo(u.Email)
			if len(messages) != tt.want {
				t.Errorf("got emails %q, want %d", messages, tt.want)
			}
			for _, l := range messages {
				if !strings.Contains(l, tt.says) || !strings.Contains(l, before) && !strings.Contains(l, after) {
					t.Errorf("got email %q, want one that says %q", l, tt.says)
				}
			}
		})
	}
}

// Five refused attempts are worth an email and an event when the next one succeeds, four are not, and the count begins
// again with each success. One email goes out, however much is strange.
func TestSuccessAfterFailures(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Fiona")
		for _, failures := range []int{4, 5, 0, 4} {
			// Each time elsewhere: whoever fails five times in a row waits there. Limits in Redis outlive the run.
			elsewhere := webtest.Network() + "::1"
			for range failures {
				p.browser().at(elsewhere).Post("/login", "email", u.Email, "password", otherPassword).Want(http.StatusUnprocessableEntity)
			}
			b := p.browser()
			if failures == 5 {
				b = b.as(firefoxOnLinux).at("203.0.113.9")
			}
			b.SignIn(u.Email, password)
		}
		var events []string
		for _, kind := range p.kinds(u.ID) {
			if strings.HasPrefix(kind, "authn_login_successafterfail") {
				events = append(events, kind)
			}
		}
		if want := []string{"authn_login_successafterfail:5"}; !slices.Equal(events, want) {
			t.Errorf("got events %v, want %v", events, want)
		}
		p.signedIn(u).Get("/account/activity?kind=sign-ins").Says("Signed in after several attempts that were refused")
		messages := p.emailsTo(u.Email)
		if len(messages) != 1 || !strings.Contains(messages[0], "from Firefox on Linux, on the network 203.0.113.0/24. Before that, 5 attempts") {
			t.Errorf("got emails %q, want one about five attempts", messages)
		}
	})
}

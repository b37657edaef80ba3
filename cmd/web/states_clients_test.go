package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// lookAtFlags shows every flag, on other sessions and on the current one.
func lookAtFlags(t *testing.T, p *program) {
	email := p.account(t, "Ada Lovelace")
	for _, from := range []struct{ agent, ip string }{
		{webtest.ChromeOnMac, "198.51.100.7"}, {webtest.FirefoxOnWindows, p.Network + "::7"}, {"curl/8.5.0", "2001:db8:40:1::1f"},
	} {
		c := p.Client(t)
		c.SignIn(email, webtest.Password)
		c.Agent, c.IP = from.agent, from.ip
		c.Get("/account").Want(http.StatusOK)
	}
	b := p.looker(t, webtest.ChromeOnLinux, "203.0.113.24")
	b.open("/login")
	b.signIn(email, webtest.Password)
	b.at("flagged-elsewhere", http.StatusOK, func() int { return b.open("/account/sessions") })
	b.at("flagged-overview", http.StatusOK, func() int { return b.open("/account") })
	handle := b.handle()
	for _, flag := range []string{"client_changed", "token_reused"} {
		b.at("flagged-here-"+strings.ReplaceAll(flag, "_", "-"), http.StatusOK, func() int {
			p.flag(b.t, handle, flag)
			return b.open("/account/sessions")
		})
	}
	p.flag(t, handle, "client_changed")
	b.at("flagged-activity", http.StatusOK, func() int { return b.open("/account/activity?kind=sessions") })
	b.at("flagged-dismiss-reauth", http.StatusOK, func() int {
		b.open("/account/sessions/" + handle + "/recognise")
		return b.press("Yes, it was me")
	})
	b.at("flagged-dismissed", http.StatusOK, func() int {
		b.fill("password", webtest.Password)
		b.press("Confirm")
		return b.press("Yes, it was me")
	})
	b.at("login-client-changed", http.StatusOK, func() int {
		p.endAs(b.t, b.handle(), "client_changed", "")
		return b.open("/login")
	})
}

// flag flags a session as if it had been used from another browser and network.
func (p *program) flag(t testing.TB, handle, flag string) {
	t.Helper()
	p.change(t, `UPDATE sessions SET flag = $1, flag_client = $2 WHERE id = $3`,
		flag, "browser Firefox on Windows\nnetwork 2001:db8:4000::/48", handle)
}

// lookAtWaiting shows what is left of the portal to a session that waits for its password.
func lookAtWaiting(t *testing.T, _ *program) {
	p := start(t, onSQLite(t), "--on-client-change=reauth")
	b := p.looker(t, webtest.ChromeOnLinux, "203.0.113.24")
	b.open("/login")
	b.signIn(p.account(t, "Ada Lovelace"), webtest.Password)
	p.flag(t, b.handle(), "client_changed")
	b.at("reauth-waiting", http.StatusOK, func() int {
		status := b.open("/account/activity")
		b.isAt("/reauth")
		return status
	})
	b.at("reauth-waiting-error", http.StatusUnprocessableEntity, func() int {
		b.fill("password", webtest.OtherPassword)
		return b.press("Confirm")
	})
	b.at("plans-waiting", http.StatusOK, func() int { return b.open("/plans") })
	b.at("reauth-waiting-done", http.StatusOK, func() int {
		b.open("/account/activity")
		b.fill("password", webtest.Password)
		status := b.press("Confirm")
		b.isAt("/account/activity")
		return status
	})
}

// "Stay signed in" cannot help a session that waits: the page goes to where the password is asked for.
func TestStayWhileWaiting(t *testing.T) {
	p := start(t, onSQLite(t), "--on-client-change=reauth")
	b := p.person(t, webtest.ChromeOnLinux, "203.0.113.24")
	b.watch()
	b.open("/login")
	b.signIn(p.account(t, "Ada Lovelace"), webtest.Password)
	handle := b.handle()
	p.setEnd(t, handle, warning-10*time.Second)
	b.open("/account/sessions")
	b.shows("banner")
	p.flag(t, handle, "client_changed")
	b.click(`#idle-banner [data-stay]`)
	b.comes(`location.pathname === '/reauth' && document.readyState === 'complete'`)
	b.reads("This session was used from another browser, Firefox on Windows")
}

package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
	"github.com/chromedp/chromedp"
)

// elsewhere are the other sessions of somebody who gets around.
var elsewhere = []struct {
	agent, ip          string
	signedIn, lastSeen time.Duration // before now
}{
	{webtest.FirefoxOnWindows, "2001:db8:40:1::1f", 21*time.Hour + 20*time.Minute, 24 * time.Minute},
	{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36", "192.0.2.61", 2 * time.Hour, 3 * time.Minute},
}

// spread signs somebody in elsewhere, some hours ago, and flags the last of those sessions.
func (p *program) spread(t testing.TB, email string) {
	t.Helper()
	for i, e := range elsewhere {
		c := p.Client(t)
		c.Agent, c.IP = e.agent, e.ip
		c.SignIn(email, webtest.Password)
		handle := c.Handle()
		p.age(t, handle, e.signedIn, e.lastSeen)
		if i == len(elsewhere)-1 {
			p.change(t, `UPDATE sessions SET flag = 'token_reused' WHERE id = $1`, handle)
		}
	}
}

// age moves a session into the past.
func (p *program) age(t testing.TB, handle string, signedIn, lastSeen time.Duration) {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	p.change(t, `UPDATE sessions SET created_at = $1, last_seen_at = $2, idle_expires_at = $3, expires_at = $4 WHERE id = $5`,
		now.Add(-signedIn), now.Add(-lastSeen), now.Add(30*time.Minute-lastSeen), now.Add(24*time.Hour-signedIn), handle)
	p.change(t, `UPDATE events SET at = $1 WHERE session_id = $2`, now.Add(-signedIn), handle)
}

func lookAtManySessions(t *testing.T, p *program) {
	const email = "ada@example.org"
	p.enrol(t, email, "Ada Lovelace")
	lastMonth := time.Now().UTC().AddDate(0, -1, 0).Truncate(time.Microsecond)
	p.change(t, `UPDATE users SET created_at = $1, password_changed_at = $1 WHERE email = $2`, lastMonth, email)
	p.change(t, `UPDATE events SET at = $1 WHERE user_id = (SELECT id FROM users WHERE email = $2)`, lastMonth, email)
	p.spread(t, email)
	b := p.looker(t, webtest.ChromeOnLinux, "203.0.113.24")
	b.open("/login")
	b.signIn(email, webtest.Password)
	p.age(t, b.handle(), 5*time.Hour, 0)
	b.at("sessions", http.StatusOK, func() int { return b.open("/account/sessions") })
	b.at("overview", http.StatusOK, func() int { return b.open("/account") })
	b.at("end-others-password", http.StatusOK, func() int { return b.open("/account/sessions/end-others") })
	b.at("end-all-password", http.StatusOK, func() int { return b.open("/account/sessions/end-all") })
	b.at("end-all-error", http.StatusUnprocessableEntity, func() int {
		return b.pressAnyway("Sign out everywhere, including here")
	})
	b.at("password-others", http.StatusOK, func() int { return b.open("/account/security/password") })
	b.at("reauth", http.StatusOK, func() int {
		b.open("/account/sessions")
		return b.press("Sign out Firefox on Windows")
	})
	b.at("reauth-error", http.StatusUnprocessableEntity, func() int {
		b.fill("password", webtest.OtherPassword)
		return b.press("Confirm")
	})
	b.at("session-end", http.StatusOK, func() int {
		b.fill("password", webtest.Password)
		return b.press("Confirm")
	})
	b.at("sessions-ended", http.StatusOK, func() int { return b.press("Sign out this session") })
	b.at("end-others", http.StatusOK, func() int { return b.open("/account/sessions/end-others") })
	b.at("security-confirmed", http.StatusOK, func() int { return b.open("/account/security") })
	b.at("sessions-dismissed", http.StatusOK, func() int {
		b.open("/account/sessions")
		b.load("was this you?", chromedp.Click(`a[href$="/recognise"]`))
		return b.press("Yes, it was me")
	})
	b.at("activity", http.StatusOK, func() int { return b.open("/account/activity") })
	b.at("activity-filtered", http.StatusOK, func() int { return b.open("/account/activity?kind=sign-ins&q=firefox") })
}

// lookAtHostileText shows that neither a long name nor what a client says of itself breaks a page out of its frame.
func lookAtHostileText(t *testing.T, p *program) {
	email := p.account(t, "Mallory")
	p.change(t, `UPDATE users SET name = $1 WHERE email = $2`,
		`"><script>alert(1)</script> `+"\u202egnol\u202c \u0645\u0631\u062d\u0628\u0627 "+strings.Repeat("W", 160), email)
	for i, agent := range []string{
		`<script>alert(1)</script><img src=x onerror=alert(1)>`, strings.Repeat("M", 600), "\u202eevil\u200b" + webtest.FirefoxOnWindows, "",
		`Mozilla/5.0 (' OR 1=1; --) {{.}} ${7*7} %00 \u0000`, strings.Repeat("\U0001f600", 90), "curl/8.5.0", webtest.SafariOnPhone, webtest.ChromeOnMac, webtest.ChromeOnLinux,
	} {
		c := p.Client(t)
		c.Agent = agent
		c.SignIn(email, webtest.Password)
		if i%2 == 0 {
			c.Post("/reauth", "password", webtest.OtherPassword, "next", "/account").Want(http.StatusUnprocessableEntity)
		}
		if i == 4 {
			c.Post("/logout").Leads("/signed-out")
		}
	}
	b := p.looker(t, "\u202e"+strings.Repeat("Browser", 40), "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")
	b.open("/login")
	b.signIn(email, webtest.Password)
	b.at("hostile-overview", http.StatusOK, func() int { return b.open("/account") })
	b.at("hostile-sessions", http.StatusOK, func() int {
		status := b.open("/account/sessions")
		evaluate[any](b.person, `document.querySelectorAll('details').forEach(d => d.open = true)`)
		return status
	})
	b.at("hostile-end-all", http.StatusOK, func() int { return b.open("/account/sessions/end-all") })
	b.at("hostile-activity", http.StatusOK, func() int {
		return b.open("/account/activity?q=" + strings.Repeat("%3Cb%3E", 100))
	})
	b.at("hostile-reauth", http.StatusOK, func() int { return b.open("/reauth?next=//evil.example") })
	b.at("hostile-login", http.StatusUnprocessableEntity, func() int {
		b.press("Sign out")
		b.open("/login?next=//evil.example")
		b.fill("email", `"><script>alert(1)</script>`+strings.Repeat("x", 300))
		b.fill("password", webtest.Password)
		return b.pressAnyway("Sign in")
	})
}

// lookAtLimits makes attempts until they are too many.
func lookAtLimits(t *testing.T, p *program) {
	email := p.account(t, "Ada Lovelace")
	b := p.looker(t, webtest.ChromeOnLinux, "203.0.113.99")
	b.open("/login")
	b.signIn(email, webtest.Password)
	wrong := func() int {
		b.fill("password", webtest.OtherPassword)
		return b.press("Confirm")
	}
	b.at("reauth-429", http.StatusTooManyRequests, func() int {
		b.open("/reauth")
		for range 5 {
			wrong()
		}
		return wrong()
	})
	b.at("login-429", http.StatusTooManyRequests, func() int {
		guesser := p.Client(t)
		guesser.IP = "203.0.113.99"
		for range 5 {
			guesser.Post("/login", "email", email, "password", webtest.OtherPassword).Want(http.StatusUnprocessableEntity)
		}
		b.press("Sign out")
		b.open("/login")
		b.fill("email", email)
		b.fill("password", webtest.Password)
		return b.press("Sign in")
	})
}

// lookAtFaults removes tables, which is as near to a broken database as a portal in one process gets.
func lookAtFaults(t *testing.T, p *program) {
	b := p.looker(t, webtest.ChromeOnLinux, p.Network+"::4")
	b.open("/login")
	b.signIn(p.account(t, "Ada Lovelace"), webtest.Password)
	p.change(t, `ALTER TABLE bags RENAME TO gone_bags`)
	b.at("plans-unavailable", http.StatusOK, func() int { return b.open("/plans") })
	visitor := p.looker(t, webtest.ChromeOnLinux, p.Network+"::5") // the basket of somebody signed in needs no bag
	visitor.open("/plans")
	visitor.at("503-basket", http.StatusServiceUnavailable, func() int { return visitor.press("Choose Hall") })
	p.change(t, `ALTER TABLE events RENAME TO gone_events`)
	b.at("500", http.StatusInternalServerError, func() int { return b.open("/account/activity") })
	p.change(t, `ALTER TABLE sessions RENAME TO gone_sessions`)
	b.at("503", http.StatusServiceUnavailable, func() int { return b.open("/account") })
	p.change(t, `ALTER TABLE gone_sessions RENAME TO sessions`)
	p.change(t, `ALTER TABLE gone_events RENAME TO events`)
}

// lookAtWarning stops the clocks of the page in each stage of the idle warning.
func lookAtWarning(t *testing.T, p *program) {
	b := p.looker(t, webtest.ChromeOnLinux, "203.0.113.24")
	b.watch()
	b.open("/login")
	b.signIn(p.account(t, "Ada Lovelace"), webtest.Password)
	handle := b.handle()
	show := func(left time.Duration, stage string) func() int {
		return func() int {
			p.setEnd(b.t, handle, left)
			status := b.open("/account/sessions")
			b.shows(stage)
			b.stopClocks()
			return status
		}
	}
	b.at("idle-banner", http.StatusOK, show(warning-10*time.Second, "banner"))
	b.at("idle-dialog", http.StatusOK, show(lastNotice-3*time.Second, "dialog"))
	b.forgive("/session/")
	p.change(t, `ALTER TABLE sessions RENAME TO gone_sessions`)
	b.at("idle-dialog-error", http.StatusOK, func() int {
		b.click(`#idle-dialog [data-stay]`)
		b.comes(sorry)
		return http.StatusOK
	})
	p.change(t, `ALTER TABLE gone_sessions RENAME TO sessions`)
	b.at("idle-covered", http.StatusOK, func() int {
		status := show(20*time.Minute, "")()
		p.change(b.t, `ALTER TABLE sessions RENAME TO gone_sessions`)
		b.later(time.Hour)
		b.comes(sorry)
		return status
	})
	p.change(t, `ALTER TABLE gone_sessions RENAME TO sessions`)
	final := func(left time.Duration, stage string) func() int {
		p.setLimit(t, handle, left)
		return show(left, stage)
	}
	b.at("idle-banner-final", http.StatusOK, final(warning-10*time.Second, "banner"))
	b.at("idle-dialog-final", http.StatusOK, final(lastNotice-3*time.Second, "dialog"))
	b.at("login-again", http.StatusOK, func() int {
		p.setLimit(b.t, handle, warning-10*time.Second)
		return b.open("/login?next=%2Faccount%2Fsessions")
	})
}

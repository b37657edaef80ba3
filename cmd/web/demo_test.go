package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/webtest"
)

// TestWelcomeNamesTheDemo reads what the program prints where it says at which address it is.
func TestWelcomeNamesTheDemo(t *testing.T) {
	t.Parallel()
	for given, offered := range map[string]bool{"": true, "true": true, "false": false} {
		flags := config.Flags{Demo: given}
		c, _, err := flags.Settings()
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		announce(surroundings{stdout: &out}, c)
		if got := strings.Contains(out.String(), "Try the demo: http://localhost:8080/\n"); got != offered {
			t.Errorf("GATEHOUSE_DEMO=%s: got\n%s\nwant the demo in it: %t", given, out.String(), offered)
		}
	}
}

// lookAtDemo shows what somebody finds who tries the demo, and what they are told who cannot.
func lookAtDemo(t *testing.T, p *program) {
	b := p.looker(t, webtest.ChromeOnLinux, "198.51.100.77")
	b.at("demo-landing", http.StatusOK, func() int { return b.open("/") })
	b.at("demo-overview", http.StatusOK, func() int { return b.press("Try the demo") })
	b.at("demo-sessions", http.StatusOK, func() int {
		status := b.follow("Devices")
		b.reads("198.51.100.0", "3 more signed in", "Suspicious")
		evaluate[any](b.person, `document.querySelector('.fold').open = true`)
		return status
	})
	b.at("demo-activity", http.StatusOK, func() int { return b.follow("Activity") })
	b.at("demo-reauth", http.StatusOK, func() int {
		b.open("/account/sessions")
		return b.press("Sign out Edge on Windows")
	})
	b.at("demo-confirmed", http.StatusOK, func() int {
		b.fill("password", evaluate[string](b.person, `document.querySelector('.demo code').textContent`))
		return b.press("Confirm")
	})
	b.at("demo-password-changed", http.StatusOK, func() int {
		made := evaluate[string](b.person, `document.querySelector('.demo code').textContent`)
		b.open("/account/security/password")
		b.fill("current_password", made)
		b.fill("password", webtest.Password)
		return b.press("Change password")
	})
	b.at("demo-over", http.StatusOK, func() int {
		past := time.Now().UTC().Add(-time.Second).Truncate(time.Microsecond)
		p.change(b.t, `UPDATE users SET demo_until = $1 WHERE demo_until IS NOT NULL`, past)
		p.change(b.t, `UPDATE sessions SET idle_expires_at = $1, expires_at = $1 WHERE id = $2`, past, b.handle())
		return b.open("/account")
	})
	many := p.looker(t, webtest.ChromeOnLinux, p.Network+"::5")
	many.at("demo-429", http.StatusTooManyRequests, func() int {
		many.open("/")
		webtest.Until(many.t, "the allowance to be used up", func() bool { // it grows meanwhile
			a := p.Client(many.t).Post("/demo")
			if a.StatusCode != http.StatusTooManyRequests {
				a.Leads("/account")
			}
			return a.StatusCode == http.StatusTooManyRequests
		})
		return many.press("Try the demo")
	})
	full := p.looker(t, webtest.ChromeOnLinux, "198.51.100.78")
	full.at("demo-503", http.StatusServiceUnavailable, func() int {
		at := time.Now().UTC().Truncate(time.Microsecond)
		p.change(full.t, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
			INSERT INTO users (id, email, email_key, name, role, password_hash, password_changed_at, epoch, created_at, demo_until)
			SELECT 'demo-' || i, '', 'visitor-' || i || '@demo.example', 'N', 'member', '', $1, 0, $1, $2 FROM n`, at, at.Add(time.Hour))
		full.open("/")
		return full.press("Try the demo")
	})
}

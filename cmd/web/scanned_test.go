package main

import (
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/sessioncheck"
	"example.com/gatehouse/webtest"
)

// TestScanned: the scanner, which shares no code with the portal, finds nothing in it with its default settings, as it
// starts on a laptop and in production behind a proxy that ends TLS.
func TestScanned(t *testing.T) {
	t.Parallel()
	t.Run("development", func(t *testing.T) {
		t.Parallel()
		p := start(t, onSQLite(t))
		soundToScanner(t, p, p.Origin, "tls")
	})
	t.Run("production", func(t *testing.T) {
		t.Parallel()
		at := closedPort(t)
		proxy := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: at})
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		}})
		t.Cleanup(proxy.Close)
		keys := "--keys=" + config.NewKey()
		p := start(t, onSQLite(t), "--addr="+at, "--env=production", "--base-url="+proxy.URL, keys, "--smtp-url=smtp://127.0.0.1:1")
		p.data = append(p.data, keys) // for the command that makes the account
		soundToScanner(t, p, proxy.URL)
	})
}

// soundToScanner scans and allows no finding. What was skipped is said, so that a check that is never made is noticed.
func soundToScanner(t *testing.T, p *program, origin string, alsoSkipped ...string) {
	t.Helper()
	o := sessioncheck.Options{
		Target: origin, User: p.account(t, "Ada Lovelace"), Password: webtest.Password, MaxWait: time.Minute,
		Profile: sessioncheck.Profile{
			Polling: sessioncheck.Act{Request: "GET /session/state"},
			Confirm: sessioncheck.Act{Request: "POST /reauth", Form: "/reauth", Fields: map[string]string{"password": "{password}"}},
			Everywhere: sessioncheck.Act{
				Request: "POST /account/sessions/end-others", Form: "/account/sessions/end-others", Fields: map[string]string{"password": "{password}"},
			},
			ChangePassword: sessioncheck.Act{
				Request: "POST /account/security/password", Form: "/account/security/password",
				Fields: map[string]string{"current_password": "{password}", "password": "{new-password}"},
			},
		},
		Allow: []string{"password-change", "sign-out-everywhere"},
	}
	report, err := sessioncheck.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	skipped := map[string]bool{"second-factor-skip": true, "one-use": true, "absolute-limit": true, "idle-limit": true, "polling-keeps-alive": true}
	for _, id := range alsoSkipped {
		skipped[id] = true
	}
	for _, c := range report.Checks {
		t.Logf("%s: %s: %s %q", c.ID, c.Verdict, c.Why, c.Evidence)
		want := sessioncheck.Passed
		if skipped[c.ID] {
			want = sessioncheck.Skipped
		}
		if c.Verdict != want {
			t.Errorf("%s: got %s, want %s", c.ID, c.Verdict, want)
		}
	}
	if report.Verdict != sessioncheck.Sound || len(report.Notes) > 0 {
		t.Errorf("got %s, notes %q, want a sound portal and no session left", report.Verdict, report.Notes)
	}
	var open int
	p.ask(t, `SELECT count(*) FROM sessions WHERE ended_at IS NULL`, nil, &open)
	if open != 0 {
		t.Errorf("the scanner left %d sessions", open)
	}
}

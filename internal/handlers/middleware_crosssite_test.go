package handlers

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestCrossSite holds which requests may change something: those that show they come from here (ASVS v5.0.0-3.5.1).
func TestCrossSite(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, site, origin string
		ok                 bool
	}{
		{"same origin", "same-origin", "https://portal.test", true},
		{"address bar", "none", "", true},
		{"old browser", "", "https://portal.test", true},
		{"page without referrer", "same-origin", "null", true},
		{"cross site", "cross-site", "https://evil.test", false},
		{"cross site without an origin", "cross-site", "", false},
		{"same site", "same-site", "https://evil.portal.test", false},
		{"origin of another site", "", "https://evil.test", false},
		{"null origin", "", "null", false},
		{"http origin", "", "http://portal.test", false},
		{"origin contradicts fetch metadata", "same-origin", "https://evil.test", false},
		{"name as suffix", "", "https://portal.test.evil.test", false},
		{"other port", "", "https://portal.test:8443", false},
		{"nothing", "", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPortal(t)
			b := p.signedIn(p.newUser("Cesare"))
			seen := p.count(`SELECT count(*) FROM sessions WHERE ended_at IS NULL`)
			r := b.NewRequest("POST", "/logout", nil)
			r.Header.Del("Origin")
			r.Header.Del("Sec-Fetch-Site")
			if tt.site != "" {
				r.Header.Set("Sec-Fetch-Site", tt.site)
			}
			if tt.origin != "" {
				r.Header.Set("Origin", tt.origin)
			}
			res := b.Do(r)
			left := p.count(`SELECT count(*) FROM sessions WHERE ended_at IS NULL`)
			if tt.ok && (res.StatusCode != http.StatusSeeOther || left != seen-1) {
				t.Errorf("got %d with %d of %d sessions left, want the sign-out", res.StatusCode, left, seen)
			}
			if !tt.ok {
				res.Want(http.StatusForbidden).Says("Sign out")
				if left != seen || !strings.Contains(p.log.String(), "malicious_csrf") {
					t.Errorf("%d of %d sessions left, malicious_csrf logged: %v", left, seen, strings.Contains(p.log.String(), "malicious_csrf"))
				}
			}
		})
	}
}

// A refused request is not activity.
func TestCrossSiteDoesNotExtend(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Cleo"))
	p.exec(`UPDATE sessions SET last_seen_at = $1`, longAgo)
	before := p.count(`SELECT count(*) FROM sessions WHERE last_seen_at = $1`, longAgo)
	r := b.NewRequest("POST", "/session/extend", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	b.Do(r).Want(http.StatusForbidden)
	if after := p.count(`SELECT count(*) FROM sessions WHERE last_seen_at = $1`, longAgo); before != 1 || after != 1 {
		t.Errorf("%d rows untouched before, %d after, want 1 and 1", before, after)
	}
}

// Methods that change something are POST alone, and no header or field turns a request into another.
func TestMethods(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Methuselah"))
	for _, path := range []string{"/logout", "/preferences", "/session/extend"} {
		res := b.Get(path + "?_method=POST").Want(http.StatusMethodNotAllowed)
		if got := res.Header.Get("Allow"); got != "POST" {
			t.Errorf("GET %s: Allow %q, want POST", path, got)
		}
	}
	for _, method := range []string{"PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "BREW"} {
		if got := b.Do(b.NewRequest(method, "/account", nil)).StatusCode; got != http.StatusMethodNotAllowed {
			t.Errorf("%s /account: got %d, want 405", method, got)
		}
	}
	r := b.NewRequest("GET", "/account", nil)
	r.Header.Set("X-HTTP-Method-Override", "POST")
	b.Do(r).Want(http.StatusOK)
	if got := b.Do(b.NewRequest("HEAD", "/account", nil)).StatusCode; got != http.StatusOK {
		t.Errorf("HEAD /account: got %d, want 200", got)
	}
	if !b.Alive() {
		t.Error("signed out")
	}
}

// longAgo is further back than the touch interval, and not far enough for a timeout.
var longAgo = time.Now().UTC().Add(-10 * time.Minute).Truncate(time.Microsecond)

package sessioncheck

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

var pageChecks = []Check{
	{
		ID: "cache-private", Title: "Private pages are kept by no cache", Severity: Low,
		Reason: "the page is there after the sign-out, by Back or for the next person", CWE: 525, ASVS: "14.3.2", WSTG: "WSTG-ATHN-06",
		Sends: "the private page, three times", Means: "Cache-Control has no-store each time",
		run: cachePrivate,
	},
	{
		ID: "headers", Title: "Pages tell the browser what they are not for", Severity: Low,
		Reason: "they make it harder to use a session without its token", CWE: 693, ASVS: "3.4.3", WSTG: "WSTG-CONF-12",
		Sends: "the private page and the sign-in page",
		Means: "each has a Content-Security-Policy, nosniff, protection against frames, and a Referrer-Policy",
		run:   headers,
	},
	{
		ID: "tls", Title: "Everything travels encrypted", Severity: High,
		Reason: "whoever is on the way reads passwords and tokens", CWE: 319, ASVS: "12.2.1", WSTG: "WSTG-CRYP-01",
		Sends: "the sign-in page over https, the same over http, and a handshake of an old version",
		Means: "TLS 1.2 or newer, Strict-Transport-Security of a year, and http only to lead to https",
		run:   tlsCheck,
	},
}

func cachePrivate(ctx context.Context, s *scan) (Result, error) {
	say := sentences{
		passed: "the private page forbids every cache to keep it",
		found:  "browsers may keep the private page, and show it after the sign-out",
	}
	shared := false
	r, err := s.confirm(ctx, say, func(ctx context.Context) (outcome, string, error) {
		state, a, err := s.main.opens(ctx)
		if err != nil || state != open {
			return dim, "the page did not open", err
		}
		value := strings.ToLower(strings.Join(a.header.Values("Cache-Control"), ", "))
		if strings.Contains(value, "no-store") {
			return right, "Cache-Control: " + value, nil
		}
		shared = shared || strings.Contains(value, "public") || strings.Contains(value, "s-maxage")
		if value == "" {
			return wrong, "there is no Cache-Control", nil
		}
		return wrong, "Cache-Control: " + value, nil
	})
	if r.Verdict == Finding && shared {
		r.Severity, r.Why = High, "caches between the application and its people may keep the private page, and give it to others"
	}
	return r, err
}

func headers(ctx context.Context, s *scan) (Result, error) {
	places := []string{s.private}
	if s.login != "" {
		places = append(places, s.login)
	}
	say := sentences{passed: "the pages have the headers that keep others out", found: "pages lack headers that keep others out"}
	return s.confirm(ctx, say, func(ctx context.Context) (outcome, string, error) {
		var missing []string
		for n, place := range places {
			b := s.main
			if n > 0 {
				b = s.fresh()
			}
			a, err := b.get(ctx, place)
			if err != nil {
				return dim, "", err
			}
			if !strings.Contains(a.header.Get("Content-Type"), "html") {
				continue
			}
			if lacks := lacking(a.header); len(lacks) > 0 {
				missing = append(missing, fmt.Sprintf("%s lacks %s", s.path(place), list(lacks)))
			}
		}
		if len(missing) > 0 {
			return wrong, strings.Join(missing, "; "), nil
		}
		return right, "nothing is missing", nil
	})
}

func lacking(h http.Header) (names []string) {
	policy := strings.Join(h.Values("Content-Security-Policy"), "; ")
	for _, header := range []struct {
		name string
		has  bool
	}{
		{"Content-Security-Policy", policy != ""},
		{"X-Content-Type-Options: nosniff", strings.EqualFold(strings.TrimSpace(h.Get("X-Content-Type-Options")), "nosniff")},
		{"protection against frames", strings.Contains(policy, "frame-ancestors") || h.Get("X-Frame-Options") != ""},
		{"Referrer-Policy", h.Get("Referrer-Policy") != ""},
	} {
		if !header.has {
			names = append(names, header.name)
		}
	}
	return names
}

const year = 365 * 24 * 60 * 60

func tlsCheck(ctx context.Context, s *scan) (Result, error) {
	if s.base.Scheme == "http" {
		if isLoopback(s.base.Hostname()) {
			return skipped("plain http on this machine: look again where people use it"), nil
		}
		return found("the application is used over plain http"), nil
	}
	say := sentences{passed: "the pages are encrypted, and say for how long they will be", found: "the encryption can be left out or is of an old kind"}
	return s.confirm(ctx, say, func(ctx context.Context) (outcome, string, error) {
		a, err := s.main.get(ctx, s.private)
		if err != nil {
			return dim, "", err
		}
		if a.tls == nil {
			return dim, "nothing is known of the connection", nil
		}
		var problems []string
		if a.tls.Version < tls.VersionTLS12 {
			problems = append(problems, tls.VersionName(a.tls.Version))
		}
		if age := maxAge(a.header.Get("Strict-Transport-Security")); age < year {
			problems = append(problems, fmt.Sprintf("Strict-Transport-Security says %d seconds, less than a year", age))
		}
		if line := s.plain(ctx); line != "" {
			problems = append(problems, line)
		}
		for _, c := range a.tls.PeerCertificates {
			if time.Until(c.NotAfter) < 0 {
				problems = append(problems, "the certificate has expired")
			}
		}
		if len(problems) > 0 {
			return wrong, strings.Join(problems, "; "), nil
		}
		return right, tls.VersionName(a.tls.Version) + ", Strict-Transport-Security for a year or more", nil
	})
}

func maxAge(value string) (seconds int) {
	for part := range strings.SplitSeq(value, ";") {
		if n, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(part)), "max-age="); ok {
			seconds, _ = strconv.Atoi(strings.Trim(n, `"`))
		}
	}
	return seconds
}

// plain asks for the private page over http, without a cookie, where the port is the usual one.
func (s *scan) plain(ctx context.Context) string {
	if s.base.Port() != "" && s.base.Port() != "443" {
		return ""
	}
	a, err := s.send(ctx, request{method: http.MethodGet, url: "http://" + s.base.Hostname() + "/"}, nil)
	if err != nil || strings.HasPrefix(a.header.Get("Location"), "https://") || a.status >= 400 {
		return ""
	}
	return "http answers " + s.said(a) + " and does not lead to https"
}

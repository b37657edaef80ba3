package sessioncheck

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

var cookieChecks = []Check{
	{
		ID: "cookie-httponly", Title: "Scripts cannot read the session cookie", Severity: Medium,
		Reason: "one script of somebody else on one page takes the session along", CWE: 1004, ASVS: "3.3.4", WSTG: "WSTG-SESS-02", Matters: true,
		Sends: "three sign-ins", Means: "each cookie that authenticates was set with HttpOnly each time",
		run: cookieFlag("HttpOnly", func(c *http.Cookie) bool { return c.HttpOnly }),
	},
	{
		ID: "cookie-secure", Title: "The session cookie is never sent over plain http", Severity: Medium,
		Reason: "whoever listens to one request over http has the session", CWE: 614, ASVS: "3.3.1", WSTG: "WSTG-SESS-02",
		Sends: "three sign-ins", Means: "each cookie that authenticates was set with Secure each time, which browsers accept on localhost too",
		run: cookieFlag("Secure", func(c *http.Cookie) bool { return c.Secure }),
	},
	{
		ID: "cookie-samesite", Title: "Other sites' forms come without the session cookie", Severity: Low,
		Reason: "not every browser assumes Lax where nothing is said", CWE: 1275, ASVS: "3.3.2", WSTG: "WSTG-SESS-02",
		Sends: "three sign-ins", Means: "each cookie that authenticates was set with SameSite=Lax or Strict each time",
		run: cookieFlag("SameSite=Lax or SameSite=Strict", func(c *http.Cookie) bool {
			return c.SameSite == http.SameSiteLaxMode || c.SameSite == http.SameSiteStrictMode
		}),
	},
	{
		ID: "cookie-scope", Title: "The session cookie goes to this host, and not for months", Severity: Low,
		Reason: "a neighbouring host sees the cookie, or a shared computer keeps it", CWE: 1275, ASVS: "3.3.3", WSTG: "WSTG-SESS-02",
		Sends: "three sign-ins that do not ask to stay signed in", Means: "no Domain, at most 4096 bytes, and no lifetime of more than 30 days",
		run: cookieScope,
	},
	{
		ID: "cookie-shadowing", Title: "A neighbouring host cannot put its own session in the way", Severity: Low,
		Reason: "whoever controls a sibling host makes people work in the attacker's account", CWE: 565, ASVS: "3.3.3", WSTG: "WSTG-SESS-02",
		Sends: "the private page with two cookies of the session's name, one good and one invented, in both orders",
		Means: "either the name has the prefix __Host-, which no other host can set, or a request with two of them is refused",
		run:   cookieShadowing,
	},
}

// sets returns how the cookies that authenticate were set, by sign-in, after there have been three.
func (s *scan) sets(ctx context.Context) ([][]*http.Cookie, error) {
	for len(s.signIns) < times {
		b, err := s.session(ctx)
		if err != nil {
			return nil, err
		}
		s.end(ctx, b)
	}
	var all [][]*http.Cookie
	for _, in := range s.signIns {
		var ours []*http.Cookie
		for _, c := range in.cookies {
			if slices.Contains(s.auth, c.Name) && c.MaxAge >= 0 && c.Value != "" {
				ours = append(ours, c)
			}
		}
		if len(ours) > 0 {
			all = append(all, ours)
		}
	}
	return all, nil
}

const noCookie = "the session does not travel in a cookie that a sign-in sets"

func cookieFlag(name string, has func(*http.Cookie) bool) func(context.Context, *scan) (Result, error) {
	return func(ctx context.Context, s *scan) (Result, error) {
		all, err := s.sets(ctx)
		if err != nil {
			return Result{}, err
		}
		if len(all) == 0 {
			return skipped(noCookie), nil
		}
		bad := map[string]int{}
		for _, set := range all {
			for _, c := range set {
				if !has(c) {
					bad[described(c)]++
				}
			}
		}
		if len(bad) == 0 {
			return passed(fmt.Sprintf("%s was set with %s at each of %d sign-ins", list(s.auth), name, len(all))), nil
		}
		var lines []string
		for line, n := range bad {
			lines = append(lines, fmt.Sprintf("%s, at %d of %d sign-ins", line, n, len(all)))
		}
		slices.Sort(lines)
		r := found("a cookie that authenticates was set without "+name, lines...)
		if name == "Secure" && s.base.Scheme == "http" {
			r.Severity, r.Why = Low, r.Why+"; this target is plain http, so make sure that it is set where people use it"
		}
		return r, nil
	}
}

// described is a Set-Cookie line without its value.
func described(c *http.Cookie) string {
	shown := *c
	shown.Value = "…"
	_, attributes, _ := strings.Cut(c.Raw, ";")
	return strings.TrimSpace(fmt.Sprintf("Set-Cookie: %s=…;%s", shown.Name, attributes))
}

const (
	mostCookie   = 4096
	mostLifetime = 30 * 24 * time.Hour
)

func cookieScope(ctx context.Context, s *scan) (Result, error) {
	all, err := s.sets(ctx)
	if err != nil {
		return Result{}, err
	}
	if len(all) == 0 {
		return skipped(noCookie), nil
	}
	problems := map[string]int{}
	for _, set := range all {
		for _, c := range set {
			if c.Domain != "" {
				problems[fmt.Sprintf("%s has Domain=%s: every host under it is sent the cookie", c.Name, c.Domain)]++
			}
			if len(c.Name)+len(c.Value) > mostCookie {
				problems[fmt.Sprintf("%s has more than %d bytes, which browsers drop", c.Name, mostCookie)]++
			}
			lifetime := time.Duration(c.MaxAge) * time.Second
			if c.MaxAge == 0 && !c.Expires.IsZero() {
				lifetime = time.Until(c.Expires)
			}
			if lifetime > mostLifetime {
				problems[fmt.Sprintf("%s stays in the browser for %d days, although nobody asked to stay signed in", c.Name, int(lifetime.Hours()/24))]++
			}
		}
	}
	var lines []string
	for line, n := range problems {
		lines = append(lines, fmt.Sprintf("%s, at %d of %d sign-ins", line, n, len(all)))
	}
	if len(lines) > 0 {
		slices.Sort(lines)
		return found("the cookie goes further, or stays longer, than the session needs", lines...), nil
	}
	return passed(fmt.Sprintf("%s stays on this host, at each of %d sign-ins", list(s.auth), len(all))), nil
}

func cookieShadowing(ctx context.Context, s *scan) (Result, error) {
	if len(s.auth) != 1 || s.auth[0] == bearer {
		return skipped("the session is not in one cookie"), nil
	}
	name := s.auth[0]
	if strings.HasPrefix(name, "__Host-") {
		return passed(name + " cannot be set by another host: the browser refuses it"), nil
	}
	say := sentences{
		passed: "a request with two cookies of that name is not signed in",
		found:  "another host under the same domain can set a cookie of that name, and the application believes one of two",
	}
	return s.confirm(ctx, say, func(ctx context.Context) (outcome, string, error) {
		cookie := s.main.jar[name]
		pairs := []string{name + "=" + cookie.value, name + "=" + lookalike(cookie.value)}
		s.secrets.add(strings.TrimPrefix(pairs[1], name+"="))
		rest := s.main.jar.without(name).header("/")
		for n, order := range [][]string{{pairs[0], pairs[1]}, {pairs[1], pairs[0]}} {
			header := strings.Join(append(order, rest), "; ")
			a, err := s.send(ctx, request{method: http.MethodGet, url: s.private, cookies: strings.TrimSuffix(header, "; ")}, nil)
			if err != nil {
				return dim, "", err
			}
			switch s.judge(a) {
			case open:
				return wrong, fmt.Sprintf("with two cookies %s, the %s was believed", name, []string{"first", "second"}[n]), nil
			case vague:
				return dim, s.said(a), nil
			}
		}
		return right, "with two cookies " + name + ", in either order, the page did not open", nil
	})
}

package handlers

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/forwarded"
	"example.com/gatehouse/webtest"
)

// readHeaders are the headers of a request that the source names, and those that other programs read or write.
func readHeaders(t *testing.T) []string {
	t.Helper()
	names := []string{"Accept-Language", "X-Request-Id", "Sec-Purpose", "Sec-Fetch-Mode", "Sec-Ch-Ua", "Referer", "User-Agent", forwarded.XForwardedFor, forwarded.Forwarded}
	named := regexp.MustCompile(`\.Header(?:\.Get\(|\.Values\(|\[)"([A-Z][A-Za-z-]+)"[\])]`)
	for _, folder := range []string{".", "../bag", "../forwarded"} {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range named.FindAllSubmatch(source, -1) {
				if !strings.HasSuffix(file, "_test.go") {
					names = append(names, string(found[1]))
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// TestHostileHeaders sends every hostile value in every header that something reads: no answer is a fault of ours, and neither
// pages, rows, lines of the log nor labels of metrics hold what would disturb their readers.
func TestHostileHeaders(t *testing.T) {
	t.Parallel()
	headers := readHeaders(t)
	if !slices.Contains(headers, "Cookie") || !slices.Contains(headers, "Origin") {
		t.Fatalf("found %q", headers)
	}
	read := forwarded.XForwardedFor
	adjust := func(o *Options, _ *settings) {
		o.Proxies, o.Observe = trusting(theProxy+"/32"), observeLabels(t)
		o.Proxies.Header, read = read, forwarded.Forwarded // one of the two headers for each of the two backends
	}
	onBackendsWith(t, adjust, func(t *testing.T, p *portal) {
		p.limits.Limiter, p.sprays.Limiter = limiterOff{}, limiterOff{}
		u := p.newUser("Hostess")
		for _, header := range headers {
			for _, what := range append([]string{"header", "200 cookies"}, unstorable...) {
				p.sendHostile(t, u.Email, header, what)
			}
		}
		p.checkTexts(t)
	})
}

// sendHostile sends a value in one header of requests that look something up, write something, or both.
func (p *portal) sendHostile(t *testing.T, email, header, what string) {
	t.Helper()
	value := hostileValues[what]
	if value == "" {
		value = strings.Repeat("a=b; ", 200)
	}
	signedIn := p.browser()
	for _, ask := range [][]string{
		{"POST", "/login", "email", email, "password", password}, {"GET", "/account"}, {"GET", "/account/session"}, {"GET", "/account/activity"},
		{"POST", "/login", "email", webtest.Email(), "password", "x"}, {"POST", "/login", "email", email, "password", "x"},
		{"POST", "/signup", "name", "N", "email", webtest.Email(), "password", otherPassword}, {"POST", "/password/forgot", "email", email}, {"GET", "/nothing"},
	} {
		b := p.browser()
		if ask[0] == "GET" || len(ask) > 2 && ask[3] == email && ask[len(ask)-1] == password {
			b = signedIn
		}
		r := b.at(theProxy).Request(ask[0], ask[1], ask[2:]...)
		if sent := r.Header.Get("Cookie"); header == "Cookie" {
			for _, name := range []string{
				brand.EndedCookie, brand.PendingCookie, brand.SignUpCookie, brand.UndoCookie, brand.ResetCookie, brand.EmailCookie, brand.PreferencesCookie,
			} {
				sent += "; " + brand.Cookie(name, true) + "=" + value
			}
			r.Header[header] = []string{strings.TrimPrefix(sent, "; ")}
		} else {
			r.Header[header] = []string{value}
		}
		res := b.Do(r)
		if res.StatusCode >= 500 || res.StatusCode < 200 {
			t.Errorf("%s %s with %s in %s: got %d", ask[0], ask[1], what, header, res.StatusCode)
		}
		if disturbing(res.Body) {
			t.Errorf("%s %s with %s in %s: the page holds what disturbs it", ask[0], ask[1], what, header)
		}
	}
}

// disturbing reports whether a text holds what is no text, moves a cursor or turns the direction of what follows.
func disturbing(text string) bool {
	return !utf8.ValidString(text) || strings.ContainsFunc(text, func(c rune) bool {
		return c != '\n' && c != '\t' && (unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c))
	})
}

// observeLabels fails the test for a label that no line of the routes has.
func observeLabels(t *testing.T) func(route, method string, status int, took time.Duration) {
	return func(route, _ string, _ int, _ time.Duration) {
		if disturbing(route) || len(route) > 100 {
			t.Errorf("a metric has the label %q", route)
		}
	}
}

// checkTexts reads everything that clients brought about: rows of text, and lines of the log.
func (p *portal) checkTexts(t *testing.T) {
	t.Helper()
	for _, table := range []string{"sessions", "events", "stray_events", "signups", "users", "email_changes", "pending_sign_ins", "payment_methods"} {
		for line := range strings.Lines(p.dumpOf(table)) {
			if disturbing(line) {
				t.Errorf("a row of %s holds %.200q", table, line)
				break
			}
		}
	}
	for line := range strings.Lines(p.log.String()) {
		if !json.Valid([]byte(line)) || disturbing(line) {
			t.Errorf("a line of the log is %.200q", line)
			break
		}
	}
}

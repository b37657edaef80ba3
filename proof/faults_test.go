package proof

import (
	"crypto/rand"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// newOrder is text that nothing else is named by.
func newOrder() string { return rand.Text() }

var (
	drawn     = regexp.MustCompile(`[A-Z2-7]{26}`) // spells anything
	reference = regexp.MustCompile(`Reference ([A-Z2-7]{26})`)
	// inside is what people must never be shown: SQL, stacks, addresses, the words of drivers.
	inside = regexp.MustCompile(`(?i)goroutine|\.go:\d|select |insert |update |sqlstate|sqlite|pgx|postgres|redis|dial |127\.0\.0\.1|broken pipe|\beof\b`)
	// secret is what does not belong into a log either.
	secret = regexp.MustCompile(`goroutine \d|SELECT .+ FROM|INSERT INTO|UPDATE \w+\s+SET|` + password + `|` + otherPassword)
)

// refused checks that the answer says that this cannot be done now, and when to come back.
func (a *answer) refused(t testing.TB, p *portal) {
	t.Helper()
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("%s: got %d with Retry-After %q", a.what, a.status, a.header.Get("Retry-After"))
	}
	a.fault(t, p)
}

// fault checks that the answer is the one page for what went wrong: it says nothing of anybody and nothing of the inside,
// and its reference finds one line of the log with the cause.
func (a *answer) fault(t testing.TB, p *portal) {
	t.Helper()
	if found := inside.FindString(drawn.ReplaceAllString(a.body, "")); found != "" || strings.Contains(a.body, "@example.org") {
		t.Errorf("%s: %q, or somebody's data, is on the page:\n%s", a.what, found, a.text())
	}
	found := reference.FindStringSubmatch(a.text())
	if found == nil {
		t.Errorf("%s: no reference:\n%s", a.what, a.text())
		return
	}
	log, err := os.ReadFile(p.log)
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(log), "id="+found[1]); lines != 1 || !strings.Contains(string(log), "cause=") {
		t.Errorf("%s: %d lines in the log under the reference, want one with its cause", a.what, lines)
	}
	if found := secret.FindString(string(log)); found != "" {
		t.Errorf("%s: %q is in the log", a.what, found)
	}
}

// opens is whether the browser's cookie opens anything, once requests that were under way with it are over.
func (c *client) opens() bool {
	c.t.Helper()
	var status int
	until(c.t, "an answer", func() bool {
		status = c.get("/account").status
		return status != http.StatusTemporaryRedirect
	})
	if status != http.StatusOK && status != http.StatusSeeOther {
		c.t.Errorf("GET /account: got %d, want a page or the way to sign in", status)
	}
	return status == http.StatusOK
}

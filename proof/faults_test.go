package proof

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

var (
	drawn     = regexp.MustCompile(`[A-Z2-7]{26}`) // spells anything
	reference = regexp.MustCompile(`Reference ([A-Z2-7]{26})`)
	// inside is what people must never be shown: SQL, stacks, addresses, the words of drivers.
	inside = regexp.MustCompile(`(?i)goroutine|\.go:\d|select |insert |update |sqlstate|sqlite|pgx|postgres|redis|dial |127\.0\.0\.1|broken pipe|\beof\b`)
	// secret is what does not belong into a log either.
	secret = regexp.MustCompile(`goroutine \d|SELECT .+ FROM|INSERT INTO|UPDATE \w+\s+SET|` + password + `|` + otherPassword)
)

// refused checks that the answer says that this cannot be done now, and when to come back.
func (a *answer) refused(t testing.TB, p *portal, others ...string) {
	t.Helper()
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("%s: got %d with Retry-After %q", a.what, a.status, a.header.Get("Retry-After"))
	}
	a.fault(t, p, others...)
}

// fault checks that the answer is the one page for what went wrong: it says nothing of the inside, no address and none of
// the others' names; and its reference finds one line of the log, with the cause.
func (a *answer) fault(t testing.TB, p *portal, others ...string) {
	t.Helper()
	if found := inside.FindString(drawn.ReplaceAllString(a.body, "")); found != "" {
		t.Errorf("%s: %q is on the page:\n%s", a.what, found, a.text())
	}
	for _, private := range append(a.secrets(), append(others, "@example.org")...) {
		if strings.Contains(a.body, private) {
			t.Errorf("%s: %q is on the page:\n%s", a.what, private, a.text())
		}
	}
	found := reference.FindStringSubmatch(a.text())
	if found == nil {
		t.Errorf("%s: no reference:\n%s", a.what, a.text())
		return
	}
	log, lines := p.logged(t, "id="+found[1])
	if len(lines) != 1 || !strings.Contains(lines[0], " cause=") {
		t.Errorf("%s: want one line of the log under the reference, with its cause, got %q", a.what, lines)
	}
	for _, token := range a.secrets() {
		if strings.Contains(log, token) {
			t.Errorf("%s: the token, or its hash, is in the log", a.what)
		}
	}
	if found := secret.FindString(log); found != "" {
		t.Errorf("%s: %q is in the log", a.what, found)
	}
}

// logged is the log and those of its lines that have the words, once there is one: an answer is logged when it is over, and
// the end of a long one can arrive before that.
func (p *portal) logged(t testing.TB, words string) (log string, lines []string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(log, words) && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		content, _ := os.ReadFile(p.log)
		log = string(content)
	}
	for line := range strings.Lines(log) {
		if strings.Contains(line, words) {
			lines = append(lines, line)
		}
	}
	return log, lines
}

// secrets are the tokens of the exchange, and what is stored in their place.
func (a *answer) secrets() (all []string) {
	for _, token := range a.tokens {
		sum := sha256.Sum256([]byte(token))
		all = append(all, token, base64.RawURLEncoding.EncodeToString(sum[:]), hex.EncodeToString(sum[:]))
	}
	return all
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

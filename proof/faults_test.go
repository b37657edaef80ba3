package proof

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

var (
	drawn     = regexp.MustCompile(`[A-Z2-7]{26}`) // spells anything
	reference = regexp.MustCompile(`Reference ([A-Z2-7]{26})`)
	// inside matches internals that no page may show: SQL, stacks, addresses, error messages of drivers.
	inside = regexp.MustCompile(`(?i)goroutine|\.go:\d|select |insert |update |sqlstate|sqlite|pgx|postgres|redis|dial |127\.0\.0\.1|broken pipe|\beof\b`)
	// secret matches what may not stand in a log either.
	secret = regexp.MustCompile(`goroutine \d|SELECT .+ FROM|INSERT INTO|UPDATE \w+\s+SET|` + webtest.Password + `|` + webtest.OtherPassword)
)

// wantUnavailable requires a 503 page that says when to try again.
func wantUnavailable(t testing.TB, a *webtest.Answer, p *portal, others ...string) {
	t.Helper()
	if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
		t.Errorf("%s: got %d with Retry-After %q, want 503 with one\n%s", a.What, a.StatusCode, a.Header.Get("Retry-After"), a.Excerpt())
		return
	}
	fault(t, a, p, others...)
}

// fault requires the general error page: it reveals no internals, no address and no name of others, and its reference
// is found in exactly one line of the log, with the cause.
func fault(t testing.TB, a *webtest.Answer, p *portal, others ...string) {
	t.Helper()
	if found := inside.FindString(drawn.ReplaceAllString(a.Body, "")); found != "" {
		t.Errorf("%s: %q is on the page:\n%s", a.What, found, a.Excerpt())
	}
	for _, private := range append(secrets(a), append(others, "@example.org")...) {
		if strings.Contains(a.Body, private) {
			t.Errorf("%s: %q is on the page:\n%s", a.What, private, a.Excerpt())
		}
	}
	found := reference.FindStringSubmatch(a.Text())
	if found == nil {
		t.Errorf("%s: no reference:\n%s", a.What, a.Excerpt())
		return
	}
	log, lines := p.logged(t, "id="+found[1])
	if len(lines) != 1 || !strings.Contains(lines[0], " cause=") {
		t.Errorf("%s: want one line of the log under the reference, with its cause, got %q", a.What, lines)
	}
	for _, token := range secrets(a) {
		if strings.Contains(log, token) {
			t.Errorf("%s: the token, or its hash, is in the log", a.What)
		}
	}
	if found := secret.FindString(log); found != "" {
		t.Errorf("%s: %q is in the log", a.What, found)
	}
}

// logged is the log and those of its lines that have the words, once there is one: an answer is logged when it is over, and
// the end of a long one can arrive before that.
func (p *portal) logged(t testing.TB, words string) (log string, lines []string) {
	t.Helper()
	for deadline := time.Now().Add(webtest.Patience); !strings.Contains(log, words) && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		log = p.Log.String()
	}
	for line := range strings.Lines(log) {
		if strings.Contains(line, words) {
			lines = append(lines, line)
		}
	}
	return log, lines
}

// secrets are the tokens of the exchange, and what is stored in their place.
func secrets(a *webtest.Answer) (all []string) {
	for _, token := range a.Tokens {
		sum := sha256.Sum256([]byte(token))
		all = append(all, token, base64.RawURLEncoding.EncodeToString(sum[:]), hex.EncodeToString(sum[:]))
	}
	return all
}

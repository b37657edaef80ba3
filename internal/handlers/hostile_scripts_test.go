package handlers

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestHostileScripts puts every hostile value into what scripts send: in the fields of each of their addresses, which JSON can
// spell where a form cannot, and in what a passkey says of its owner.
func TestHostileScripts(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		p.limits.Limiter = limiterOff{}
		signedIn := p.signedIn(p.newUser("Hostess"))
		check := func(path, what string, b *browser, body any) {
			res := b.postJSON(path, body)
			if res.StatusCode >= 500 || disturbing(res.Body) || !json.Valid([]byte(res.Body)) {
				t.Errorf("%s: %s: got %d %.100q", path, what, res.StatusCode, res.Body)
			}
		}
		for what, value := range hostileValues {
			for key, rt := range p.app.table {
				if key.method != http.MethodPost || !rt.script {
					continue
				}
				for _, field := range []string{"act", "assertion", "credential", "name", "next", "email"} {
					check(key.pattern, what+" in "+field, signedIn, map[string]any{field: value})
					check(key.pattern, what+" in "+field, p.browser(), map[string]any{field: value})
				}
			}
			if len(value) > maxBody/2 {
				continue
			}
			d := newPasskeyDevice(p.t)
			d.handle = value
			b := p.browser()
			answer := d.answers(b.begin(beginSignIn))
			check("/login/passkey/finish", what+" as the owner", b, map[string]any{"assertion": json.RawMessage(answer)})
			if id := strings.Replace(answer, `"id":"`, `"id":"\u0000\ud800`, 1); json.Valid([]byte(id)) {
				check("/login/passkey/finish", what+" in the id", b, map[string]any{"assertion": json.RawMessage(id)})
			}
		}
		p.checkTexts(t)
	})
}

var parameter = regexp.MustCompile(`\{[^}]+\}|\*`)

// TestHostileAddresses puts them into the parameters of every address, in its path and behind it.
func TestHostileAddresses(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		p.limits.Limiter = limiterOff{}
		b := p.signedIn(p.newUser("Hostess"))
		b.Reauth(password)
		for key := range p.app.table {
			for _, what := range append([]string{"control before", "markup"}, unstorable...) {
				value := hostileValues[what]
				escaped := url.PathEscape(value)
				path := parameter.ReplaceAllLiteralString(key.pattern, escaped)
				if key.method == http.MethodGet {
					path += "?" + url.Values{"before": {value}, "kind": {value}, "q": {value}, "next": {value}, "unlock": {value}, "act": {value}}.Encode()
				} else if path == key.pattern || len(value) > maxBody/2 {
					continue
				}
				res := b.Do(b.Request(key.method, path))
				if res.StatusCode >= 500 || disturbing(strings.ReplaceAll(res.Body, "\r\n", "\n")) { // as lines of a file of CSV end
					t.Errorf("%s with %s: got %d", key, what, res.StatusCode)
				}
			}
		}
		p.checkTexts(t)
	})
}

package session

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

var ours = regexp.MustCompile(`(?:^|;)\s*__Host-id(?:=|;|$)`)

// FuzzToken reads any Cookie header: a token is taken from exactly one cookie of our name, and has its form.
func FuzzToken(f *testing.F) {
	token := strings.Repeat("A", 43)
	f.Add("__Host-id=" + token)
	f.Add("__Host-id=" + token + "; __Host-id=" + token)
	f.Add("__Host-id=" + token + `;__Host-id="`)
	f.Add(`a=b;__Host-id="` + token + `";; =x`)
	m, err := New(Options{Bags: memoryBags{}, Keys: [][]byte{newKey}, Secure: true, Log: silent})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header["Cookie"] = []string{header}
		got, ok := m.Token(r)
		if !ok {
			return
		}
		if raw, err := base64.RawURLEncoding.Strict().DecodeString(got); err != nil || len(raw) != 32 {
			t.Errorf("%q: got %q, which is no token", header, got)
		}
		if n := len(ours.FindAllString(header, -1)); n != 1 || !strings.Contains(header, "__Host-id="+got) {
			t.Errorf("%q: got %q of %d cookies of that name, want the value of the only one", header, got, n)
		}
	})
}

package auth

import (
	"net/mail"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzApplicant takes any text for a name and an address: normalising an address twice gives the same as once, and a
// cleaned name has only visible characters and stays the same when it is cleaned again.
func FuzzApplicant(f *testing.F) {
	f.Add("  Ada   Lovelace ", "Ada@Example.ORG")
	f.Add("\u202egnol\u2066 \u0645\u0631\u062d\u0628\u0627", "a b@example.org\r\nBcc: x@y.example")
	f.Add("e\u0301\u0301\u0301", "\u0130@example.org")
	f.Add("Ada\x00\xff", `"a b"@[127.0.0.1]`)
	f.Fuzz(func(t *testing.T, typedName, typedEmail string) {
		if name, err := CleanName(typedName); err == nil {
			if again, err := CleanName(name); err != nil || again != name {
				t.Errorf("%q: got %q, and %q, %v the next time", typedName, name, again, err)
			}
			if name == "" || utf8.RuneCountInString(name) > MaxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
				t.Errorf("%q: kept %q", typedName, name)
			}
		}
		if key, err := NormalizeEmail(typedEmail); err == nil {
			if again, err := NormalizeEmail(key); err != nil || again != key {
				t.Errorf("%q: got %q, whose own key is %q, %v", typedEmail, key, again, err)
			}
			if a, err := mail.ParseAddress(key); err != nil || a.Address != key || strings.ContainsAny(key, "\r\n \x00") {
				t.Errorf("%q: got %q, which is not one address", typedEmail, key)
			}
		}
	})
}

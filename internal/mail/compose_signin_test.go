package mail

import (
	"strings"
	"testing"
)

func TestSignInEmails(t *testing.T) {
	for name, tt := range map[string]struct {
		email Email
		words []string
	}{
		"NewDevice": {
			emails.NewDevice("marta@example.org", "Marta Reis", passwordChanged, "Firefox on Linux", "2001:db8:40::/48"),
			[]string{"Hello Marta Reis,", "on 20 November 2026 at 20:04 UTC from Firefox on Linux, on the network 2001:db8:40::/48.", "If it was not you, sign that device out", base + "/account/sessions "},
		},
		"AfterFailures": {
			emails.AfterFailures("marta@example.org", "Marta Reis", passwordChanged, "Firefox on Linux", "198.51.100.0/24", 12),
			[]string{"on 20 November 2026 at 20:04 UTC from Firefox on Linux, on the network 198.51.100.0/24.", "12 attempts to sign in were refused", base + "/account/activity "},
		},
	} {
		text := strings.Join(strings.Fields(tt.email.Text), " ")
		for _, words := range tt.words {
			if !strings.Contains(text, words) {
				t.Errorf("%s: got no %q in\n%s", name, words, text)
			}
		}
	}
	for _, network := range []string{"", "loopback", "unknown", "evil.example", "198.51.100.7", "198.51.100.0/24\n\nhttps://evil.example", "fe80::%evil.example/48"} {
		l := emails.NewDevice("marta@example.org", "Marta", passwordChanged, "Firefox on Linux", network)
		if !strings.Contains(strings.Join(strings.Fields(l.Text), " "), "Linux, on a network we could not name.") {
			t.Errorf("network %q: got\n%s", network, l.Text)
		}
		wellFormed(t, l)
	}
}

package mail

import (
	"strings"
	"testing"
)

func TestPasskeyEmails(t *testing.T) {
	const to, name, device = "marta@example.org", "Marta Reis", "Firefox on Linux"
	for subject, l := range map[string]Email{
		"A passkey was added to your account":     emails.PasskeyAdded(to, name, passwordChanged, device),
		"A passkey was removed from your account": emails.PasskeyRemoved(to, name, passwordChanged, device),
	} {
		flowing := strings.Join(strings.Fields(l.Text), " ")
		if l.To != to || l.Subject != subject || !strings.HasPrefix(l.Text, "Hello "+name+",\n") {
			t.Errorf("%s: got %+v", subject, l)
		}
		for _, words := range []string{
			"20 November 2026 at 20:04 UTC from Firefox on Linux.", "All other devices were signed out.",
			"If it was you", "If it was not you", "change your password now", base + "/account/security/passkeys",
		} {
			if !strings.Contains(flowing, words) {
				t.Errorf("%s: got no %q in\n%s", subject, words, l.Text)
			}
		}
		wellFormed(t, l)
	}
	if l := emails.PasskeyAdded(to, name, passwordChanged, "Visit http://evil.example"); strings.Contains(l.Text, "evil") {
		t.Errorf("got the client's words:\n%s", l.Text)
	}
}

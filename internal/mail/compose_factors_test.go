package mail

import (
	"strings"
	"testing"
)

func TestFactorEmails(t *testing.T) {
	const to, name, device = "marta@example.org", "Marta Reis", "Firefox on Linux"
	for subject, tt := range map[string]struct {
		write func(name, device string) Email
		words []string
	}{
		"A second step was set up for your account": {
			func(name, device string) Email {
				return emails.FactorEnrolled(to, name, passwordChanged, device)
			},
			[]string{"after the password it asks for a code from an authenticator app.", "20 November 2026 at 20:04 UTC from Firefox on Linux.", "change your password now"},
		},
		"A second step was removed from your account": {
			func(name, device string) Email {
				return emails.FactorRemoved(to, name, passwordChanged, device)
			},
			[]string{"no longer asks for a code from an authenticator app.", "20 November 2026 at 20:04 UTC from Firefox on Linux.", "change your password now"},
		},
		"You have new recovery codes": {
			func(name, device string) Email { return emails.RecoveryCodesMade(to, name, passwordChanged, device) },
			[]string{"20 November 2026 at 20:04 UTC from Firefox on Linux.", "codes before no longer work", "change your password now"},
		},
		"A recovery code of your account was used": {
			func(name, device string) Email { return emails.RecoveryCodeUsed(to, name, passwordChanged, device, 7) },
			[]string{"20 November 2026 at 20:04 UTC from Firefox on Linux,", "7 of your codes can still be used.", "change your password now"},
		},
		"Somebody knows your password": {
			func(name, _ string) Email { return emails.WrongCodes(to, name) },
			[]string{"several wrong codes", base + "/account/security/password", "change your password now"},
		},
	} {
		t.Run(subject, func(t *testing.T) {
			l := tt.write(name, device)
			flowing := strings.Join(strings.Fields(l.Text), " ")
			if l.To != to || l.Subject != subject || !strings.HasPrefix(l.Text, "Hello "+name+",\n") || !strings.Contains(flowing, base+"/account/security") {
				t.Errorf("got %+v", l)
			}
			for _, words := range append(tt.words, "If it was you", "If it was not you") {
				if !strings.Contains(flowing, words) {
					t.Errorf("got no %q in\n%s", words, l.Text)
				}
			}
			wellFormed(t, l)
			for _, forged := range []string{"http://evil.example", "Marta\n\nhttps://evil.example"} {
				l := tt.write(forged, forged)
				if strings.Contains(l.Text, "evil") || !strings.HasPrefix(l.Text, "Hello,\n") {
					t.Errorf("%q got into\n%s", forged, l.Text)
				}
				wellFormed(t, l)
			}
		})
	}
}

func TestLastRecoveryCodes(t *testing.T) {
	for left, want := range map[int]string{0: "It was your last: please make new ones.", 1: "One of your codes can still be used.", 2: "2 of your codes can still be used."} {
		l := emails.RecoveryCodeUsed("marta@example.org", "Marta", passwordChanged, "Firefox on Linux", left)
		if text := strings.Join(strings.Fields(l.Text), " "); !strings.Contains(text, want) {
			t.Errorf("%d left: got no %q in\n%s", left, want, text)
		}
	}
}

package mail

import (
	"strings"
	"testing"
	"time"
)

func TestRecoveryLetters(t *testing.T) {
	const to, name, device = "marta@example.org", "Marta Reis", "Firefox on Linux"
	on := "20 November 2026 at 20:04 UTC, from Firefox on Linux"
	for what, tt := range map[string]struct {
		letter  Letter
		subject string
		lines   []string // each is a line of its own
		words   []string
	}{
		"ResetPassword": {
			letters.ResetPassword(to, name, "KEY", 30*time.Minute), "Choose another password",
			[]string{"Hello Marta Reis,", base + "/password/reset/KEY"},
			[]string{"works once, for 30 minutes, and only until you ask for another", "If it was not you"},
		},
		"PasswordReset": {
			letters.PasswordReset(to, name, changed, device), "Your password was changed",
			[]string{"Hello Marta Reis,", base + "/login", base + "/password/forgot"},
			[]string{"set with a link from a letter, on 20 November 2026 at 20:04 UTC from Firefox on Linux", "If it was not you, somebody can read your mail"},
		},
		"EmailChangeAsked": {
			letters.EmailChangeAsked(to, name, changed, device, "KEY", 7*24*time.Hour), "Somebody wants to change your address",
			[]string{"Hello Marta Reis,", base + "/email/undo/KEY"}, []string{on, "works for 7 days", "If it was not you, stop it"},
		},
		"ConfirmEmailChange": {
			letters.ConfirmEmailChange(to, "KEY", 24*time.Hour), "Confirm your new address",
			[]string{"Hello,", base + "/account/email/confirm/KEY"}, []string{"works for 24 hours", "sign in to that account", "If it was not you"},
		},
		"EmailInUse": {
			letters.EmailInUse(to), "You already have an account", []string{"Hello,", base + "/login"}, []string{"If it was not you"},
		},
		"EmailChanged": {
			letters.EmailChanged(to, name, changed, device, "KEY", 7*24*time.Hour), "Your address was changed",
			[]string{"Hello Marta Reis,", base + "/email/undo/KEY"}, []string{on, "works for 7 days", "If it was not you, take it back"},
		},
		"DeletionAsked": {
			letters.DeletionAsked(to, name, changed, device, changed.Add(14*24*time.Hour)), "Your account will be deleted",
			[]string{"Hello Marta Reis,", base + "/account/delete", base + "/password/forgot"},
			[]string{on, "On 4 December 2026 at 20:04 UTC the account", "If it was not you, somebody else was signed in"},
		},
		"DeletionStopped": {
			letters.DeletionStopped(to, name, changed, device), "Your account stays",
			[]string{"Hello Marta Reis,", base + "/account/security/password"}, []string{on, "If it was not you"},
		},
		"Exported": {
			letters.Exported(to, name, changed, device), "Your data was downloaded",
			[]string{"Hello Marta Reis,", base + "/account/security/password"}, []string{on, "If it was not you, somebody else is signed in"},
		},
	} {
		t.Run(what, func(t *testing.T) {
			if tt.letter.To != to || tt.letter.Subject != tt.subject {
				t.Errorf("got %q to %s, want %q to %s", tt.letter.Subject, tt.letter.To, tt.subject, to)
			}
			for _, line := range tt.lines {
				if !strings.Contains("\n"+tt.letter.Text, "\n"+line+"\n") {
					t.Errorf("got no line %q in\n%s", line, tt.letter.Text)
				}
			}
			flowing := strings.Join(strings.Fields(tt.letter.Text), " ")
			for _, words := range tt.words {
				if !strings.Contains(flowing, words) {
					t.Errorf("got no %q in\n%s", words, tt.letter.Text)
				}
			}
			wellFormed(t, tt.letter)
		})
	}
}

// What other people wrote stands in no letter but as a name, and a key stays one word of a link.
func TestRecoveryLettersForgeNothing(t *testing.T) {
	const forged = "Marta\n\nhttps://evil.example"
	for _, l := range []Letter{
		letters.ResetPassword("marta@example.org", forged, "a/../b?c", time.Hour),
		letters.PasswordReset("marta@example.org", forged, changed, forged),
		letters.EmailChangeAsked("marta@example.org", forged, changed, forged, "a/../b?c", time.Hour),
		letters.ConfirmEmailChange("marta@example.org", "a/../b?c", time.Hour),
		letters.EmailChanged("marta@example.org", forged, changed, forged, "a/../b?c", time.Hour),
		letters.DeletionAsked("marta@example.org", forged, changed, forged, changed),
		letters.DeletionStopped("marta@example.org", forged, changed, forged),
		letters.Exported("marta@example.org", forged, changed, forged),
	} {
		if strings.Contains(l.Text, "evil") || strings.Contains(l.Text, "/../") {
			t.Errorf("forged:\n%s", l.Text)
		}
		wellFormed(t, l)
	}
}

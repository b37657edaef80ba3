package mail

import (
	"strings"
	"testing"
	"time"
)

func TestRecoveryEmails(t *testing.T) {
	const to, name, device = "marta@example.org", "Marta Reis", "Firefox on Linux"
	on := "20 November 2026 at 20:04 UTC, from Firefox on Linux"
	for what, tt := range map[string]struct {
		email   Email
		subject string
		lines   []string // each is a line of its own
		words   []string
	}{
		"ResetPassword": {
			emails.ResetPassword(to, name, "KEY", 30*time.Minute), "Choose another password",
			[]string{"Hello Marta Reis,", base + "/password/reset/KEY"},
			[]string{"works once, for 30 minutes, and only until you ask for another", "If it was not you"},
		},
		"PasswordReset": {
			emails.PasswordReset(to, name, passwordChanged, device), "Your password was changed",
			[]string{"Hello Marta Reis,", base + "/login", base + "/password/forgot"},
			[]string{"set with a link from an email, on 20 November 2026 at 20:04 UTC from Firefox on Linux", "If it was not you, somebody can read your mail"},
		},
		"EmailChangeRequested": {
			emails.EmailChangeRequested(to, name, passwordChanged, device, "KEY", 7*24*time.Hour), "Somebody wants to change your address",
			[]string{"Hello Marta Reis,", base + "/email/undo/KEY"}, []string{on, "works for 7 days", "If it was not you, stop it"},
		},
		"ConfirmEmailChange": {
			emails.ConfirmEmailChange(to, "KEY", 24*time.Hour), "Confirm your new address",
			[]string{"Hello,", base + "/account/email/confirm/KEY"}, []string{"works for 24 hours", "sign in to that account", "If it was not you"},
		},
		"EmailInUse": {
			emails.EmailInUse(to), "You already have an account", []string{"Hello,", base + "/login"}, []string{"If it was not you"},
		},
		"EmailChanged": {
			emails.EmailChanged(to, name, passwordChanged, device, "KEY", 7*24*time.Hour), "Your address was changed",
			[]string{"Hello Marta Reis,", base + "/email/undo/KEY"}, []string{on, "works for 7 days", "If it was not you, take it back"},
		},
		"DeletionRequested": {
			emails.DeletionRequested(to, name, passwordChanged, device, passwordChanged.Add(14*24*time.Hour)), "Your account will be deleted",
			[]string{"Hello Marta Reis,", base + "/account/delete", base + "/password/forgot"},
			[]string{on, "On 4 December 2026 at 20:04 UTC the account", "If it was not you, somebody else was signed in"},
		},
		"DeletionStopped": {
			emails.DeletionStopped(to, name, passwordChanged, device), "Your account stays",
			[]string{"Hello Marta Reis,", base + "/account/security/password"}, []string{on, "If it was not you"},
		},
		"Exported": {
			emails.Exported(to, name, passwordChanged, device), "Your data was downloaded",
			[]string{"Hello Marta Reis,", base + "/account/security/password"}, []string{on, "If it was not you, somebody else is signed in"},
		},
	} {
		t.Run(what, func(t *testing.T) {
			if tt.email.To != to || tt.email.Subject != tt.subject {
				t.Errorf("got %q to %s, want %q to %s", tt.email.Subject, tt.email.To, tt.subject, to)
			}
			for _, line := range tt.lines {
				if !strings.Contains("\n"+tt.email.Text, "\n"+line+"\n") {
					t.Errorf("got no line %q in\n%s", line, tt.email.Text)
				}
			}
			flowing := strings.Join(strings.Fields(tt.email.Text), " ")
			for _, words := range tt.words {
				if !strings.Contains(flowing, words) {
					t.Errorf("got no %q in\n%s", words, tt.email.Text)
				}
			}
			wellFormed(t, tt.email)
		})
	}
}

// Text that other people wrote appears in an email only as a name, and a token stays one part of a link.
func TestRecoveryEmailsForgeNothing(t *testing.T) {
	const forged = "Marta\n\nhttps://evil.example"
	for _, l := range []Email{
		emails.ResetPassword("marta@example.org", forged, "a/../b?c", time.Hour),
		emails.PasswordReset("marta@example.org", forged, passwordChanged, forged),
		emails.EmailChangeRequested("marta@example.org", forged, passwordChanged, forged, "a/../b?c", time.Hour),
		emails.ConfirmEmailChange("marta@example.org", "a/../b?c", time.Hour),
		emails.EmailChanged("marta@example.org", forged, passwordChanged, forged, "a/../b?c", time.Hour),
		emails.DeletionRequested("marta@example.org", forged, passwordChanged, forged, passwordChanged),
		emails.DeletionStopped("marta@example.org", forged, passwordChanged, forged),
		emails.Exported("marta@example.org", forged, passwordChanged, forged),
	} {
		if strings.Contains(l.Text, "evil") || strings.Contains(l.Text, "/../") {
			t.Errorf("forged:\n%s", l.Text)
		}
		wellFormed(t, l)
	}
}

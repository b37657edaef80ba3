package mail

import (
	"errors"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"example.com/gatehouse/internal/mail/mailtest"
)

// The conversation goes up to the recipient, and no email leaves.
func TestCheck(t *testing.T) {
	srv := (&mailtest.Server{Mechanisms: []string{"PLAIN"}, Rcpt: func(to string) error {
		if strings.HasPrefix(to, "nobody@") {
			return &smtp.SMTPError{Code: 550, Message: "no " + to}
		}
		return nil
	}}).Start(t)
	if err := client(t, srv, credentials).Check(t.Context(), testEmail.To); err != nil || srv.SignIns() != 1 {
		t.Errorf("got %v after %d sign-ins, want nil after one", err, srv.SignIns())
	}
	err := client(t, srv, credentials).Check(t.Context(), "nobody@example.net")
	if err == nil || !strings.Contains(err.Error(), "recipient") || !strings.Contains(err.Error(), "550") {
		t.Errorf("a recipient that is refused: got %v", err)
	}
	refusing := (&mailtest.Server{Mechanisms: []string{"PLAIN"}, SignIn: func() error { return errors.New("no") }}).Start(t)
	if err = client(t, refusing, credentials).Check(t.Context(), testEmail.To); err == nil || !strings.Contains(err.Error(), "sign-in") {
		t.Errorf("a password that is refused: got %v", err)
	}
	if n := len(srv.Emails()) + len(refusing.Emails()); n != 0 {
		t.Errorf("%d emails left", n)
	}
}

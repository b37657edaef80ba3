package mail

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"example.com/gatehouse/internal/mail/mailtest"
)

func TestNothingLeavesWithoutVerifiedTLS(t *testing.T) {
	t.Run("server offers no TLS", func(t *testing.T) {
		srv := (&mailtest.Server{NoTLS: true, Mechanisms: []string{"PLAIN"}}).Start(t)
		wantRejected(t, srv, client(t, srv, credentials))
	})
	t.Run("certificate nobody vouches for, STARTTLS", func(t *testing.T) {
		srv := (&mailtest.Server{Mechanisms: []string{"PLAIN"}}).Start(t)
		c := client(t, srv, credentials)
		c.tls.RootCAs = nil
		wantRejected(t, srv, c)
	})
	t.Run("certificate nobody vouches for, implicit TLS", func(t *testing.T) {
		srv := (&mailtest.Server{Implicit: true, Mechanisms: []string{"PLAIN"}}).Start(t)
		c := client(t, srv, credentials)
		c.tls.RootCAs = nil
		wantRejected(t, srv, c)
	})
}

// wantRejected checks that the client sends neither password nor email, and that the error is temporary, because
// operators repair their mail servers.
func wantRejected(t *testing.T, srv *mailtest.Server, c *SMTP) {
	t.Helper()
	err := c.Send(t.Context(), testEmail)
	later(t, err)
	if n := len(srv.Emails()); n != 0 {
		t.Errorf("emails at the server: got %d, want 0", n)
	}
	if n := srv.SignIns(); n != 0 {
		t.Errorf("passwords at the server: got %d, want 0", n)
	}
}

func TestFailures(t *testing.T) {
	answer := func(code int) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode,
			Message: "no " + mailtest.Password + " " + base64.StdEncoding.EncodeToString([]byte("\x00"+mailtest.User+"\x00"+mailtest.Password)) +
				" " + testEmail.To + " " + testEmail.Text[7:]}
	}
	for name, tt := range map[string]struct {
		server    *mailtest.Server
		temporary bool
	}{
		"sign-in refused":  {&mailtest.Server{SignIn: func() error { return answer(535) }}, true}, // temporary, because the email is not at fault
		"sign-in later":    {&mailtest.Server{SignIn: func() error { return answer(454) }}, true},
		"no mechanism":     {&mailtest.Server{Mechanisms: []string{"CRAM-MD5"}}, true},
		"reader refused":   {&mailtest.Server{Rcpt: func(string) error { return answer(550) }}, false},
		"reader later":     {&mailtest.Server{Rcpt: func(string) error { return answer(450) }}, true},
		"email refused":    {&mailtest.Server{Data: func(string) error { return answer(554) }}, false},
		"email later":      {&mailtest.Server{Data: func(string) error { return answer(451) }}, true},
		"lost in between":  {&mailtest.Server{Vanish: func() bool { return true }}, true},
		"lost with answer": {&mailtest.Server{Hangup: func() bool { return true }}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.server.Mechanisms == nil {
				tt.server.Mechanisms = []string{"PLAIN"}
			}
			err := client(t, tt.server.Start(t), credentials).Send(t.Context(), testEmail)
			if err == nil || errors.Is(err, ErrTemporary) != tt.temporary {
				t.Fatalf("Send: got %v, want an error with temporary %t", err, tt.temporary)
			}
			noSecret(t, err.Error())
		})
	}
}

// noSecret checks text that operators read.
func noSecret(t *testing.T, text string) {
	t.Helper()
	encoded := base64.StdEncoding.EncodeToString([]byte("\x00" + mailtest.User + "\x00" + mailtest.Password))
	for _, secret := range []string{mailtest.Password, url.PathEscape(mailtest.Password), encoded, "canary", testEmail.To} {
		if strings.Contains(text, secret) {
			t.Errorf("got %q, want it without %q", text, secret)
		}
	}
}

func TestUnreachableServerIsTemporary(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	c := client(t, (&mailtest.Server{Addr: ln.Addr().String()}), credentials)
	err = c.Send(t.Context(), testEmail)
	later(t, err)
	noSecret(t, err.Error())
}

func TestHangingServer(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	hang := func(string) error { <-release; return nil } //nolint:unparam // the server's hooks return an error

	t.Run("that never greets", func(t *testing.T) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		c := client(t, (&mailtest.Server{Addr: ln.Addr().String()}), credentials)
		c.timeout = 20 * time.Millisecond
		later(t, c.Send(t.Context(), testEmail))
	})
	t.Run("that never answers to the email", func(t *testing.T) {
		c := client(t, (&mailtest.Server{Data: hang}).Start(t), "")
		c.timeout = time.Second
		later(t, c.Send(t.Context(), testEmail))
	})
	t.Run("whose client is told to stop", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := client(t, (&mailtest.Server{Data: func(to string) error { cancel(); return hang(to) }}).Start(t), "")
		c.timeout = time.Hour
		err := c.Send(ctx, testEmail)
		later(t, err)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Send: got %v, want context.Canceled", err)
		}
	})
}

func later(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, ErrTemporary) {
		t.Errorf("Send: got %v, want ErrTemporary", err)
	}
}

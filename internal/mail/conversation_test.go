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
)

func TestNothingLeavesWithoutVerifiedTLS(t *testing.T) {
	t.Run("server offers no TLS", func(t *testing.T) {
		srv := (&server{noTLS: true, mechanisms: []string{"PLAIN"}}).start(t)
		refused(t, srv, srv.client(t, credentials))
	})
	t.Run("certificate nobody vouches for, STARTTLS", func(t *testing.T) {
		srv := (&server{mechanisms: []string{"PLAIN"}}).start(t)
		c := srv.client(t, credentials)
		c.tls.RootCAs = nil
		refused(t, srv, c)
	})
	t.Run("certificate nobody vouches for, implicit TLS", func(t *testing.T) {
		srv := (&server{implicit: true, mechanisms: []string{"PLAIN"}}).start(t)
		c := srv.client(t, credentials)
		c.tls.RootCAs = nil
		refused(t, srv, c)
	})
}

// refused checks that the client sends neither password nor letter, and for
// good: a later attempt would find the same server.
func refused(t *testing.T, srv *server, c *SMTP) {
	t.Helper()
	err := c.Send(t.Context(), letter)
	if err == nil || errors.Is(err, ErrTemporary) {
		t.Errorf("Send: got error %v, want a lasting one", err)
	}
	if n := len(srv.letters()); n != 0 {
		t.Errorf("letters at the server: got %d, want 0", n)
	}
	if n := srv.signIns(); n != 0 {
		t.Errorf("passwords at the server: got %d, want 0", n)
	}
}

func TestFailures(t *testing.T) {
	answer := func(code int) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode,
			Message: "no " + password + " " + base64.StdEncoding.EncodeToString([]byte("\x00"+user+"\x00"+password)) +
				" " + letter.To + " " + letter.Text[7:]}
	}
	for name, tt := range map[string]struct {
		server    *server
		temporary bool
	}{
		"sign-in refused": {&server{signIn: func() error { return answer(535) }}, false},
		"sign-in later":   {&server{signIn: func() error { return answer(454) }}, true},
		"letter refused":  {&server{data: func(string) error { return answer(554) }}, false},
		"letter later":    {&server{data: func(string) error { return answer(451) }}, true},
		"no mechanism":    {&server{mechanisms: []string{"CRAM-MD5"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.server.mechanisms == nil {
				tt.server.mechanisms = []string{"PLAIN"}
			}
			err := tt.server.start(t).client(t, credentials).Send(t.Context(), letter)
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
	encoded := base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password))
	for _, secret := range []string{password, url.PathEscape(password), encoded, "canary", letter.To} {
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
	c := (&server{addr: ln.Addr().String()}).client(t, credentials)
	err = c.Send(t.Context(), letter)
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
		c := (&server{addr: ln.Addr().String()}).client(t, credentials)
		c.timeout = 20 * time.Millisecond
		later(t, c.Send(t.Context(), letter))
	})
	t.Run("that never answers to the letter", func(t *testing.T) {
		c := (&server{data: hang}).start(t).client(t, "")
		c.timeout = time.Second
		later(t, c.Send(t.Context(), letter))
	})
	t.Run("whose client is told to stop", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := (&server{data: func(to string) error { cancel(); return hang(to) }}).start(t).client(t, "")
		c.timeout = time.Hour
		err := c.Send(ctx, letter)
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

package mail

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/mail/mailtest"
)

var testEmail = Email{
	ID:      "LETTERID",
	To:      "marta@example.org",
	Subject: "Confirm your email address",
	Text:    "Hello,\n\nhttps://portal.example.com/login?unlock=canarytoken\n",
	HTML:    "<p>Hello,</p>\n<p>https://portal.example.com/login?unlock=canarytoken</p>\n",
	At:      time.Date(2026, 11, 20, 21, 4, 5, 0, time.FixedZone("office", 3600)),
}

// credentials is how user and password stand in a URL.
var credentials = url.UserPassword(mailtest.User, mailtest.Password).String() + "@"

// client returns an SMTP that trusts the server. credentials is "" or "user:password@", percent-encoded.
func client(t *testing.T, s *mailtest.Server, credentials string) *SMTP {
	t.Helper()
	scheme := "smtp://"
	if s.Implicit {
		scheme = "smtps://"
	}
	c, err := NewSMTP(scheme+credentials+s.Addr, "Gatehouse <no-reply@portal.example.com>")
	if err != nil {
		t.Fatal(err)
	}
	c.tls.RootCAs = s.Roots
	return c
}

func TestDelivers(t *testing.T) {
	for name, tt := range map[string]struct {
		server      *mailtest.Server
		credentials string
	}{
		"STARTTLS without sign-in": {&mailtest.Server{}, ""},
		"STARTTLS and PLAIN":       {&mailtest.Server{Mechanisms: []string{"PLAIN", "LOGIN"}}, credentials},
		"STARTTLS and LOGIN":       {&mailtest.Server{Mechanisms: []string{"LOGIN"}}, credentials},
		"implicit TLS and PLAIN":   {&mailtest.Server{Mechanisms: []string{"PLAIN"}, Implicit: true}, credentials},
	} {
		t.Run(name, func(t *testing.T) {
			srv := tt.server.Start(t)
			if err := client(t, srv, tt.credentials).Send(t.Context(), testEmail); err != nil {
				t.Fatalf("Send: got %v, want nil", err)
			}
			got := srv.Emails()
			if len(got) != 1 {
				t.Fatalf("emails at the server: got %d, want 1", len(got))
			}
			if got[0].From != "no-reply@portal.example.com" || got[0].To != testEmail.To {
				t.Errorf("envelope: got %q to %q, want no-reply@portal.example.com to %q", got[0].From, got[0].To, testEmail.To)
			}
			m := got[0].Message(t)
			if subject := m.Header.Get("Subject"); subject != testEmail.Subject {
				t.Errorf("subject: got %q, want %q", subject, testEmail.Subject)
			}
			if m.Text != testEmail.Text || m.HTML != testEmail.HTML {
				t.Errorf("got text %q and HTML %q, want %q and %q", m.Text, m.HTML, testEmail.Text, testEmail.HTML)
			}
		})
	}
}

// The library's defaults name the machine in Message-ID and EHLO, and itself
// in User-Agent and X-Mailer.
func TestHeadersTellNothingElse(t *testing.T) {
	srv := (&mailtest.Server{}).Start(t)
	if err := client(t, srv, "").Send(t.Context(), testEmail); err != nil {
		t.Fatal(err)
	}
	header := srv.Emails()[0].Message(t).Header
	_, boundary, _ := strings.Cut(header.Get("Content-Type"), "boundary=")
	want := map[string][]string{
		"Auto-Submitted": {"auto-generated"},
		"Content-Type":   {"multipart/alternative; boundary=" + boundary},
		"Date":           {"Fri, 20 Nov 2026 20:04:05 +0000"},
		"From":           {`"Gatehouse" <no-reply@portal.example.com>`},
		"Message-Id":     {"<LETTERID@portal.example.com>"},
		"Mime-Version":   {"1.0"},
		"Subject":        {testEmail.Subject},
		"To":             {"<marta@example.org>"},
	}
	if !maps.EqualFunc(header, want, slices.Equal) {
		t.Errorf("headers: got %v, want %v", header, want)
	}
	for _, name := range srv.Greeted() {
		if name != "portal.example.com" {
			t.Errorf("EHLO: got %q, want portal.example.com", name)
		}
	}
}

// A server that knows nothing but ASCII gets an international domain in that form.
func TestInternationalDomain(t *testing.T) {
	srv := (&mailtest.Server{}).Start(t)
	l := testEmail
	l.To = "marta@bücher.example"
	if err := client(t, srv, "").Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	one := srv.Emails()[0]
	if got := one.Message(t).Header.Get("To"); one.To != "marta@xn--bcher-kva.example" || got != "<marta@xn--bcher-kva.example>" {
		t.Errorf("sent to %q, with To %q", one.To, got)
	}
}

func TestInjection(t *testing.T) {
	srv := (&mailtest.Server{}).Start(t)
	c := client(t, srv, "")
	for _, to := range []string{
		"",
		"marta",
		"marta@example.org\r\nBcc: victim@example.org",
		"marta@example.org>\r\nRCPT TO:<victim@example.org",
		"marta@example.org, victim@example.org",
		"Marta <marta@example.org>",
		"marta@example.org\n",
		"ma\u202erta@example.org",
		"ma\u2028rta@example.org",
	} {
		l := testEmail
		l.To = to
		if err := c.Send(t.Context(), l); !errors.Is(err, ErrAddress) {
			t.Errorf("Send to %q: got %v, want ErrAddress", to, err)
		}
	}
	if n := len(srv.Emails()); n != 0 {
		t.Fatalf("emails at the server: got %d, want 0", n)
	}

	l := testEmail
	l.Subject = "Hello\r\nBcc: victim@example.org\r\n\r\nbody"
	if err := c.Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	m := srv.Emails()[0].Message(t)
	if got, want := m.Header.Get("Subject"), "Hello  Bcc: victim@example.org    body"; got != want {
		t.Errorf("subject: got %q, want %q", got, want)
	}
	if bcc := m.Header.Get("Bcc"); bcc != "" || m.Text != testEmail.Text {
		t.Errorf("got Bcc %q and text %q, want none and %q", bcc, m.Text, testEmail.Text)
	}
}

func TestNewSMTP(t *testing.T) {
	for in, want := range map[string]string{
		"smtp://mail.example.com":               "mail server mail.example.com:587",
		"smtps://u:canary@mail.example.com":     "mail server mail.example.com:465",
		"smtp://u:canary%2F@mail.example.com:2": "mail server mail.example.com:2",
		"smtps://u:canary@[::1]:465/":           "mail server [::1]:465",
	} {
		c, err := NewSMTP(in, "no-reply@example.com")
		if err != nil || c.String() != want {
			t.Errorf("NewSMTP(%q): got %v, %v, want %s", in, c, err, want)
		}
	}
	for _, in := range []string{
		"", "mail.example.com:587", "http://mail.example.com", "smtp://", "smtp://:587",
		"smtp://u@mail.example.com", "smtp://:canary@mail.example.com",
		"smtp://u:canary/x@mail.example.com", "smtp://u:1#canary@mail.example.com",
		"smtp://u:1?canary@mail.example.com", "smtp://u:can%ary@mail.example.com",
		"smtp://u:canary@mail.example.com/path",
	} {
		_, err := NewSMTP(in, "no-reply@example.com")
		if err == nil {
			t.Errorf("NewSMTP(%q): got no error, want one", in)
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("NewSMTP(%q): got %q, want it without the password", in, err)
		}
	}
	for _, from := range []string{"", "portal", "a@example.com, b@example.com", "no-reply@bücher.example", "a@example.com\r\nBcc: b@example.com"} {
		if _, err := NewSMTP("smtp://mail.example.com", from); !errors.Is(err, ErrAddress) {
			t.Errorf("NewSMTP from %q: got %v, want ErrAddress", from, err)
		}
	}
}

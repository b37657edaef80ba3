package mail

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

var letter = Letter{
	ID:      "LETTERID",
	To:      "marta@example.org",
	Subject: "Confirm your email address",
	Text:    "Hello,\n\nhttps://portal.example.com/login?unlock=canarytoken\n",
	At:      time.Date(2026, 11, 20, 21, 4, 5, 0, time.FixedZone("office", 3600)),
}

// credentials is how user and password stand in a URL.
var credentials = url.UserPassword(user, password).String() + "@"

func TestDelivers(t *testing.T) {
	for name, tt := range map[string]struct {
		server      *server
		credentials string
	}{
		"STARTTLS without sign-in": {&server{}, ""},
		"STARTTLS and PLAIN":       {&server{mechanisms: []string{"PLAIN", "LOGIN"}}, credentials},
		"STARTTLS and LOGIN":       {&server{mechanisms: []string{"LOGIN"}}, credentials},
		"implicit TLS and PLAIN":   {&server{mechanisms: []string{"PLAIN"}, implicit: true}, credentials},
	} {
		t.Run(name, func(t *testing.T) {
			srv := tt.server.start(t)
			if err := srv.client(t, tt.credentials).Send(t.Context(), letter); err != nil {
				t.Fatalf("Send: got %v, want nil", err)
			}
			got := srv.letters()
			if len(got) != 1 {
				t.Fatalf("letters at the server: got %d, want 1", len(got))
			}
			if got[0].from != "no-reply@portal.example.com" || got[0].to != letter.To {
				t.Errorf("envelope: got %q to %q, want no-reply@portal.example.com to %q", got[0].from, got[0].to, letter.To)
			}
			header, text := got[0].message(t)
			if subject := header.Get("Subject"); subject != letter.Subject {
				t.Errorf("subject: got %q, want %q", subject, letter.Subject)
			}
			if text != letter.Text {
				t.Errorf("text: got %q, want %q", text, letter.Text)
			}
		})
	}
}

// The library's defaults name the machine in Message-ID and EHLO, and itself
// in User-Agent and X-Mailer.
func TestHeadersTellNothingElse(t *testing.T) {
	srv := (&server{}).start(t)
	if err := srv.client(t, "").Send(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
	header, _ := srv.letters()[0].message(t)
	want := map[string][]string{
		"Auto-Submitted":            {"auto-generated"},
		"Content-Transfer-Encoding": {"quoted-printable"},
		"Content-Type":              {"text/plain; charset=UTF-8"},
		"Date":                      {"Fri, 20 Nov 2026 20:04:05 +0000"},
		"From":                      {`"Gatehouse" <no-reply@portal.example.com>`},
		"Message-Id":                {"<LETTERID@portal.example.com>"},
		"Mime-Version":              {"1.0"},
		"Subject":                   {letter.Subject},
		"To":                        {"<marta@example.org>"},
	}
	if !maps.EqualFunc(header, want, slices.Equal) {
		t.Errorf("headers: got %v, want %v", header, want)
	}
	for _, name := range srv.greeted() {
		if name != "portal.example.com" {
			t.Errorf("EHLO: got %q, want portal.example.com", name)
		}
	}
}

func TestInjection(t *testing.T) {
	srv := (&server{}).start(t)
	c := srv.client(t, "")
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
		l := letter
		l.To = to
		if err := c.Send(t.Context(), l); !errors.Is(err, ErrAddress) {
			t.Errorf("Send to %q: got %v, want ErrAddress", to, err)
		}
	}
	if n := len(srv.letters()); n != 0 {
		t.Fatalf("letters at the server: got %d, want 0", n)
	}

	l := letter
	l.Subject = "Hello\r\nBcc: victim@example.org\r\n\r\nbody"
	if err := c.Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	header, text := srv.letters()[0].message(t)
	if got, want := header.Get("Subject"), "Hello  Bcc: victim@example.org    body"; got != want {
		t.Errorf("subject: got %q, want %q", got, want)
	}
	if bcc := header.Get("Bcc"); bcc != "" || text != letter.Text {
		t.Errorf("got Bcc %q and text %q, want none and %q", bcc, text, letter.Text)
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

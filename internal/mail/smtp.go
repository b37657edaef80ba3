package mail

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"
)

// smtpTimeout bounds a whole delivery, from looking up the server to its last
// answer.
const smtpTimeout = 30 * time.Second

var (
	// errURL names no part of the URL: a password with a stray / or # is read
	// as host, port or path.
	errURL = errors.New("SMTP URL is not smtp://user:password@host:port or smtps://user:password@host:port (percent-encode reserved characters in the password)")

	// ErrAddress is returned for an email whose To is not one bare address.
	ErrAddress = errors.New("not an email address")
)

// SMTP sends emails through a mail server, always over verified TLS. Each
// email has its own connection.
type SMTP struct {
	host, port     string
	implicit       bool // TLS from the first byte, not by STARTTLS
	user, password string
	from           *netmail.Address
	tls            *tls.Config
	timeout        time.Duration
}

var _ Sender = (*SMTP)(nil)

// NewSMTP reads the server's URL: smtp:// requires STARTTLS (port 587 unless
// given), smtps:// is TLS from the start (port 465). User and password may be
// left out together. from is the sender, "Name <address>" or an address; its
// domain also names us to the server and in Message-IDs, so that the name of
// the machine stays private. Errors never contain the URL.
func NewSMTP(rawURL, from string) (*SMTP, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/")+u.RawQuery+u.Fragment != "" {
		return nil, errURL
	}
	port, ok := map[string]string{"smtp": "587", "smtps": "465"}[u.Scheme]
	password, _ := u.User.Password()
	if !ok || (u.User.Username() == "") != (password == "") {
		return nil, errURL
	}
	sender, err := netmail.ParseAddress(from)
	if err != nil || strings.ContainsFunc(sender.Address, nonASCII) {
		return nil, fmt.Errorf("sender of emails: %w", ErrAddress)
	}
	return &SMTP{
		host:     u.Hostname(),
		port:     cmp.Or(u.Port(), port),
		implicit: u.Scheme == "smtps",
		user:     u.User.Username(),
		password: password,
		from:     sender,
		tls:      &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12},
		timeout:  smtpTimeout,
	}, nil
}

// String names the server, without the credentials.
func (s *SMTP) String() string {
	return "mail server " + net.JoinHostPort(s.host, s.port)
}

// Send delivers the email to the server. See Sender for its errors.
func (s *SMTP) Send(ctx context.Context, l Email) error {
	msg, err := s.message(l)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if err := s.deliver(ctx, msg); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
		return err
	}
	return nil
}

// message sets every header that would otherwise tell about the machine or the
// library, and refuses what could become a second header or recipient.
func (s *SMTP) message(l Email) (*gomail.Msg, error) {
	to, err := netmail.ParseAddress(l.To)
	if err != nil || to.Address != l.To || strings.ContainsFunc(l.To, invisible) {
		return nil, ErrAddress
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(s.from)
	to.Address = deliverable(l.To)
	msg.ToMailAddress(to)
	msg.Subject(oneLine(l.Subject))
	msg.SetDateWithValue(cmp.Or(l.At, time.Now()).UTC())
	msg.SetMessageIDWithValue(cmp.Or(l.ID, rand.Text()) + "@" + domain(s.from.Address))
	// RFC 3834: tells automatic replies not to answer.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, l.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, l.HTML)
	return msg, nil
}

// deliverable is the address with the ASCII form of its domain, because not every mail server knows another (RFC 6531).
func deliverable(address string) string {
	host := domain(address)
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		return strings.TrimSuffix(address, host) + ascii
	}
	return address
}

// oneLine turns line breaks and other invisible characters into spaces.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if invisible(r) {
			return ' '
		}
		return r
	}, s)
}

func invisible(r rune) bool { return !unicode.IsPrint(r) }

func nonASCII(r rune) bool { return r > unicode.MaxASCII }

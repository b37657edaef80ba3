package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strings"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// deliver holds one conversation. The connection is ours, not the library's:
// the library leaves it open after some failures and does not watch ctx once
// connected.
func (s *SMTP) deliver(ctx context.Context, msg *gomail.Msg) error {
	conn, err := s.dial(ctx)
	if err != nil {
		return failure("connect", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	options := []gomail.Option{
		gomail.WithDialContextFunc(func(context.Context, string, string) (net.Conn, error) { return conn, nil }),
		gomail.WithHELO(domain(s.from.Address)),
		gomail.WithTLSPolicy(gomail.TLSMandatory),
		gomail.WithTLSConfig(s.tls),
		gomail.WithTimeout(s.timeout),
		gomail.WithoutNoop(),
		gomail.WithoutRset(),
	}
	if s.implicit {
		options = append(options, gomail.WithSSL())
	}
	mailer, err := gomail.NewClient(s.host, options...)
	if err != nil {
		return fmt.Errorf("smtp: %w", err)
	}
	client, err := mailer.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return failure("greeting", err)
	}
	if err := s.signIn(client); err != nil {
		return err
	}
	if err := mailer.SendWithSMTPClient(client, msg); err != nil {
		return refusal(err)
	}
	// The server has the letter: what happens to the goodbye changes nothing.
	_ = client.Quit()
	return nil
}

func (s *SMTP) dial(ctx context.Context) (net.Conn, error) {
	addr := net.JoinHostPort(s.host, s.port)
	if s.implicit {
		return (&tls.Dialer{Config: s.tls}).DialContext(ctx, "tcp", addr)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
}

// signIn offers the password in the clear because the channel is TLS to a
// verified server. LOGIN is for Exchange, which has no PLAIN.
func (s *SMTP) signIn(client *smtp.Client) error {
	if s.user == "" {
		return nil
	}
	_, offered := client.Extension("AUTH")
	mechanisms := strings.Fields(offered)
	var auth smtp.Auth
	switch {
	case slices.Contains(mechanisms, "PLAIN"):
		auth = smtp.PlainAuth("", s.user, s.password, s.host, false)
	case slices.Contains(mechanisms, "LOGIN"):
		auth = smtp.LoginAuth(s.user, s.password, s.host, false)
	default:
		return fmt.Errorf("smtp sign-in: %w: server offers neither PLAIN nor LOGIN", ErrTemporary)
	}
	if err := client.Auth(auth); err != nil {
		return failure("sign-in", reason(err))
	}
	return nil
}

// failure says where the conversation broke off before the letter's turn came. That is never the letter's fault: a server
// that is away, a certificate that ran out and a password that was changed are put right, and then the letter leaves.
// The server's own words may be quoted up to the greeting only.
func failure(step string, err error) error {
	return fmt.Errorf("smtp %s: %w: %w", step, ErrTemporary, err)
}

// refusal says what the server answered to the letter, and whether to try again: unless it refused for good.
func refusal(err error) error {
	step, code := "sending", 0
	if e, ok := errors.AsType[*gomail.SendError](err); ok {
		step, code = e.Reason.String(), e.ErrorCode()
	}
	if code/100 == 5 {
		return fmt.Errorf("smtp %s: server answered %d", step, code)
	}
	if code != 0 {
		return failure(step, fmt.Errorf("server answered %d", code))
	}
	return failure(step, reason(err))
}

// reason is what is left of an error when the server's words are left out, which may repeat the password, the recipient or
// a link from the letter.
func reason(err error) error {
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		return fmt.Errorf("server answered %d", e.Code)
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("connection lost")
	}
	return errors.New("answer not understood")
}

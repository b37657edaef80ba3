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
		return failure("connect", err, true)
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
		return failure("greeting", err, true)
	}
	if err := s.signIn(client); err != nil {
		return err
	}
	if err := mailer.SendWithSMTPClient(client, msg); err != nil {
		return failure("sending", err, false)
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
		return errors.New("smtp sign-in: server offers neither PLAIN nor LOGIN")
	}
	if err := client.Auth(auth); err != nil {
		return failure("sign-in", err, false)
	}
	return nil
}

// failure says where the conversation broke off and whether to try again. The
// server's own words are quoted only up to the greeting: later ones may repeat
// the password, the recipient or a link from the letter.
func failure(step string, err error, quote bool) error {
	code := 0
	_, lost := errors.AsType[net.Error](err)
	lost = lost || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		code = e.Code
	}
	if e, ok := errors.AsType[*gomail.SendError](err); ok {
		code, step = e.ErrorCode(), e.Reason.String()
		lost = code == 0
	}
	reason := err
	switch {
	case quote:
	case code != 0:
		reason = fmt.Errorf("server answered %d", code)
	case lost:
		reason = errors.New("connection lost")
	default:
		reason = errors.New("answer not understood")
	}
	if lost || code/100 == 4 {
		return fmt.Errorf("smtp %s: %w: %w", step, ErrTemporary, reason)
	}
	return fmt.Errorf("smtp %s: %w", step, reason)
}

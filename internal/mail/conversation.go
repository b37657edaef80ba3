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

// deliver sends one message over a connection of its own. We open and close the connection, because the library leaves
// it open after some failures and does not watch ctx once connected.
func (s *SMTP) deliver(ctx context.Context, msg *gomail.Msg) error {
	return s.converse(ctx, func(mailer *gomail.Client, client *smtp.Client) error {
		if err := mailer.SendWithSMTPClient(client, msg); err != nil {
			return refusal(err)
		}
		return nil
	})
}

// Check tells the server from whom and to whom an email would be, and sends none. Its errors are those of Send.
func (s *SMTP) Check(ctx context.Context, to string) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.converse(ctx, func(_ *gomail.Client, client *smtp.Client) error {
		if err := client.Mail(s.from.Address); err != nil {
			return failure("sender", reason(err))
		}
		if err := client.Rcpt(deliverable(to)); err != nil {
			return failure("recipient", reason(err))
		}
		return client.Reset()
	})
}

// converse opens a connection, signs in, and says goodbye after do.
func (s *SMTP) converse(ctx context.Context, do func(mailer *gomail.Client, client *smtp.Client) error) error {
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
	if err := do(mailer, client); err != nil {
		return err
	}
	// The server has accepted the email, so an error of QUIT does not matter.
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

// signIn sends the password in the clear, which is safe inside TLS to a verified server. LOGIN is for Exchange, which
// has no PLAIN.
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

// failure is the error of a delivery that failed before the email was offered. It is temporary, because the cause (a
// server that is down, an expired certificate, a changed password) will be repaired. Only errors up to the greeting
// quote the server.
func failure(step string, err error) error {
	return fmt.Errorf("smtp %s: %w: %w", step, ErrTemporary, err)
}

// refusal is the error of an email that the server did not accept. It is temporary unless the server rejected the email
// permanently.
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

// reason is an error without the server's own text, which may repeat the password, the recipient or a link from the
// email.
func reason(err error) error {
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		return fmt.Errorf("server answered %d", e.Code)
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("connection lost")
	}
	return errors.New("answer not understood")
}

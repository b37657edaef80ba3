// Package mailtest is a mail server on this machine for tests. It does not know who sends what to it.
package mailtest

import (
	"bytes"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"mime"
	"mime/multipart"
	"net"
	netmail "net/mail"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// User and Password are what the server takes.
const (
	User     = "portal"
	Password = "canary-pass word"
)

// Server is a mail server on 127.0.0.1 that keeps what it is given.
type Server struct {
	Addr  string
	Roots *x509.CertPool // certificates to trust
	PEM   []byte         // the same, as a file has it

	// Faults, set before the server starts.
	Mechanisms []string
	SignIn     func() error
	Rcpt       func(to string) error // may reject a recipient
	Vanish     func() bool           // whether it closes the connection before the email
	Data       func(to string) error // may reject an email
	Hangup     func() bool           // whether it accepts the email and closes the connection without an answer
	NoTLS      bool                  // offers no STARTTLS
	Implicit   bool

	cert     tls.Certificate
	mu       sync.Mutex
	received []Received
	names    []string // given in EHLO
	attempts int      // to sign in
}

// Received is an email as it arrived.
type Received struct {
	From, To string
	Raw      []byte
}

// Start runs the server until the test ends, at a given address or a free one.
func (s *Server) Start(t testing.TB) *Server {
	t.Helper()
	if s.Roots == nil {
		s.Certify(t)
	}
	config := &tls.Config{Certificates: []tls.Certificate{s.cert}}
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.names = append(s.names, c.Hostname())
		return &conversation{server: s, conn: c}, nil
	}))
	srv.Domain = "mail.example.net"
	srv.ErrorLog = log.New(io.Discard, "", 0)
	srv.EnableSMTPUTF8 = true
	srv.AllowInsecureAuth = true
	if !s.NoTLS && !s.Implicit {
		srv.TLSConfig = config
	}
	var listen net.ListenConfig
	ln, err := listen.Listen(t.Context(), "tcp", cmp.Or(s.Addr, "127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	s.Addr = ln.Addr().String()
	if s.Implicit {
		ln = tls.NewListener(ln, config)
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = srv.Serve(ln) })
	t.Cleanup(func() {
		srv.Close()
		serving.Wait()
	})
	return s
}

// Emails returns what arrived so far, oldest first.
func (s *Server) Emails() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.received)
}

// Greeted returns the names clients gave in EHLO.
func (s *Server) Greeted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.names)
}

// SignIns counts the passwords that clients sent.
func (s *Server) SignIns() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attempts
}

// conversation is one client's session with a server.
type conversation struct {
	server *Server
	conn   *smtp.Conn
	Received
}

func (c *conversation) Reset()        {}
func (c *conversation) Logout() error { return nil }

func (c *conversation) AuthMechanisms() []string { return c.server.Mechanisms }

func (c *conversation) Auth(mechanism string) (sasl.Server, error) {
	if mechanism == "LOGIN" {
		return &loginServer{check: c.server.check}, nil
	}
	return sasl.NewPlainServer(func(_, u, p string) error { return c.server.check(u, p) }), nil
}

func (s *Server) check(u, p string) error {
	s.mu.Lock()
	s.attempts++
	s.mu.Unlock()
	switch {
	case s.SignIn != nil:
		return s.SignIn()
	case u != User || p != Password:
		return smtp.ErrAuthFailed
	}
	return nil
}

func (c *conversation) Mail(from string, _ *smtp.MailOptions) error {
	c.From = from
	return nil
}

func (c *conversation) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.To += to
	if c.server.Vanish != nil && c.server.Vanish() {
		return c.conn.Conn().Close()
	}
	if c.server.Rcpt != nil {
		return c.server.Rcpt(to)
	}
	return nil
}

func (c *conversation) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if c.server.Data != nil {
		if err := c.server.Data(c.To); err != nil {
			return err
		}
	}
	c.Raw = raw
	c.server.mu.Lock()
	c.server.received = append(c.server.received, c.Received)
	c.server.mu.Unlock()
	if c.server.Hangup != nil && c.server.Hangup() {
		return c.conn.Conn().Close()
	}
	return nil
}

// loginServer is AUTH LOGIN: the name, then the password.
type loginServer struct {
	check func(user, password string) error
	user  *string
}

func (l *loginServer) Next(answer []byte) ([]byte, bool, error) {
	switch {
	case answer == nil:
		return []byte("Username:"), false, nil
	case l.user == nil:
		l.user = new(string(answer))
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(*l.user, string(answer))
}

// A Message is a parsed email.
type Message struct {
	Header     netmail.Header
	Text, HTML string
}

// Message parses what arrived. It fails unless that is text and HTML, side by side, in this order.
func (r Received) Message(t testing.TB) Message {
	t.Helper()
	msg, err := netmail.ReadMessage(bytes.NewReader(r.Raw))
	if err != nil {
		t.Fatalf("reading %q: %v", r.Raw, err)
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type: got %q, %v, want multipart/alternative", msg.Header.Get("Content-Type"), err)
	}
	parts := multipart.NewReader(msg.Body, params["boundary"])
	m := Message{Header: msg.Header}
	for _, alternative := range []struct {
		kind string
		into *string
	}{{"text/plain; charset=UTF-8", &m.Text}, {"text/html; charset=UTF-8", &m.HTML}} {
		part, err := parts.NextPart() // decodes quoted-printable
		if err != nil || part.Header.Get("Content-Type") != alternative.kind {
			t.Fatalf("got no part of %s: %v", alternative.kind, err)
		}
		decoded, err := io.ReadAll(part)
		if err != nil {
			t.Fatalf("decoding %q: %v", r.Raw, err)
		}
		*alternative.into = string(bytes.ReplaceAll(decoded, []byte("\r\n"), []byte("\n")))
	}
	if _, err := parts.NextPart(); err != io.EOF {
		t.Fatalf("after the HTML: got %v, want the end", err)
	}
	return m
}

// Certify gives the server a certificate for 127.0.0.1. Start calls it unless a test has.
func (s *Server) Certify(t testing.TB) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Unix(0, 0), // the clock of a test may stand in 2000
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:         true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s.Roots = x509.NewCertPool()
	s.Roots.AddCert(leaf)
	s.PEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	s.cert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

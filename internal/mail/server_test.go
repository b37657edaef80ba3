package mail

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

const (
	user     = "portal"
	password = "canary-pass word"
)

// server is a mail server on 127.0.0.1 that keeps what it is given.
type server struct {
	addr  string
	cert  tls.Certificate
	roots *x509.CertPool

	// What it does differently, set before it starts.
	mechanisms []string
	signIn     func() error
	data       func(to string) error
	noTLS      bool // offers no STARTTLS
	implicit   bool

	mu       sync.Mutex
	received []received
	names    []string // given in EHLO
	attempts int      // to sign in
}

type received struct {
	from, to string
	raw      []byte
}

// start runs the server until the test ends.
func (s *server) start(t *testing.T) *server {
	t.Helper()
	s.cert, s.roots = certificate(t)
	config := &tls.Config{Certificates: []tls.Certificate{s.cert}}
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.names = append(s.names, c.Hostname())
		return &conversation{server: s}, nil
	}))
	srv.Domain = "mail.example.net"
	srv.ErrorLog = log.New(io.Discard, "", 0)
	srv.EnableSMTPUTF8 = true
	srv.AllowInsecureAuth = true
	if !s.noTLS && !s.implicit {
		srv.TLSConfig = config
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = ln.Addr().String()
	if s.implicit {
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

// letters returns what arrived so far, oldest first.
func (s *server) letters() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.received)
}

// greeted returns the names clients gave in EHLO.
func (s *server) greeted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.names)
}

// signIns counts the passwords that clients sent.
func (s *server) signIns() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attempts
}

// conversation is one client's session with a server.
type conversation struct {
	server *server
	received
}

func (c *conversation) Reset()        {}
func (c *conversation) Logout() error { return nil }

func (c *conversation) AuthMechanisms() []string { return c.server.mechanisms }

func (c *conversation) Auth(mechanism string) (sasl.Server, error) {
	if mechanism == "LOGIN" {
		return &loginServer{check: c.server.check}, nil
	}
	return sasl.NewPlainServer(func(_, u, p string) error { return c.server.check(u, p) }), nil
}

func (s *server) check(u, p string) error {
	s.mu.Lock()
	s.attempts++
	s.mu.Unlock()
	switch {
	case s.signIn != nil:
		return s.signIn()
	case u != user || p != password:
		return smtp.ErrAuthFailed
	}
	return nil
}

func (c *conversation) Mail(from string, _ *smtp.MailOptions) error {
	c.from = from
	return nil
}

func (c *conversation) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.to += to
	return nil
}

func (c *conversation) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if c.server.data != nil {
		if err := c.server.data(c.to); err != nil {
			return err
		}
	}
	c.raw = raw
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.server.received = append(c.server.received, c.received)
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

// client returns an SMTP that trusts the server. credentials is "" or
// "user:password@", percent-encoded.
func (s *server) client(t *testing.T, credentials string) *SMTP {
	t.Helper()
	scheme := "smtp://"
	if s.implicit {
		scheme = "smtps://"
	}
	c, err := NewSMTP(scheme+credentials+s.addr, "Gatehouse <no-reply@portal.example.com>")
	if err != nil {
		t.Fatal(err)
	}
	c.tls.RootCAs = s.roots
	return c
}

// message parses what arrived and decodes its text.
func (r received) message(t *testing.T) (netmail.Header, string) {
	t.Helper()
	msg, err := netmail.ReadMessage(bytes.NewReader(r.raw))
	if err != nil {
		t.Fatalf("reading %q: %v", r.raw, err)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(msg.Body))
	if err != nil {
		t.Fatalf("decoding %q: %v", r.raw, err)
	}
	return msg.Header, string(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
}

// certificate makes one for 127.0.0.1 and a pool that trusts it.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
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
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

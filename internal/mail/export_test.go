package mail

import (
	"crypto/x509"
	"time"
)

// For the tests in package mail_test, which import the store.
const (
	Lease     = lease
	PollEvery = pollEvery
)

// Pauses are the pauses between the attempts to send an email.
var Pauses = pauses

// Expiring is expiring for tests outside of the package.
func (l Email) Expiring(valid time.Duration) Email { return l.expiring(valid) }

// Trust makes the client believe in other certificates than the machine does.
func (s *SMTP) Trust(roots *x509.CertPool) *SMTP {
	s.tls.RootCAs = roots
	return s
}

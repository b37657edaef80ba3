package mail

import (
	"crypto/x509"
	"time"
)

// For tests outside of the package, which a store may import.
const (
	Lease      = lease
	PollEvery  = pollEvery
	MaxWaiting = maxWaiting
)

// Pauses are those between the attempts to send a letter.
var Pauses = pauses

// Until is the letter with a link that works for as long as valid.
func (l Letter) Until(valid time.Duration) Letter { return l.until(valid) }

// Trust makes the client believe in other certificates than the machine does.
func (s *SMTP) Trust(roots *x509.CertPool) *SMTP {
	s.tls.RootCAs = roots
	return s
}

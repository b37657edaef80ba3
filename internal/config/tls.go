package config

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"

	"example.com/gatehouse/internal/brand"
)

// certificate reads TLS_CERT, TLS_KEY and ACME_DOMAIN. It loads the pair, so that a wrong file stops the start and not the
// first request.
func (l *loader) certificate() {
	l.s.TLSCert, l.s.TLSKey, l.s.ACMEDomain = l.flags.TLSCert, l.flags.TLSKey, strings.ToLower(l.flags.ACMEDomain)
	if domain := l.s.ACMEDomain; domain != "" {
		if !validHost(domain) || !strings.Contains(domain, ".") || net.ParseIP(domain) != nil {
			l.refuse("ACME_DOMAIN", "%q is not a domain such as portal.example", domain)
		}
		if l.s.TLSCert != "" || l.s.TLSKey != "" {
			l.refuse("ACME_DOMAIN", "is set together with %s or %s: use one or the other", brand.Env("TLS_CERT"), brand.Env("TLS_KEY"))
		}
	}
	if l.s.TLSCert == "" && l.s.TLSKey == "" {
		return
	}
	cert, key := l.file("TLS_CERT", l.s.TLSCert), l.file("TLS_KEY", l.s.TLSKey)
	if cert == nil || key == nil {
		return
	}
	if _, err := tls.X509KeyPair(cert, key); err != nil {
		l.refuse("TLS_CERT", "does not go with %s: %v", brand.Env("TLS_KEY"), err)
	}
}

func (l *loader) file(name, path string) []byte {
	if path == "" {
		l.refuse(name, "is missing: a certificate and its key are set together")
		return nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		l.refuse(name, "its file cannot be read: %v", withoutPath(err))
		return nil
	}
	return content
}

// withoutPath drops the file name from an error: it is where somebody pastes the secret itself.
func withoutPath(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

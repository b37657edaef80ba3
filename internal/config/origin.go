package config

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strings"
)

// certificate reads TLS_CERT, TLS_KEY and ACME_DOMAIN. It loads the pair, so that a wrong file stops the start and not the
// first visitor.
func (l *loader) certificate() {
	l.s.TLSCert, l.s.TLSKey, l.s.ACMEDomain = l.flags.TLSCert, l.flags.TLSKey, strings.ToLower(l.flags.ACMEDomain)
	if domain := l.s.ACMEDomain; domain != "" {
		if !validHost(domain) || !strings.Contains(domain, ".") || net.ParseIP(domain) != nil {
			l.refuse("ACME_DOMAIN", "%q is not a domain such as portal.example", domain)
		}
		if l.s.TLSCert != "" || l.s.TLSKey != "" {
			l.refuse("ACME_DOMAIN", "is set together with GATEHOUSE_TLS_CERT or GATEHOUSE_TLS_KEY: use one or the other")
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
		l.refuse("TLS_CERT", "does not go with GATEHOUSE_TLS_KEY: %v", err)
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

// baseURL reads BASE_URL. The text is not repeated when it is wrong: it may hold a password.
func (l *loader) baseURL() {
	l.s.BaseURL = l.derivedBaseURL()
	derived := l.flags.BaseURL == ""
	if !derived {
		u, ok := parseOrigin(l.flags.BaseURL)
		if !ok || u.Port() == "0" {
			l.refuse("BASE_URL", "is not an absolute URL of scheme, host and port only, such as https://portal.example")
			return
		}
		l.s.BaseURL = u
	}
	host, domain := l.s.BaseURL.Hostname(), l.s.ACMEDomain
	switch {
	case l.s.HTTPS() && domain != "" && host != domain && l.fine("ACME_DOMAIN"):
		l.refuse("BASE_URL", "%s is not on GATEHOUSE_ACME_DOMAIN (%s)", l.s.Origin(), domain)
	case l.s.HTTPS() && l.s.Production() && derived && loopback(host):
		l.warn("BASE_URL", "is not set: links in letters lead to %s", l.s.Origin())
	case l.s.HTTPS():
	case l.s.Production():
		l.refuse("BASE_URL", "%s is not https, which production requires", l.s.Origin())
	case domain != "" || l.s.TLSCert != "":
		l.refuse("BASE_URL", "%s is not https, though the listener is", l.s.Origin())
	case !loopback(host) && !l.s.InsecureCookie:
		l.refuse("BASE_URL", "%s is neither https nor this machine: browsers drop the cookie there, unless GATEHOUSE_INSECURE_COOKIE is set", l.s.Origin())
	}
}

// derivedBaseURL is where a browser on this machine finds the listener. A domain that fetches its own certificate is
// reached on port 443, whatever port is forwarded to.
func (l *loader) derivedBaseURL() url.URL {
	if l.s.ACMEDomain != "" {
		return origin("https", l.s.ACMEDomain, "")
	}
	scheme := "http"
	if l.s.TLSCert != "" {
		scheme = "https"
	}
	host, port, _ := net.SplitHostPort(l.s.Addr)
	if wildcard(host) {
		host = "localhost"
	}
	return origin(scheme, host, port)
}

// cookie reads INSECURE_COOKIE.
func (l *loader) cookie() {
	switch {
	case !l.s.InsecureCookie:
	case l.s.Production():
		l.refuse("INSECURE_COOKIE", "is for development: production requires Secure cookies")
	case l.s.HTTPS():
		l.warn("INSECURE_COOKIE", "is ignored: the base URL is https")
	}
}

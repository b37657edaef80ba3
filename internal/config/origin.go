package config

import (
	"net"
	"net/url"
	"strings"

	"example.com/gatehouse/internal/brand"
)

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
		l.refuse("BASE_URL", "%s is not on %s (%s)", l.s.Origin(), brand.Env("ACME_DOMAIN"), domain)
	case l.s.HTTPS() && l.s.Production() && derived && loopback(host):
		l.warn("BASE_URL", "is not set: links in emails lead to %s", l.s.Origin())
	case l.s.HTTPS():
	case l.s.Production():
		l.refuse("BASE_URL", "%s is not https, which production requires", l.s.Origin())
	case domain != "" || l.s.TLSCert != "":
		l.refuse("BASE_URL", "%s is not https, though the listener is", l.s.Origin())
	case !loopback(host) && !l.s.InsecureCookie:
		l.refuse("BASE_URL", "%s is neither https nor this machine: browsers drop the cookie there, unless %s is set", l.s.Origin(), brand.Env("INSECURE_COOKIE"))
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

// parseOrigin reads an absolute http or https URL that has nothing but a host and perhaps a port, and writes it as
// browsers do. It is false for anything else.
func parseOrigin(text string) (url.URL, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Path != "" && u.Path != "/" ||
		strings.ContainsAny(text, "?#") || !validHost(u.Hostname()) || u.Port() != "" && !validPort(u.Port()) {
		return url.URL{}, false
	}
	return origin(u.Scheme, u.Hostname(), u.Port()), true
}

func origin(scheme, host, port string) url.URL {
	host = strings.ToLower(host)
	if port == "" || scheme == "http" && port == "80" || scheme == "https" && port == "443" {
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		return url.URL{Scheme: scheme, Host: host}
	}
	return url.URL{Scheme: scheme, Host: net.JoinHostPort(host, port)}
}

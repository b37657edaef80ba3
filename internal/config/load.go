package config

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"example.com/gatehouse/internal/brand"
)

// Settings fills in the profile and the defaults and returns the settings with warnings, one sentence each. The error
// joins all mistakes, each one line that begins with the variable's name; the settings are then empty. No secret is in
// warnings or error.
func (f *Flags) Settings() (Settings, []string, error) {
	l := loader{flags: f, refused: map[string]bool{}}
	l.s.OpsAnyNetwork = f.OpsAnyNetwork
	l.s.InsecureCookie, l.s.AllowShortLifetime = f.InsecureCookie, f.AllowShortLifetime
	l.s.Env = l.oneOf("ENV", f.Env, development, production)
	l.s.Demo = l.oneOf("DEMO", cmp.Or(f.Demo, strconv.FormatBool(!l.s.Production())), "true", "false") == "true"
	l.s.Notes = l.oneOf("NOTES", f.Notes, "on", "off")
	l.s.GeoDatabase = f.GeoDatabase
	l.listeners()
	l.certificate()
	l.baseURL()
	l.cookie()
	l.labs()
	l.database()
	l.s.DatabaseConns = l.number("DATABASE_CONNS", f.DatabaseConns, 24, 1, 1000)
	l.s.Migrate = l.oneOf("MIGRATE", f.Migrate, "auto", "off")
	l.redis()
	l.sessions()
	l.keys()
	l.mail()
	l.proxies()
	l.s.ProxyHeader = l.oneOf("PROXY_HEADER", f.ProxyHeader, "x-forwarded-for", "forwarded")
	l.s.HSTS = l.duration("HSTS", f.HSTS, 2*year, 0)
	l.s.StopDelay = l.duration("STOP_DELAY", f.StopDelay, 0, 0)
	l.s.LogFormat = l.oneOf("LOG_FORMAT", f.LogFormat, "text", "json")
	if f.LogFormat == "" && l.s.Production() {
		l.s.LogFormat = "json"
	}
	if l.mistakes != nil {
		return Settings{}, l.warnings, errors.Join(l.mistakes...)
	}
	return l.s, l.warnings, nil
}

// A loader goes on after a mistake. It remembers which variables were refused, so that the default in place of a refused
// one is not compared with the others and refused too.
type loader struct {
	flags    *Flags
	s        Settings
	refused  map[string]bool
	mistakes []error
	warnings []string
}

func (l *loader) refuse(name, format string, args ...any) {
	l.refused[name] = true
	l.mistakes = append(l.mistakes, fmt.Errorf("%s: %s", brand.Env(name), fmt.Sprintf(format, args...)))
}

func (l *loader) warn(name, format string, args ...any) {
	l.warnings = append(l.warnings, fmt.Sprintf("%s: %s", brand.Env(name), fmt.Sprintf(format, args...)))
}

func (l *loader) fine(names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return l.refused[name] })
}

// oneOf returns the choice that was given, or the first.
func (l *loader) oneOf(name, text string, choices ...string) string {
	if text == "" || slices.Contains(choices, text) {
		return cmp.Or(text, choices[0])
	}
	l.refuse(name, "%q is not one of %s", text, strings.Join(choices, ", "))
	return choices[0]
}

func (l *loader) number(name, text string, byDefault, least, most int) int {
	if text == "" {
		return byDefault
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		l.refuse(name, "%q is not a number from %d to %d", text, least, most)
		return byDefault
	}
	return n
}

// labs reads LABS, which is for this machine alone.
func (l *loader) labs() {
	host, _, _ := net.SplitHostPort(l.s.Addr)
	switch l.s.Labs = l.flags.Labs; {
	case !l.s.Labs:
	case l.s.Production():
		l.refuse("LABS", "serves a portal that is made to be broken into, which production must not")
	case l.fine("ADDR") && !loopback(host):
		l.refuse("LABS", "is for this machine alone, but %s is %s, where others reach it", brand.Env("ADDR"), l.s.Addr)
	case l.fine("ADDR", "BASE_URL") && !loopback(l.s.BaseURL.Hostname()):
		l.refuse("LABS", "is for this machine alone, but %s is %s", brand.Env("BASE_URL"), l.s.Origin())
	}
}

func (l *loader) mail() {
	l.smtp()
	text := l.flags.MailFrom
	if text == "" {
		host := l.s.BaseURL.Hostname()
		if _, err := netip.ParseAddr(host); err == nil {
			host = "localhost"
		}
		l.s.MailFrom = mail.Address{Name: brand.Name, Address: "no-reply@" + host}
		return
	}
	from, err := mail.ParseAddress(text)
	// Not every mail server takes an address beyond ASCII (RFC 6531). A name is encoded.
	if err != nil || strings.ContainsFunc(from.Address, func(r rune) bool { return r > unicode.MaxASCII }) {
		l.refuse("MAIL_FROM", "%q is not a sender such as %s <no-reply@portal.example>", text, brand.Name)
		return
	}
	l.s.MailFrom = *from
}

package config

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"example.com/gatehouse/internal/brand"
)

const hidden = "hidden"

// Print writes every setting as NAME=value, one a line, in the order of [Flags]. Keys and passwords are not in it.
func (s Settings) Print(w io.Writer) {
	for _, line := range [][2]string{
		{"ADDR", s.Addr},
		{"BASE_URL", s.Origin()},
		{"ENV", s.Env},
		{"DEMO", strconv.FormatBool(s.Demo)},
		{"NOTES", s.Notes},
		{"LABS", strconv.FormatBool(s.Labs)},
		{"GEO_DATABASE", s.GeoDatabase},
		{"DATABASE_URL", redact(s.DatabaseURL)},
		{"DATABASE_CONNS", strconv.Itoa(s.DatabaseConns)},
		{"MIGRATE", s.Migrate},
		{"REDIS_URL", redact(s.RedisURL)},
		{"PROFILE", s.Profile},
		{"SESSION_IDLE", formatDuration(s.SessionIdle)},
		{"SESSION_LIFETIME", formatDuration(s.SessionLifetime)},
		{"SESSION_ELEVATION", formatDuration(s.SessionElevation)},
		{"SESSION_WARNING", formatDuration(s.SessionWarning)},
		{"SESSION_TOUCH", formatDuration(s.SessionTouch)},
		{"REMEMBER_IDLE", formatDuration(s.RememberIdle)},
		{"REMEMBER_LIFETIME", formatDuration(s.RememberLifetime)},
		{"SESSIONS_PER_USER", strconv.Itoa(s.SessionsPerUser)},
		{"ON_CLIENT_CHANGE", s.OnClientChange},
		{"SWEEP_EVERY", formatDuration(s.SweepEvery)},
		{"KEEP_ENDED", formatDuration(s.KeepEnded)},
		{"REQUIRE_SECOND_FACTOR", strconv.FormatBool(s.RequireSecondFactor)},
		{"KEYS", strings.Join(slices.Repeat([]string{hidden}, len(s.Keys)), ",")},
		{"SMTP_URL", redact(s.SMTPURL)},
		{"MAIL_FROM", s.MailFrom.String()},
		{"TRUSTED_PROXIES", strings.ReplaceAll(strings.Trim(fmt.Sprint(s.TrustedProxies), "[]"), " ", ",")},
		{"PROXY_HEADER", s.ProxyHeader},
		{"INSECURE_COOKIE", strconv.FormatBool(s.InsecureCookie)},
		{"ALLOW_SHORT_LIFETIME", strconv.FormatBool(s.AllowShortLifetime)},
		{"HSTS", formatDuration(s.HSTS)},
		{"TLS_CERT", s.TLSCert},
		{"TLS_KEY", s.TLSKey},
		{"ACME_DOMAIN", s.ACMEDomain},
		{"OPS_ADDR", s.OpsAddr},
		{"OPS_ANY_NETWORK", strconv.FormatBool(s.OpsAnyNetwork)},
		{"STOP_DELAY", formatDuration(s.StopDelay)},
		{"LOG_FORMAT", s.LogFormat},
	} {
		fmt.Fprintf(w, "%s=%s\n", brand.Env(line[0]), line[1])
	}
}

// Format prints as Print does whatever the verb, so that no %+v shows a secret.
func (s Settings) Format(f fmt.State, _ rune) { s.Print(f) }

// MarshalText prints as Print does, so that no JSON and no log line shows a secret.
func (s Settings) MarshalText() ([]byte, error) {
	var b bytes.Buffer
	s.Print(&b)
	return b.Bytes(), nil
}

// redact hides what may be secret in a URL: the password, a user without one or equal to it (some mail and Redis
// services use a token so), and every parameter not known to be harmless.
func redact(text string) string {
	if text == "" || strings.HasPrefix(text, "sqlite:") {
		return text
	}
	u, err := url.Parse(text)
	if err != nil {
		return hidden
	}
	if u.User != nil {
		password, given := u.User.Password()
		switch {
		case !given:
			u.User = url.User(hidden)
		case u.User.Username() == password:
			u.User = url.UserPassword(hidden, hidden)
		default:
			u.User = url.UserPassword(u.User.Username(), hidden)
		}
	}
	query := u.Query()
	for name := range query {
		if !slices.Contains([]string{"host", "port", "dbname", "sslmode"}, name) {
			query.Set(name, hidden)
		}
	}
	u.RawQuery = query.Encode()
	return u.String()
}

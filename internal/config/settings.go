package config

import (
	"net/mail"
	"net/netip"
	"net/url"
	"strconv"
	"time"
)

// Settings are what the portal runs with: complete, typed and consistent with each other. They come from [Flags.Settings].
type Settings struct {
	Addr    string  // ADDR: host:port of the listener; the host may be empty, the port 0
	BaseURL url.URL // BASE_URL: scheme and host, in the form browsers send in Origin; see [Settings.Listening] for port 0
	Env     string  // ENV: "development" or "production"
	Demo    bool    // DEMO: whether visitors are offered an account to try
	Notes   string  // NOTES: "on" or "off"
	Labs    bool    // LABS: whether the twin and its labs are served, never in production

	GeoDatabase string // GEO_DATABASE: a file, empty for none

	DatabaseURL   string // DATABASE_URL: "sqlite:FILE", "postgres://..." or "postgresql://...". Secret
	DatabaseConns int    // DATABASE_CONNS: 1 to 1000
	Migrate       string // MIGRATE: "auto" or "off"
	RedisURL      string // REDIS_URL: "redis://..." or "rediss://...", empty without Redis. Secret

	Profile          string        // PROFILE: "banking", "standard" or "relaxed"
	SessionIdle      time.Duration // SESSION_IDLE: idle timeout
	SessionLifetime  time.Duration // SESSION_LIFETIME: absolute limit, at least SessionIdle
	SessionElevation time.Duration // SESSION_ELEVATION: how long a re-authentication counts
	SessionWarning   time.Duration // SESSION_WARNING: how long before the idle end to warn, less than SessionIdle
	SessionTouch     time.Duration // SESSION_TOUCH: least time between two records of activity, at most half of every idle timeout
	RememberIdle     time.Duration // REMEMBER_IDLE: idle timeout with "keep me signed in", 0 when it is not offered
	RememberLifetime time.Duration // REMEMBER_LIFETIME: absolute limit with "keep me signed in", 0 when it is not offered
	SessionsPerUser  int           // SESSIONS_PER_USER: 1 to 1000
	OnClientChange   string        // ON_CLIENT_CHANGE: "flag", "reauth" or "end"
	SweepEvery       time.Duration // SWEEP_EVERY: pause between two sweeps
	KeepEnded        time.Duration // KEEP_ENDED: how long ended sessions are kept

	RequireSecondFactor bool // REQUIRE_SECOND_FACTOR: whether an account without a second factor can do nothing but get one

	Keys     [][]byte     // KEYS: 32 bytes each, newest first; none only in development. Secret
	SMTPURL  string       // SMTP_URL: "smtp://..." or "smtps://..." with a port, empty only in development. Secret
	MailFrom mail.Address // MAIL_FROM: sender of emails

	TrustedProxies     []netip.Prefix // TRUSTED_PROXIES: masked, IPv4 as IPv4
	ProxyHeader        string         // PROXY_HEADER: "x-forwarded-for" or "forwarded"
	InsecureCookie     bool           // INSECURE_COOKIE: as given; [Settings.Secure] decides
	AllowShortLifetime bool           // ALLOW_SHORT_LIFETIME
	HSTS               time.Duration  // HSTS: max-age of Strict-Transport-Security, whole seconds
	TLSCert            string         // TLS_CERT: path of a PEM file that was read and fits TLSKey, or empty
	TLSKey             string         // TLS_KEY: path of a PEM file, or empty
	ACMEDomain         string         // ACME_DOMAIN: lower case, or empty

	OpsAddr       string // OPS_ADDR: host:port of the second listener, empty for none
	OpsAnyNetwork bool   // OPS_ANY_NETWORK

	StopDelay time.Duration // STOP_DELAY: how long /readyz answers 503 before the port closes
	LogFormat string        // LOG_FORMAT: "text" or "json"
}

const (
	development = "development"
	production  = "production"
)

// Production reports whether the portal serves people rather than its developer.
func (s Settings) Production() bool { return s.Env == production }

// HTTPS reports whether browsers reach the portal over https, whoever terminates it.
func (s Settings) HTTPS() bool { return s.BaseURL.Scheme == "https" }

// Secure reports whether cookies carry Secure and the __Host- prefix. Browsers accept both on http://localhost, so only
// INSECURE_COOKIE gives them up, and never over https (ASVS v5.0.0-3.3.1).
func (s Settings) Secure() bool { return s.HTTPS() || !s.InsecureCookie }

// Origin returns the base URL as browsers write it in an Origin header: scheme, host, and the port unless it is the
// scheme's own.
func (s Settings) Origin() string { return s.BaseURL.String() }

// Remember reports whether "keep me signed in" is offered.
func (s Settings) Remember() bool { return s.RememberLifetime > 0 }

// DevMail reports whether emails go to the development mailbox instead of a mail server.
func (s Settings) DevMail() bool { return s.SMTPURL == "" }

// Listening returns the settings once the listener has its port. Only a base URL that was made from an ADDR with port 0
// changes.
func (s Settings) Listening(port int) Settings {
	if s.BaseURL.Port() == "0" {
		s.BaseURL = origin(s.BaseURL.Scheme, s.BaseURL.Hostname(), strconv.Itoa(port))
	}
	return s
}

// Package config turns what an operator wrote into typed settings, and reports all mistakes at once.
// It does not know what the settings are for: it opens no connection and imports none of the packages it configures.
package config

import (
	"github.com/alecthomas/kong"

	"example.com/gatehouse/internal/brand"
)

// Flags are the settings as they were given, on the command line or in the environment. The zero value is a working
// development set-up. Everything but a switch is raw text, because kong stops at the first value it cannot decode and
// repeats it: [Flags.Settings] names every mistake and repeats no secret.
type Flags struct {
	Addr    string `env:"${prefix}ADDR" group:"Portal" placeholder:"localhost:8080" help:"Address to listen on, host:port. Port 0 takes a free one."`
	BaseURL string `env:"${prefix}BASE_URL" group:"Portal" placeholder:"URL" help:"Where browsers find the portal: scheme, host and port. Decides links in emails, cookie security and which origin may post. Made from the address when empty."`
	Env     string `env:"${prefix}ENV" group:"Portal" placeholder:"development" help:"development or production. Production refuses what is only safe on a laptop."`
	Demo    string `env:"${prefix}DEMO" group:"Portal" placeholder:"true" help:"true or false: whether the landing page offers a private account to try, which is deleted after two hours. false in production when empty."`
	Notes   string `env:"${prefix}NOTES" group:"Portal" placeholder:"on" help:"on or off: whether pages show their margin notes. Where they do, each person can hide them."`
	Labs    bool   `env:"${prefix}LABS" group:"Portal" help:"Development only: serve a portal with planted mistakes on a port of this machine, and at /labs the labs in which it is attacked."`

	GeoDatabase string `env:"${prefix}GEO_DATABASE" group:"Portal" placeholder:"PATH" help:"A file of yours in MaxMind's format, with the country of each address, for pages and emails to name beside it. Nothing is guessed without one."`

	DatabaseURL     string `env:"${prefix}DATABASE_URL" group:"Data" placeholder:"sqlite:${database}" help:"sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME. A pooler in transaction mode is noticed; ?default_query_exec_mode=cache_describe says so to one that is not."`
	DatabaseURLFile string `env:"${prefix}DATABASE_URL_FILE" group:"Data" placeholder:"PATH" help:"File that holds the database URL."`
	DatabaseConns   string `env:"${prefix}DATABASE_CONNS" group:"Data" placeholder:"24" help:"Connections to the database at once, 1 to 1000. A stock PostgreSQL has 100 for all instances together."`
	Migrate         string `env:"${prefix}MIGRATE" group:"Data" placeholder:"auto" help:"auto or off: whether serving brings the database up to date at its start. With off it refuses one that is not; run: web migrate."`
	RedisURL        string `env:"${prefix}REDIS_URL" group:"Data" placeholder:"URL" help:"redis:// or rediss://. Session values and rate limits are kept there instead of in the database and in memory."`
	RedisURLFile    string `env:"${prefix}REDIS_URL_FILE" group:"Data" placeholder:"PATH" help:"File that holds the Redis URL."`

	Profile          string `env:"${prefix}PROFILE" group:"Sessions" placeholder:"standard" help:"Preset of the limits below: banking, standard or relaxed. A limit that is set overrides it. Durations are written 90s, 30m, 24h or 7d."`
	SessionIdle      string `env:"${prefix}SESSION_IDLE" group:"Sessions" placeholder:"30m" help:"Idle timeout: a session ends this long after its last request. 10m for banking, 2h for relaxed."`
	SessionLifetime  string `env:"${prefix}SESSION_LIFETIME" group:"Sessions" placeholder:"24h" help:"Absolute limit: a session ends this long after sign-in, whatever happens in it. 8h for banking. At least 11 times the idle timeout."`
	SessionElevation string `env:"${prefix}SESSION_ELEVATION" group:"Sessions" placeholder:"15m" help:"How long after a re-authentication a session may change sensitive data without another one."`
	SessionWarning   string `env:"${prefix}SESSION_WARNING" group:"Sessions" placeholder:"2m" help:"How long before an idle session ends the page warns. A fifth of the idle timeout, between 30s and 2m, when empty."`
	SessionTouch     string `env:"${prefix}SESSION_TOUCH" group:"Sessions" placeholder:"1m" help:"Activity is written at most this often, so a session may end this much early. A thirtieth of the shortest idle timeout, at most 1m, when empty."`
	RememberIdle     string `env:"${prefix}REMEMBER_IDLE" group:"Sessions" placeholder:"7d" help:"Idle timeout of a session that ticked \"keep me signed in\". 0 removes the choice, as banking does."`
	RememberLifetime string `env:"${prefix}REMEMBER_LIFETIME" group:"Sessions" placeholder:"30d" help:"Absolute limit of a session that ticked \"keep me signed in\". 0 removes the choice."`
	SessionsPerUser  string `env:"${prefix}SESSIONS_PER_USER" group:"Sessions" placeholder:"20" help:"Sessions one account may have at once, 1 to 1000. One more ends the oldest."`
	OnClientChange   string `env:"${prefix}ON_CLIENT_CHANGE" group:"Sessions" placeholder:"flag" help:"What happens to a session that is used from a browser or network it does not know: flag shows it to its owner as suspicious, reauth also asks for a re-authentication, end ends it."`
	SweepEvery       string `env:"${prefix}SWEEP_EVERY" group:"Sessions" placeholder:"1m" help:"How often sessions that timed out unobserved are ended and old records deleted."`
	KeepEnded        string `env:"${prefix}KEEP_ENDED" group:"Sessions" placeholder:"30d" help:"How long an ended session is kept, to say why it ended."`

	RequireSecondFactor string `env:"${prefix}REQUIRE_SECOND_FACTOR" group:"Sessions" placeholder:"false" help:"true or false: whether everybody needs two-factor authentication. Who signs in without it can do nothing but set it up. Demo accounts are left out."`

	Keys        string `env:"${prefix}KEYS" group:"Sessions" placeholder:"KEY,..." help:"Keys that encrypt session values and the secrets of authenticator apps, newest first: 32 bytes each in base64, comma-separated. Make one with: openssl rand -base64 32. The secret of an app is encrypted again with the newest key when its next code is accepted; after an old key is removed, an app not used since needs a recovery code. Required in production."`
	KeysFile    string `env:"${prefix}KEYS_FILE" group:"Sessions" placeholder:"PATH" help:"File that holds the keys."`
	SMTPURL     string `name:"smtp-url" env:"${prefix}SMTP_URL" group:"Mail" placeholder:"URL" help:"smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465. Required in production; in development emails go to /dev/mail when empty."`
	SMTPURLFile string `name:"smtp-url-file" env:"${prefix}SMTP_URL_FILE" group:"Mail" placeholder:"PATH" help:"File that holds the SMTP URL."`
	MailFrom    string `env:"${prefix}MAIL_FROM" group:"Mail" placeholder:"ADDRESS" help:"Sender of emails. ${name} <no-reply@HOST>, with the host of the base URL, when empty."`

	TrustedProxies     string `env:"${prefix}TRUSTED_PROXIES" group:"Network" placeholder:"CIDR,..." help:"Reverse proxies that are trusted to name the address of a client: addresses or CIDRs, comma-separated."`
	ProxyHeader        string `env:"${prefix}PROXY_HEADER" group:"Network" placeholder:"x-forwarded-for" help:"The one header that trusted proxies name a client in: x-forwarded-for, or forwarded (RFC 7239)."`
	InsecureCookie     bool   `env:"${prefix}INSECURE_COOKIE" group:"Network" help:"Development only: a cookie without Secure, for browsers that refuse a Secure one on http://localhost (Safari)."`
	AllowShortLifetime bool   `env:"${prefix}ALLOW_SHORT_LIFETIME" group:"Sessions" help:"Let production run with a lifetime under 11 times the idle timeout, against WCAG 2.2.1."`
	HSTS               string `name:"hsts" env:"${prefix}HSTS" group:"Network" placeholder:"2y" help:"How long browsers remember to come by https only. 0 makes them forget it."`
	TLSCert            string `env:"${prefix}TLS_CERT" group:"Network" placeholder:"PATH" help:"Certificate chain in PEM, to serve https without a proxy."`
	TLSKey             string `env:"${prefix}TLS_KEY" group:"Network" placeholder:"PATH" help:"Private key of the certificate in PEM."`
	ACMEDomain         string `name:"acme-domain" env:"${prefix}ACME_DOMAIN" group:"Network" placeholder:"DOMAIN" help:"Fetch and renew a certificate for this domain by itself. The portal has to be reachable there on port 443."`

	OpsAddr       string `env:"${prefix}OPS_ADDR" group:"Operations" placeholder:"HOST:PORT" help:"Second listener for /metrics and profiles, never to be reachable from outside. Off when empty."`
	OpsAnyNetwork bool   `env:"${prefix}OPS_ANY_NETWORK" group:"Operations" help:"Let production listen with metrics and profiles on every network, such as in a container that nothing from outside reaches."`
	StopDelay     string `env:"${prefix}STOP_DELAY" group:"Operations" placeholder:"0" help:"How long a portal that is told to stop answers 503 at /readyz and serves on, so that a balancer sends nobody to it any more."`
	LogFormat     string `env:"${prefix}LOG_FORMAT" group:"Operations" placeholder:"text" help:"text or json. json in production when empty."`
}

// Vars are the words that the tags of [Flags] leave open.
func Vars() kong.Vars {
	return kong.Vars{"prefix": brand.EnvPrefix, "database": brand.Database, "name": brand.Name}
}

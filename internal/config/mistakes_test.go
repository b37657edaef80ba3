package config_test

import (
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/internal/config"
)

type mistake struct {
	name string // the variable that is to blame
	text string // what follows its name, when the wording is the point
	make func(*config.Flags)
}

func mistakes(t *testing.T, base func() config.Flags, rows []mistake, secrets ...string) {
	t.Helper()
	for _, tt := range rows {
		f := base()
		tt.make(&f)
		s, _, err := f.Settings()
		if err == nil {
			t.Errorf("%+v: got no error, want one about %s", f, tt.name)
			continue
		}
		got, prefix := err.Error(), "GATEHOUSE_"+tt.name+": "
		if !strings.HasPrefix(got, prefix) || tt.text != "" && got != "GATEHOUSE_"+tt.name+tt.text || strings.ContainsAny(got, "\r\n") {
			t.Errorf("%+v:\ngot  %s\nwant one line, %s%s", f, got, prefix, strings.TrimPrefix(tt.text, ": "))
		}
		for _, secret := range secrets {
			if strings.Contains(got, secret) {
				t.Errorf("%+v: got %s, which repeats %q", f, got, secret)
			}
		}
		if s.Addr != "" {
			t.Errorf("%+v: got settings together with the error, want none", f)
		}
	}
}

// Each mistake is one line, and the only one. The lines are compared whole where their wording is the point.
func TestMistakesInDevelopment(t *testing.T) {
	cert, key := certificate(t)
	_, otherKey := certificate(t)
	missing := t.TempDir() + "/missing"
	mistakes(t, func() config.Flags { return config.Flags{} }, []mistake{
		{"DEMO", `: "yes" is not one of true, false`, func(f *config.Flags) { f.Demo = "yes" }},
		{"SESSION_IDLE", `: "soon" is not a duration such as 30m, 24h or 7d`, func(f *config.Flags) { f.SessionIdle = "soon" }},
		{"SESSION_IDLE", "", func(f *config.Flags) { f.SessionIdle = "-3m" }},
		{"SESSION_IDLE", "", func(f *config.Flags) { f.SessionIdle = "1d-2h" }},
		{"SESSION_IDLE", "", func(f *config.Flags) { f.SessionIdle = "1.5d" }},
		{"SESSION_IDLE", `: "32767d2562047h" is not a duration such as 30m, 24h or 7d`, func(f *config.Flags) { f.SessionIdle = "32767d2562047h" }},
		{"SESSION_IDLE", `: "0" is less than 1s`, func(f *config.Flags) { f.SessionIdle = "0" }},
		{"SESSION_IDLE", ": 25h is longer than GATEHOUSE_SESSION_LIFETIME (24h)", func(f *config.Flags) { f.SessionIdle = "25h" }},
		{"SESSION_LIFETIME", "", func(f *config.Flags) { f.SessionLifetime = "999ms" }},
		{"SESSION_ELEVATION", "", func(f *config.Flags) { f.SessionElevation = "0" }},
		{"SESSION_WARNING", "", func(f *config.Flags) { f.SessionWarning = "30m" }},
		{"SESSION_WARNING", "", func(f *config.Flags) { f.SessionWarning = "0s" }},
		{"SESSION_TOUCH", "", func(f *config.Flags) { f.SessionTouch = "30m" }},
		{"SESSION_TOUCH", "", func(f *config.Flags) { f.SessionTouch = "0" }},
		{"SESSION_TOUCH", ": 16m is more than half of GATEHOUSE_SESSION_IDLE (30m)", func(f *config.Flags) { f.SessionTouch = "16m" }},
		{"SESSION_TOUCH", ": 30s is more than half of GATEHOUSE_REMEMBER_IDLE (50s)", func(f *config.Flags) { f.SessionTouch, f.RememberIdle = "30s", "50s" }},
		{"REMEMBER_IDLE", ": 1ms is less than 1s", func(f *config.Flags) { f.RememberIdle = "1ms" }},
		{"REMEMBER_IDLE", "", func(f *config.Flags) { f.RememberIdle = "31d" }},
		{"REMEMBER_IDLE", "", func(f *config.Flags) { f.RememberIdle, f.RememberLifetime = "0", "30d" }},
		{"REMEMBER_IDLE", "", func(f *config.Flags) { f.RememberIdle, f.RememberLifetime = "7d", "0" }},
		{"REMEMBER_IDLE", "", func(f *config.Flags) { f.Profile, f.RememberIdle = "banking", "7d" }},
		{"REMEMBER_LIFETIME", "", func(f *config.Flags) { f.RememberLifetime = "d" }},
		{"PROFILE", `: "strict" is not one of standard, banking, relaxed`, func(f *config.Flags) { f.Profile = "strict" }},
		{"REQUIRE_SECOND_FACTOR", `: "yes" is not one of false, true`, func(f *config.Flags) { f.RequireSecondFactor = "yes" }},
		{"ON_CLIENT_CHANGE", `: "mark" is not one of flag, reauth, end`, func(f *config.Flags) { f.OnClientChange = "mark" }},
		{"ENV", "", func(f *config.Flags) { f.Env = "prod" }},
		{"NOTES", `: "maybe" is not one of on, off`, func(f *config.Flags) { f.Notes = "maybe" }},
		{"LOG_FORMAT", "", func(f *config.Flags) { f.LogFormat = "xml" }},
		{"SESSIONS_PER_USER", "", func(f *config.Flags) { f.SessionsPerUser = "0" }},
		{"SESSIONS_PER_USER", "", func(f *config.Flags) { f.SessionsPerUser = "1001" }},
		{"SESSIONS_PER_USER", "", func(f *config.Flags) { f.SessionsPerUser = "many" }},
		{"SWEEP_EVERY", "", func(f *config.Flags) { f.SweepEvery = "0" }},
		{"KEEP_ENDED", "", func(f *config.Flags) { f.KeepEnded = "0" }},
		{"ADDR", `: "8080" is not host:port such as localhost:8080`, func(f *config.Flags) { f.Addr = "8080" }},
		{"ADDR", "", func(f *config.Flags) { f.Addr = "localhost:http" }},
		{"ADDR", "", func(f *config.Flags) { f.Addr = "localhost:65536" }},
		{"ADDR", "", func(f *config.Flags) { f.Addr = "local host:80" }},
		{"OPS_ADDR", "", func(f *config.Flags) { f.OpsAddr = "localhost" }},
		{"OPS_ADDR", "", func(f *config.Flags) { f.OpsAddr = "localhost:8080" }},
		{"BASE_URL", "", func(f *config.Flags) { f.BaseURL = "portal.example" }},
		{"BASE_URL", "", func(f *config.Flags) { f.BaseURL = "ftp://localhost" }},
		{"BASE_URL", "", func(f *config.Flags) { f.BaseURL = "https://" }},
		{"BASE_URL", "", func(f *config.Flags) { f.BaseURL = "https://portal.example/app" }},
		{"BASE_URL", "", func(f *config.Flags) { f.BaseURL = "https://portal.example?" }},
		{"BASE_URL", "", func(f *config.Flags) { f.BaseURL = "https://portal.example#" }},
		{"BASE_URL", "", func(f *config.Flags) { f.BaseURL = "https://user@portal.example" }},
		{"BASE_URL", "", func(f *config.Flags) { f.BaseURL = "https://bücher.example" }},
		{"BASE_URL", "", func(f *config.Flags) { f.BaseURL = "https://portal.example:99999" }},
		{"BASE_URL", "", func(f *config.Flags) { f.BaseURL = "http://localhost:0" }},
		{"BASE_URL", "", func(f *config.Flags) { f.BaseURL = "http://portal.example" }},
		{"BASE_URL", "", func(f *config.Flags) { f.Addr = "192.168.1.5:8080" }},
		{"BASE_URL", "", func(f *config.Flags) {
			f.BaseURL, f.ACMEDomain = "https://other.example", "portal.example"
		}},
		{"BASE_URL", "", func(f *config.Flags) { f.BaseURL, f.ACMEDomain = "http://localhost", "portal.example" }},
		{"BASE_URL", "", func(f *config.Flags) { f.BaseURL, f.TLSCert, f.TLSKey = "http://localhost", cert, key }},
		{"TLS_KEY", "", func(f *config.Flags) { f.TLSCert = cert }},
		{"TLS_CERT", "", func(f *config.Flags) { f.TLSKey = key }},
		{"TLS_CERT", ": its file cannot be read: no such file or directory", func(f *config.Flags) { f.TLSCert, f.TLSKey = missing, key }},
		{"TLS_CERT", "", func(f *config.Flags) { f.TLSCert, f.TLSKey = cert, otherKey }},
		{"ACME_DOMAIN", "", func(f *config.Flags) { f.ACMEDomain, f.TLSCert, f.TLSKey = "portal.example", cert, key }},
		{"ACME_DOMAIN", "", func(f *config.Flags) { f.ACMEDomain = "localhost" }},
		{"ACME_DOMAIN", "", func(f *config.Flags) { f.ACMEDomain = "192.0.2.1" }},
		{"ACME_DOMAIN", "", func(f *config.Flags) { f.ACMEDomain = "a.example,b.example" }},
		{"TRUSTED_PROXIES", "", func(f *config.Flags) { f.TrustedProxies = "0.0.0.0/0" }},
		{"TRUSTED_PROXIES", "", func(f *config.Flags) { f.TrustedProxies = "10.0.0.0/8,::/0" }},
		{"TRUSTED_PROXIES", "", func(f *config.Flags) { f.TrustedProxies = "192.0.2.1/0" }},
		{"TRUSTED_PROXIES", "", func(f *config.Flags) { f.TrustedProxies = "::ffff:0.0.0.0/96" }},
		{"TRUSTED_PROXIES", "", func(f *config.Flags) { f.TrustedProxies = "proxy.example" }},
		{"TRUSTED_PROXIES", "", func(f *config.Flags) { f.TrustedProxies = "fe80::1%eth0" }},
		{"PROXY_HEADER", "", func(f *config.Flags) { f.ProxyHeader = "x-real-ip" }},
		{"MAIL_FROM", "", func(f *config.Flags) { f.MailFrom = "nobody" }},
		{"MAIL_FROM", "", func(f *config.Flags) { f.MailFrom = "post@bücher.example" }},
		{"MAIL_FROM", "", func(f *config.Flags) { f.MailFrom = "Post <büro@portal.example>" }},
		{"MAIL_FROM", "", func(f *config.Flags) { f.MailFrom = "a@portal.example\r\nBcc: b@portal.example" }},
	})
}

// The default in place of a refused value causes no second mistake.
func TestARefusedValueIsNotCompared(t *testing.T) {
	mistakes(t, func() config.Flags { return config.Flags{} }, []mistake{
		{"PROFILE", "", func(f *config.Flags) { f.Profile, f.SessionLifetime = "strict", "5m" }},
		{"PROFILE", "", func(f *config.Flags) { f.Profile, f.SessionWarning = "strict", "1h" }},
		{"PROFILE", "", func(f *config.Flags) { f.Profile, f.SessionTouch = "strict", "1h" }},
		{"PROFILE", "", func(f *config.Flags) { f.Profile, f.RememberIdle = "strict", "60d" }},
		{"SESSION_IDLE", "", func(f *config.Flags) { f.SessionIdle, f.SessionLifetime = "soon", "5m" }},
		{"SESSION_IDLE", "", func(f *config.Flags) { f.SessionIdle, f.SessionWarning = "soon", "1h" }},
		{"SESSION_IDLE", "", func(f *config.Flags) { f.SessionIdle, f.SessionTouch = "soon", "1h" }},
		{"SESSION_LIFETIME", "", func(f *config.Flags) { f.SessionLifetime, f.SessionIdle = "later", "25h" }},
		{"REMEMBER_LIFETIME", "", func(f *config.Flags) { f.RememberLifetime, f.RememberIdle = "later", "60d" }},
		{"REMEMBER_IDLE", "", func(f *config.Flags) { f.RememberIdle, f.RememberLifetime = "soon", "1d" }},
		{"ADDR", "", func(f *config.Flags) { f.Addr, f.OpsAddr = "8080", "localhost:8080" }},
		{"ACME_DOMAIN", "", func(f *config.Flags) { f.ACMEDomain, f.BaseURL = "localhost", "https://portal.example" }},
	})
	proxies := inProduction()
	proxies.TrustedProxies = "proxy.example"
	for _, f := range []config.Flags{proxies, {SessionIdle: "soon", RememberIdle: "29m"}} {
		if _, warnings, err := f.Settings(); err == nil || len(warnings) != 0 {
			t.Errorf("%+v: got error %v and warnings %q, want an error alone", f, err, warnings)
		}
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	f := config.Flags{
		Addr: "x", BaseURL: "x", Env: "production", Notes: "x", DatabaseURL: "x", DatabaseConns: "x", Migrate: "x", RedisURL: "x", Profile: "x", SessionIdle: "x",
		SessionLifetime: "x", SessionElevation: "x", SessionWarning: "x", SessionTouch: "x", RememberIdle: "x",
		RememberLifetime: "x", SessionsPerUser: "x", OnClientChange: "x", SweepEvery: "x", KeepEnded: "x", Keys: "x", SMTPURL: "x", MailFrom: "x",
		RequireSecondFactor: "x", TrustedProxies: "x", ProxyHeader: "x", HSTS: "x", StopDelay: "x", InsecureCookie: true, TLSCert: "x", TLSKey: "x", ACMEDomain: "x", OpsAddr: "x", LogFormat: "x",
	}
	_, _, err := f.Settings()
	if err == nil {
		t.Fatal("got no error")
	}
	var got []string
	for line := range strings.Lines(err.Error()) {
		name, _, _ := strings.Cut(line, ":")
		got = append(got, strings.TrimPrefix(name, "GATEHOUSE_"))
	}
	slices.Sort(got)
	want := []string{
		"ACME_DOMAIN", "ACME_DOMAIN", "ADDR", "BASE_URL", "DATABASE_CONNS", "DATABASE_URL", "HSTS", "INSECURE_COOKIE", "KEEP_ENDED", "KEYS", "LOG_FORMAT",
		"MAIL_FROM", "MIGRATE", "NOTES", "ON_CLIENT_CHANGE", "OPS_ADDR", "PROFILE", "PROXY_HEADER", "REDIS_URL", "REMEMBER_IDLE", "REMEMBER_LIFETIME",
		"REQUIRE_SECOND_FACTOR", "SESSIONS_PER_USER",
		"SESSION_ELEVATION", "SESSION_IDLE", "SESSION_LIFETIME", "SESSION_TOUCH", "SESSION_WARNING", "SMTP_URL", "STOP_DELAY", "SWEEP_EVERY",
		"TLS_CERT", "TLS_KEY", "TRUSTED_PROXIES",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q\n%v", got, want, err)
	}
}

package config_test

import (
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/config"
)

// must returns the settings of flags that are expected to be right.
func must(t *testing.T, f config.Flags) (config.Settings, []string) {
	t.Helper()
	s, warnings, err := f.Settings()
	if err != nil {
		t.Fatalf("%+v: got error %v, want none", f, err)
	}
	return s, warnings
}

func printed(s config.Settings) string {
	var b strings.Builder
	s.Print(&b)
	return b.String()
}

func TestNothingSetIsAWorkingDevelopmentSetUp(t *testing.T) {
	s, warnings := must(t, config.Flags{})
	if len(warnings) != 0 {
		t.Errorf("got warnings %q, want none", warnings)
	}
	const want = `GATEHOUSE_ADDR=localhost:8080
GATEHOUSE_BASE_URL=http://localhost:8080
GATEHOUSE_ENV=development
GATEHOUSE_DEMO=true
GATEHOUSE_NOTES=on
GATEHOUSE_LABS=false
GATEHOUSE_GEO_DATABASE=
GATEHOUSE_DATABASE_URL=sqlite:gatehouse.db
GATEHOUSE_DATABASE_CONNS=24
GATEHOUSE_MIGRATE=auto
GATEHOUSE_REDIS_URL=
GATEHOUSE_PROFILE=standard
GATEHOUSE_SESSION_IDLE=30m
GATEHOUSE_SESSION_LIFETIME=24h
GATEHOUSE_SESSION_ELEVATION=15m
GATEHOUSE_SESSION_WARNING=2m
GATEHOUSE_SESSION_TOUCH=1m
GATEHOUSE_REMEMBER_IDLE=7d
GATEHOUSE_REMEMBER_LIFETIME=30d
GATEHOUSE_SESSIONS_PER_USER=20
GATEHOUSE_ON_CLIENT_CHANGE=flag
GATEHOUSE_SWEEP_EVERY=1m
GATEHOUSE_KEEP_ENDED=30d
GATEHOUSE_REQUIRE_SECOND_FACTOR=false
GATEHOUSE_KEYS=
GATEHOUSE_SMTP_URL=
GATEHOUSE_MAIL_FROM="Gatehouse" <no-reply@localhost>
GATEHOUSE_TRUSTED_PROXIES=
GATEHOUSE_PROXY_HEADER=x-forwarded-for
GATEHOUSE_INSECURE_COOKIE=false
GATEHOUSE_ALLOW_SHORT_LIFETIME=false
GATEHOUSE_HSTS=2y
GATEHOUSE_TLS_CERT=
GATEHOUSE_TLS_KEY=
GATEHOUSE_ACME_DOMAIN=
GATEHOUSE_OPS_ADDR=
GATEHOUSE_OPS_ANY_NETWORK=false
GATEHOUSE_STOP_DELAY=0
GATEHOUSE_LOG_FORMAT=text
`
	if got := printed(s); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if s.Production() || s.HTTPS() || !s.Secure() || !s.Remember() || !s.DevMail() {
		t.Errorf("production %t, https %t, secure %t, remember %t, development mail %t; want only secure, remember and mail",
			s.Production(), s.HTTPS(), s.Secure(), s.Remember(), s.DevMail())
	}
}

func TestProfiles(t *testing.T) {
	for _, tt := range []struct {
		flags config.Flags
		want  string // idle, lifetime, elevation, warning, touch, remember
	}{
		{config.Flags{Profile: "banking"}, "10m0s 8h0m0s 15m0s 2m0s 20s 0s 0s"},
		{config.Flags{Profile: "standard"}, "30m0s 24h0m0s 15m0s 2m0s 1m0s 168h0m0s 720h0m0s"},
		{config.Flags{Profile: "relaxed"}, "2h0m0s 24h0m0s 15m0s 2m0s 1m0s 168h0m0s 720h0m0s"},
		{config.Flags{Profile: "banking", SessionIdle: "5m", SessionElevation: "1m"}, "5m0s 8h0m0s 1m0s 1m0s 10s 0s 0s"},
		{config.Flags{Profile: "banking", RememberIdle: "1d", RememberLifetime: "2d"}, "10m0s 8h0m0s 15m0s 2m0s 20s 24h0m0s 48h0m0s"},
		{config.Flags{SessionIdle: "2m"}, "2m0s 24h0m0s 15m0s 30s 4s 168h0m0s 720h0m0s"},
		{config.Flags{SessionIdle: "40s"}, "40s 24h0m0s 15m0s 20s 1.333s 168h0m0s 720h0m0s"},
		{config.Flags{SessionWarning: "25s", SessionTouch: "500ms"}, "30m0s 24h0m0s 15m0s 25s 500ms 168h0m0s 720h0m0s"},
		{config.Flags{RememberLifetime: "7d"}, "30m0s 24h0m0s 15m0s 2m0s 1m0s 168h0m0s 168h0m0s"},
		{config.Flags{RememberIdle: "0"}, "30m0s 24h0m0s 15m0s 2m0s 1m0s 0s 0s"},
		{config.Flags{RememberLifetime: "0"}, "30m0s 24h0m0s 15m0s 2m0s 1m0s 0s 0s"},
	} {
		s, warnings := must(t, tt.flags)
		got := joined(s.SessionIdle, s.SessionLifetime, s.SessionElevation, s.SessionWarning, s.SessionTouch, s.RememberIdle, s.RememberLifetime)
		if got != tt.want {
			t.Errorf("%+v:\ngot  %s\nwant %s", tt.flags, got, tt.want)
		}
		if len(warnings) != 0 {
			t.Errorf("%+v: got warnings %q, want none", tt.flags, warnings)
		}
		if want := s.RememberLifetime > 0; s.Remember() != want {
			t.Errorf("%+v: remember got %t, want %t", tt.flags, s.Remember(), want)
		}
	}
}

// Anybody can make a demo account in production only if the operator wants that.
func TestDemo(t *testing.T) {
	for _, tt := range []struct {
		given                   string
		development, production bool
	}{{"", true, false}, {"true", true, true}, {"false", false, false}} {
		laptop, real := config.Flags{Demo: tt.given}, inProduction()
		real.Demo = tt.given
		if s, _ := must(t, laptop); s.Demo != tt.development {
			t.Errorf("GATEHOUSE_DEMO=%s in development: got %t, want %t", tt.given, s.Demo, tt.development)
		}
		if s, _ := must(t, real); s.Demo != tt.production {
			t.Errorf("GATEHOUSE_DEMO=%s in production: got %t, want %t", tt.given, s.Demo, tt.production)
		}
	}
}

func joined(durations ...time.Duration) string {
	var texts []string
	for _, d := range durations {
		texts = append(texts, d.String())
	}
	return strings.Join(texts, " ")
}

func TestSecondsWorkInDevelopment(t *testing.T) {
	s, warnings := must(t, config.Flags{SessionIdle: "3s", SessionLifetime: "8s", SessionElevation: "2s"})
	got := joined(s.SessionIdle, s.SessionLifetime, s.SessionElevation, s.SessionWarning, s.SessionTouch)
	if want := "3s 8s 2s 1.5s 100ms"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "WCAG 2.2.1") {
		t.Errorf("got warnings %q, want one about WCAG 2.2.1", warnings)
	}
}

func TestWarnings(t *testing.T) {
	cert, key := certificate(t)
	for _, tt := range []struct {
		name string // "" for no warning
		flag config.Flags
	}{
		{"SESSION_LIFETIME", config.Flags{SessionLifetime: "25h"}},
		{"SESSION_LIFETIME", config.Flags{SessionLifetime: "5h"}},
		{"SESSION_LIFETIME", config.Flags{SessionLifetime: "5h", AllowShortLifetime: true}},
		{"SESSION_IDLE", config.Flags{SessionIdle: "61m"}},
		{"SESSION_ELEVATION", config.Flags{SessionElevation: "24h"}},
		{"REMEMBER_LIFETIME", config.Flags{RememberLifetime: "31d"}},
		{"REMEMBER_IDLE", config.Flags{RememberIdle: "29m"}},
		{"REMEMBER_IDLE", config.Flags{RememberIdle: "1h", RememberLifetime: "23h"}},
		{"INSECURE_COOKIE", config.Flags{InsecureCookie: true, BaseURL: "https://portal.example"}},
		{"TRUSTED_PROXIES", config.Flags{
			Env: "production", BaseURL: "https://portal.example", Keys: config.NewKey(), SMTPURL: "smtps://mail.example",
		}},
		{"BASE_URL", config.Flags{
			Env: "production", Addr: ":443", TLSCert: cert, TLSKey: key, Keys: config.NewKey(), SMTPURL: "smtps://mail.example",
		}},
		{"", config.Flags{
			Env: "production", BaseURL: "https://localhost", TLSCert: cert, TLSKey: key, Keys: config.NewKey(), SMTPURL: "smtps://mail.example",
		}},
		{"", config.Flags{TLSCert: cert, TLSKey: key}},
		{"", config.Flags{OpsAddr: ":9090", DatabaseURL: "sqlite::memory:"}},
		{"", config.Flags{Addr: "localhost:0", OpsAddr: "localhost:0"}},
	} {
		_, warnings := must(t, tt.flag)
		if tt.name == "" && len(warnings) == 0 {
			continue
		}
		if len(warnings) != 1 || !strings.HasPrefix(warnings[0], "GATEHOUSE_"+tt.name+": ") {
			t.Errorf("%+v: got %q, want one warning about %q", tt.flag, warnings, tt.name)
		}
	}
}

// The touch interval follows every idle timeout: what is in use is not ended as what is not.
func TestTouchFollowsEveryLimit(t *testing.T) {
	for _, tt := range []struct {
		flags config.Flags
		want  time.Duration
	}{
		{config.Flags{RememberIdle: "30s"}, time.Second},
		{config.Flags{RememberIdle: "30m"}, time.Minute},
		{config.Flags{Profile: "relaxed", RememberIdle: "10m"}, 20 * time.Second},
		{config.Flags{Profile: "banking", RememberIdle: "1m", RememberLifetime: "1h"}, 2 * time.Second},
		{config.Flags{SessionIdle: "2s", RememberIdle: "1s"}, 33 * time.Millisecond},
		{config.Flags{SessionTouch: "1m", RememberIdle: "2m"}, time.Minute},
		{config.Flags{SessionTouch: "1m", RememberIdle: "0"}, time.Minute},
	} {
		s, _ := must(t, tt.flags)
		if s.SessionTouch != tt.want {
			t.Errorf("%+v: got a touch interval of %s, want %s", tt.flags, s.SessionTouch, tt.want)
		}
		if s.Remember() && 2*s.SessionTouch > s.RememberIdle || 2*s.SessionTouch > s.SessionIdle {
			t.Errorf("%+v: a touch interval of %s is more than half of an idle timeout", tt.flags, s.SessionTouch)
		}
	}
}

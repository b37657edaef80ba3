package config_test

import (
	"testing"

	"example.com/gatehouse/internal/config"
)

// inProduction is the least that production accepts.
func inProduction() config.Flags {
	return config.Flags{
		Env: "production", BaseURL: "https://portal.example", Keys: config.NewKey(),
		SMTPURL: "smtp://mail.portal.example", TrustedProxies: "10.0.0.0/8",
	}
}

func TestProductionAcceptsAWholeSetUp(t *testing.T) {
	s, warnings := must(t, inProduction())
	if len(warnings) != 0 {
		t.Errorf("got warnings %q, want none", warnings)
	}
	if !s.Production() || !s.Secure() || !s.HTTPS() || s.DevMail() || s.LogFormat != "json" || len(s.Keys) != 1 {
		t.Errorf("got production %t, secure %t, https %t, development mail %t, logs in %s, %d keys; want true, true, true, false, json, 1",
			s.Production(), s.Secure(), s.HTTPS(), s.DevMail(), s.LogFormat, len(s.Keys))
	}
	f := inProduction()
	f.LogFormat = "text"
	if s, _ := must(t, f); s.LogFormat != "text" {
		t.Errorf("LOG_FORMAT=text in production: got %s", s.LogFormat)
	}
}

func TestMistakesInProduction(t *testing.T) {
	mistakes(t, inProduction, []mistake{
		{"BASE_URL", "", func(f *config.Flags) { f.BaseURL = "" }},
		{"BASE_URL", "", func(f *config.Flags) { f.BaseURL = "http://localhost" }},
		{"KEYS", "", func(f *config.Flags) { f.Keys = "" }},
		{"KEYS_FILE", "", func(f *config.Flags) { f.Keys, f.KeysFile = "", file(t, "\n") }},
		{"SMTP_URL", "", func(f *config.Flags) { f.SMTPURL = "" }},
		{"LABS", ": serves a portal that is made to be broken into, which production must not", func(f *config.Flags) { f.Labs = true }},
		{"INSECURE_COOKIE", "", func(f *config.Flags) { f.InsecureCookie = true }},
		{"DATABASE_URL", "", func(f *config.Flags) { f.DatabaseURL = "sqlite::memory:" }},
		{"DATABASE_URL", "", func(f *config.Flags) { f.DatabaseURL = "sqlite:file:x?mode=memory&cache=shared" }},
		{"SESSION_LIFETIME", "", func(f *config.Flags) { f.SessionLifetime = "329m" }},
		{"SESSION_WARNING", "", func(f *config.Flags) { f.SessionWarning = "19s" }},
		{"SESSION_IDLE", "", func(f *config.Flags) { f.SessionIdle = "39s" }},
		{"KEEP_ENDED", "", func(f *config.Flags) { f.KeepEnded = "59m" }},
		{"OPS_ADDR", "", func(f *config.Flags) { f.OpsAddr = ":9090" }},
		{"OPS_ADDR", "", func(f *config.Flags) { f.OpsAddr = "0.0.0.0:9090" }},
		{"OPS_ADDR", "", func(f *config.Flags) { f.OpsAddr = "[::]:9090" }},
		{"OPS_ADDR", "", func(f *config.Flags) { f.OpsAddr = "[::ffff:0.0.0.0]:9090" }},
	})
	for _, change := range []func(*config.Flags){
		func(f *config.Flags) { f.SessionLifetime = "330m" },
		func(f *config.Flags) { f.SessionLifetime, f.AllowShortLifetime = "329m", true },
		func(f *config.Flags) { f.SessionWarning = "20s" },
		func(f *config.Flags) { f.SessionIdle = "40s" },
		func(f *config.Flags) { f.KeepEnded = "1h" },
		func(f *config.Flags) { f.OpsAddr = "127.0.0.1:9090" },
		func(f *config.Flags) { f.OpsAddr, f.OpsAnyNetwork = "0.0.0.0:9090", true },
	} {
		f := inProduction()
		change(&f)
		must(t, f)
	}
}

// Labs are for the machine that they run on, so a portal that others reach refuses them.
func TestLabsAreForThisMachine(t *testing.T) {
	here := func() config.Flags { return config.Flags{Labs: true} }
	mistakes(t, here, []mistake{
		{"LABS", ": is for this machine alone, but GATEHOUSE_ADDR is :8080, where others reach it", func(f *config.Flags) { f.Addr = ":8080" }},
		{"LABS", "", func(f *config.Flags) { f.Addr = "0.0.0.0:8080" }},
		{"LABS", "", func(f *config.Flags) { f.Addr, f.BaseURL = "[::]:8080", "http://localhost:8080" }},
		{"LABS", "", func(f *config.Flags) { f.Addr, f.BaseURL = "192.0.2.7:8080", "https://portal.example" }},
		{"LABS", ": is for this machine alone, but GATEHOUSE_BASE_URL is https://portal.example", func(f *config.Flags) { f.BaseURL = "https://portal.example" }},
		{"ADDR", "", func(f *config.Flags) { f.Addr = "nothing" }},
	})
	for _, addr := range []string{"", "127.0.0.1:1", "[::1]:8080", "localhost:0"} {
		f := here()
		f.Addr = addr
		if s, _ := must(t, f); !s.Labs {
			t.Errorf("on %q: no labs", addr)
		}
	}
}

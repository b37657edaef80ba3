package config_test

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"example.com/gatehouse/internal/config"
)

func TestKeys(t *testing.T) {
	first, second := bytes.Repeat([]byte{0xfb}, 32), bytes.Repeat([]byte{0xff}, 32)
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		text := encoding.EncodeToString(first) + ", " + encoding.EncodeToString(second)
		for _, f := range []config.Flags{{Keys: text}, {KeysFile: file(t, text+"\n")}} {
			s, _ := must(t, f)
			if len(s.Keys) != 2 || !bytes.Equal(s.Keys[0], first) || !bytes.Equal(s.Keys[1], second) {
				t.Errorf("%q: got %x, want %x and %x", text, s.Keys, first, second)
			}
		}
	}
	one, other := config.NewKey(), config.NewKey()
	if s, _ := must(t, config.Flags{Keys: one + "," + other}); len(s.Keys) != 2 {
		t.Errorf("two made keys: got %d", len(s.Keys))
	}
}

func TestSecretURLs(t *testing.T) {
	variables := map[string]struct {
		flags func(url, path string) config.Flags
		get   func(config.Settings) string
	}{
		"DATABASE_URL": {
			func(url, path string) config.Flags { return config.Flags{DatabaseURL: url, DatabaseURLFile: path} },
			func(s config.Settings) string { return s.DatabaseURL },
		},
		"REDIS_URL": {
			func(url, path string) config.Flags { return config.Flags{RedisURL: url, RedisURLFile: path} },
			func(s config.Settings) string { return s.RedisURL },
		},
		"SMTP_URL": {
			func(url, path string) config.Flags { return config.Flags{SMTPURL: url, SMTPURLFile: path} },
			func(s config.Settings) string { return s.SMTPURL },
		},
	}
	for _, tt := range []struct{ name, given, want, printed string }{
		{"DATABASE_URL", "sqlite:/var/lib/gatehouse.db", "", "sqlite:/var/lib/gatehouse.db"},
		{"DATABASE_URL", "postgres://app:canary@db:5432/app?sslmode=require", "", "postgres://app:hidden@db:5432/app?sslmode=require"},
		{"DATABASE_URL", "postgresql:///app?host=/run/pg&password=canary", "", "postgresql:///app?host=%2Frun%2Fpg&password=hidden"},
		{"DATABASE_URL", "postgres://app:canary@one:5432,two:5432/app", "", "postgres://app:hidden@one:5432,two:5432/app"},
		{"REDIS_URL", "redis://:canary@cache", "", "redis://:hidden@cache"},
		{"REDIS_URL", "rediss://canary@cache:6379/1", "", "rediss://hidden@cache:6379/1"},
		{"SMTP_URL", "smtp://app:canary@mail", "smtp://app:canary@mail:587", "smtp://app:hidden@mail:587"},
		{"SMTP_URL", "smtps://canary:canary@mail/", "smtps://canary:canary@mail:465", "smtps://hidden:hidden@mail:465"},
		{"SMTP_URL", "smtp://app%40portal.example:can%40ary@mail:25", "", "smtp://app%40portal.example:hidden@mail:25"},
	} {
		variable, want := variables[tt.name], cmp.Or(tt.want, tt.given)
		for _, f := range []config.Flags{variable.flags(tt.given, ""), variable.flags("", file(t, tt.given+"\n"))} {
			s, _ := must(t, f)
			if got := variable.get(s); got != want {
				t.Errorf("%q: got %q, want %q", tt.given, got, want)
			}
			if line := "GATEHOUSE_" + tt.name + "=" + tt.printed + "\n"; !strings.Contains(printed(s), line) {
				t.Errorf("%q: got\n%s\nwant %s", tt.given, printed(s), line)
			}
		}
	}
}

// However a secret is wrong, the error says so without it: errors end in logs and terminals.
func TestNoSecretInErrors(t *testing.T) {
	short := base64.StdEncoding.EncodeToString([]byte("canary"))
	twice := config.NewKey()
	mistakes(t, func() config.Flags { return config.Flags{} }, []mistake{
		{"KEYS", "", func(f *config.Flags) { f.Keys = "canary" }},
		{"KEYS", "", func(f *config.Flags) { f.Keys = short }},
		{"KEYS", "", func(f *config.Flags) { f.Keys = twice + "," }},
		{"KEYS", ": key 2 is there twice", func(f *config.Flags) { f.Keys = twice + "," + strings.TrimRight(twice, "=") }},
		{"KEYS", "", func(f *config.Flags) { f.Keys, f.KeysFile = twice, file(t, twice) }},
		{"KEYS", "", func(f *config.Flags) { f.KeysFile = file(t, twice+"\n"+config.NewKey()) }},
		{"KEYS_FILE", "", func(f *config.Flags) { f.KeysFile = file(t, " \n") }},
		{"KEYS_FILE", "", func(f *config.Flags) { f.KeysFile = "canary" }},
		{"TLS_KEY", "", func(f *config.Flags) { f.TLSKey, f.TLSCert = "canary", file(t, "canary") }},
		{"TLS_CERT", "", func(f *config.Flags) { f.TLSKey, f.TLSCert = file(t, "canary"), file(t, "canary") }},
		{"BASE_URL", "", func(f *config.Flags) { f.BaseURL = "https://user:canary@portal.example" }},
		{"DATABASE_URL", "", func(f *config.Flags) { f.DatabaseURL = "mysql://app:canary@db/app" }},
		{"DATABASE_URL", "", func(f *config.Flags) { f.DatabaseURL = "canary" }},
		{"DATABASE_URL", "", func(f *config.Flags) { f.DatabaseURL = "sqlite:" }},
		{"DATABASE_URL", "", func(f *config.Flags) { f.DatabaseURL = "sqlite://canary.db" }},
		{"DATABASE_URL", "", func(f *config.Flags) { f.DatabaseURL = "postgres://app:%zcanary@db/app" }},
		{"DATABASE_URL", "", func(f *config.Flags) { f.DatabaseURL = "postgres://app:canary@db:port/app" }},
		{"DATABASE_URL", "", func(f *config.Flags) { f.DatabaseURL = "postgres://app:canary@db:65536/app" }},
		{"DATABASE_URL", "", func(f *config.Flags) { f.DatabaseURL = "postgres://app:ca@nary@db/app" }},
		{"DATABASE_URL", "", func(f *config.Flags) { f.DatabaseURL = "postgres://app:12/canary@db/app" }},
		{"DATABASE_URL", "", func(f *config.Flags) { f.DatabaseURL = "postgres://app:12?canary@db/app" }},
		{"DATABASE_URL", "", func(f *config.Flags) { f.DatabaseURL = "postgres://app:12#canary@db/app" }},
		{"DATABASE_URL", "", func(f *config.Flags) { f.DatabaseURL, f.DatabaseURLFile = "sqlite:canary", file(t, "sqlite:x") }},
		{"DATABASE_URL", "", func(f *config.Flags) { f.DatabaseURLFile = file(t, "canary") }},
		{"DATABASE_URL_FILE", "", func(f *config.Flags) { f.DatabaseURLFile = "postgres://app:canary@db/app" }},
		{"REDIS_URL", "", func(f *config.Flags) { f.RedisURL = "http://:canary@cache" }},
		{"REDIS_URL", "", func(f *config.Flags) { f.RedisURL = "redis://:canary@" }},
		{"REDIS_URL", "", func(f *config.Flags) { f.RedisURL = "redis://cache/canary" }},
		{"REDIS_URL", "", func(f *config.Flags) { f.RedisURL = "redis://cache?db=3" }},
		{"REDIS_URL", "", func(f *config.Flags) { f.RedisURL = "redis://cache?" }},
		{"REDIS_URL", "", func(f *config.Flags) { f.RedisURL = "redis://cache/0#canary" }},
		{"REDIS_URL", "", func(f *config.Flags) { f.RedisURL = "redis://cache/1/2" }},
		{"REDIS_URL", "", func(f *config.Flags) { f.RedisURL = "redis://cache/99999999999999999999" }},
		{"DATABASE_URL", "", func(f *config.Flags) { f.DatabaseURL = "sqlite:canary.db?mode=ro" }},
		{"DATABASE_URL", "", func(f *config.Flags) { f.DatabaseURL = "sqlite:file:canary.db" }},
		{"REDIS_URL_FILE", "", func(f *config.Flags) { f.RedisURLFile = "redis://:canary@cache" }},
		{"SMTP_URL", "", func(f *config.Flags) { f.SMTPURL = "mail://app:canary@mail" }},
		{"SMTP_URL", "", func(f *config.Flags) { f.SMTPURL = "smtp://app:canary@:587" }},
		{"SMTP_URL", "", func(f *config.Flags) { f.SMTPURL = "smtp://mail/canary" }},
		{"SMTP_URL", "", func(f *config.Flags) { f.SMTPURL = "smtp://mail?canary" }},
		{"SMTP_URL", "", func(f *config.Flags) { f.SMTPURL = "smtp://mail#canary" }},
		{"SMTP_URL", "", func(f *config.Flags) { f.SMTPURL = "smtp://canary@mail" }},
		{"SMTP_URL", "", func(f *config.Flags) { f.SMTPURL = "smtp://:canary@mail" }},
		{"SMTP_URL_FILE", "", func(f *config.Flags) { f.SMTPURLFile = "smtp://app:canary@mail" }},
	}, "canary", short, twice)
}

// No way of writing the settings down shows a secret.
func TestNoSecretInOutput(t *testing.T) {
	key := config.NewKey()
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := must(t, config.Flags{
		Keys: key, DatabaseURL: "postgres://app:canary@db/app?sslpassword=canary",
		RedisURL: "redis://:canary@cache", SMTPURL: "smtp://canary:canary@mail",
	})
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("settings", "settings", s)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("settings", "settings", s)
	asJSON, err := json.Marshal(map[string]any{"settings": s})
	if err != nil {
		t.Fatal(err)
	}
	for way, text := range map[string]string{
		"Print": printed(s), "%v": fmt.Sprintf("%v", s), "%+v": fmt.Sprintf("%+v", &s), "%#v": fmt.Sprintf("%#v", s),
		"%x": fmt.Sprintf("%x", s), "json": string(asJSON), "slog": log.String(),
	} {
		for _, secret := range []string{"canary", key, string(raw), fmt.Sprintf("%x", raw), fmt.Sprint(raw), fmt.Sprintf("%#v", raw)} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows %q:\n%s", way, secret, text)
			}
		}
		if !strings.Contains(text, "GATEHOUSE_KEYS=hidden") {
			t.Errorf("%s: got %s, want the printed settings", way, text)
		}
	}
}

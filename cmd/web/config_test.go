package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/gatehouse/internal/config"
)

// TestConfigAndStartAgree: what "web config" accepts a start accepts, and what a start refuses "web config" refuses in the
// same words. None of these needs a connection to be refused.
func TestConfigAndStartAgree(t *testing.T) {
	t.Parallel()
	t.Cleanup(func() {
		made, _ := filepath.Glob("*x.db*")
		for _, file := range made {
			t.Errorf("made %q", file)
			_ = os.Remove(file)
		}
	})
	for name, c := range map[string]struct {
		args    []string
		refused string // the setting; empty for none
	}{
		"mail server without a password": {[]string{"--smtp-url=smtp://user@mail.example"}, "GATEHOUSE_SMTP_URL"},
		"mail server without a user":     {[]string{"--smtp-url=smtp://:word@mail.example"}, "GATEHOUSE_SMTP_URL"},
		"mail server":                    {[]string{"--smtp-url=smtp://user:word@mail.example"}, ""},
		"sender beyond ASCII":            {[]string{"--smtp-url=smtp://mail.example", "--mail-from=post@bücher.example"}, "GATEHOUSE_MAIL_FROM"},
		"sender with a name":             {[]string{"--smtp-url=smtp://mail.example", "--mail-from=Büro <post@portal.example>"}, ""},
		"number of a Redis database":     {[]string{"--redis-url=redis://127.0.0.1:1?db=3"}, "GATEHOUSE_REDIS_URL"},
		"two numbers":                    {[]string{"--redis-url=redis://127.0.0.1:1/1/2"}, "GATEHOUSE_REDIS_URL"},
		"option of a file":               {[]string{"--database-url=sqlite:x.db?mode=ro"}, "GATEHOUSE_DATABASE_URL"},
		"URI of a file":                  {[]string{"--database-url=sqlite:file:x.db"}, "GATEHOUSE_DATABASE_URL"},
		"sslmode":                        {[]string{"--database-url=postgres://127.0.0.1:1/x?sslmode=maybe"}, "GATEHOUSE_DATABASE_URL"},
		"mode of statements":             {[]string{"--database-url=postgres://127.0.0.1:1/x?default_query_exec_mode=best"}, "GATEHOUSE_DATABASE_URL"},
		"certificate of the database":    {[]string{"--database-url=postgres://127.0.0.1:1/x?sslmode=verify-full&sslrootcert=/missing"}, "GATEHOUSE_DATABASE_URL"},
		"address database":               {[]string{"--geo-database=/missing"}, "GATEHOUSE_GEO_DATABASE"},
		"another file":                   {[]string{"--geo-database=config_test.go"}, "GATEHOUSE_GEO_DATABASE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"--database-url=sqlite:" + filepath.Join(t.TempDir(), "test.db"), "--keys=" + config.NewKey()}, c.args...)
			_, _, checked := command(t, "", append([]string{"config"}, args...)...)
			ctx, cancel := context.WithCancel(t.Context())
			var out stops
			out.when, out.then = " is at ", cancel
			started := run(surroundings{ctx, strings.NewReader(""), &out, &strings.Builder{}}, append([]string{"serve", "--addr=127.0.0.1:0"}, args...))
			if text := sentence(checked); sentence(started) != text || !strings.HasPrefix(text, c.refused) || c.refused == "" && text != "" {
				t.Errorf("got %q from config and %q from a start, want the same, about %q", text, sentence(started), c.refused)
			}
		})
	}
}

// stops calls then when the text was written.
type stops struct {
	when string
	then func()
}

func (s *stops) Write(p []byte) (int, error) {
	if strings.Contains(string(p), s.when) {
		s.then()
	}
	return len(p), nil
}

func sentence(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

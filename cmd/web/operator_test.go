package main

import (
	"context"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/webtest"
)

func TestHelpNamesEverySetting(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}} {
		help, _, err := command(t, "", args...)
		if err != nil {
			t.Fatal(err)
		}
		for field := range reflect.TypeFor[config.Flags]().Fields() {
			name, is := strings.CutPrefix(field.Tag.Get("env"), "${prefix}")
			if variable := brand.Env(name); !is || !strings.Contains(help, "$"+variable+")") {
				t.Errorf("web %s: no word of %s (%s)", strings.Join(args, " "), field.Name, variable)
			}
		}
	}
	help, _, err := command(t, "", "user", "create", "--help")
	if err != nil || !strings.Contains(help, "--password-stdin") {
		t.Errorf("web user create --help: got %v and\n%s", err, help)
	}
}

func TestConfigHidesSecrets(t *testing.T) {
	t.Parallel()
	const secret = "sesame-and-barley"
	out, _, err := command(t, "", "config", "--database-url=postgres://gate:"+secret+"@db/gate", "--redis-url=redis://:"+secret+"@cache:6379/0",
		"--smtp-url=smtp://gate:"+secret+"@post:587", "--session-idle=90s")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"GATEHOUSE_DATABASE_URL", "GATEHOUSE_SESSION_IDLE=1m30s", "db/gate"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if strings.Contains(out, secret) {
		t.Errorf("a secret was printed:\n%s", out)
	}
	if out, _, err := command(t, "", "config", "--profile=vault"); err == nil || out != "" {
		t.Errorf("got %v and %q, want the mistake and nothing else", err, out)
	}
}

func TestMigrate(t *testing.T) {
	for name, on := range map[string]func(testing.TB) []string{"sqlite": onSQLite, "postgres and redis": onEmptyServers} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := on(t)
			for range 2 { // the second time there is nothing to do
				out, _, err := command(t, "", append([]string{"migrate"}, data...)...)
				if err != nil || !strings.Contains(out, "up to date") {
					t.Fatalf("got %v and %q", err, out)
				}
			}
			if has, err := open(t, data).CountUsers(t.Context()); has != 0 || err != nil {
				t.Errorf("got %d users, %v, want an empty database", has, err)
			}
		})
	}
}

// TestUserCreate makes accounts while a portal runs, which knows them at once.
func TestUserCreate(t *testing.T) {
	t.Parallel()
	p := start(t, onSQLite(t))
	webtest.Until(t, "the administrator, who is made only where there is nobody", func() bool {
		n, err := p.db.CountUsers(t.Context())
		return n == 1 && err == nil
	})
	create := func(stdin string, args ...string) (string, error) {
		out, log, err := command(t, stdin, append(append([]string{"user", "create"}, args...), p.data...)...)
		if secret := strings.TrimSpace(stdin); secret != "" && strings.Contains(out+log, secret) {
			t.Errorf("the password was printed:\n%s%s", out, log)
		}
		return out, err
	}

	out, err := create("", "--email=grace@example.net", "--name=Grace Hopper", "--role=admin")
	made := regexp.MustCompile(`(?m)^Password: (\S+)$`).FindStringSubmatch(out)
	if err != nil || made == nil || !strings.Contains(out, "Made grace@example.net (admin).") {
		t.Fatalf("got %v and %q", err, out)
	}
	p.Client(t).SignIn("grace@example.net", made[1])

	if out, err = create(webtest.Password+"\r\n", "--email=ada@example.net", "--name=Ada Lovelace", "--password-stdin"); err != nil {
		t.Fatalf("got %v and %q", err, out)
	}
	ada := p.Client(t)
	ada.SignIn("ADA@example.net", webtest.Password)
	ada.Get("/account").Want(http.StatusOK).Says("Ada Lovelace")

	for name, c := range map[string]struct {
		stdin, want string
		args        []string
	}{
		"taken":       {webtest.Password, "has an account already", []string{"--email=Ada@Example.net", "--name=A", "--password-stdin"}},
		"bad address": {webtest.Password, "is not an email address", []string{"--email=ada", "--name=A", "--password-stdin"}},
		"demo domain": {webtest.Password, "is not an email address", []string{"--email=ada@demo.example", "--name=A", "--password-stdin"}},
		"weak":        {"correct horse", "at least 15 characters", []string{"--email=b@example.net", "--name=B", "--password-stdin"}},
		"empty":       {"\n", "no password on standard input", []string{"--email=b@example.net", "--name=B", "--password-stdin"}},
		"no name":     {webtest.Password, "--name", []string{"--email=b@example.net", "--password-stdin"}},
		"role":        {webtest.Password, "--role", []string{"--email=b@example.net", "--name=B", "--role=king", "--password-stdin"}},
	} {
		if out, err := create(c.stdin, c.args...); err == nil || !strings.Contains(err.Error(), c.want) || out != "" {
			t.Errorf("%s: got %v and %q, want an error with %q", name, err, out, c.want)
		}
	}
	if n, err := p.db.CountUsers(t.Context()); n != 3 || err != nil { // with the administrator of the first start
		t.Errorf("got %d users, %v, want 3", n, err)
	}
}

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	p := start(t, onSQLite(t))
	webtest.Until(t, "a portal that is ready", func() bool { return p.Client(t).Get("/readyz").StatusCode == http.StatusOK })
	addr := "--addr=" + strings.TrimPrefix(p.Origin, "http://")
	if _, _, err := command(t, "", append([]string{"healthcheck", addr}, p.data...)...); err != nil {
		t.Errorf("of a portal that serves: got %v, want nil", err)
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := command(t, "", append([]string{"healthcheck", addr}, p.data...)...); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("of a portal that stopped: got %v, want an error", err)
	}
}

// TestUserRemoveFactors lets somebody back in who has lost all second factors, while the portal runs and sends the
// email about it.
func TestUserRemoveFactors(t *testing.T) {
	t.Parallel()
	p := start(t, onSQLite(t))
	email := p.account(t, "Lotte Reis")
	p.change(t, `INSERT INTO totp_secrets (user_id, sealed, last_step, enrolled_at) SELECT id, '', 0, created_at FROM users WHERE email = $1`, email)
	p.Client(t).Post("/login", "email", email, "password", webtest.Password).Leads("/login/verify")
	remove := func(email string) (string, error) {
		out, _, err := command(t, "", append([]string{"user", "remove-factors", "--email=" + email, "--reason=She came with her passport."}, p.data...)...)
		return out, err
	}
	if out, err := remove("nobody@example.net"); err == nil || !strings.Contains(err.Error(), "there is no such account") || out != "" {
		t.Errorf("somebody else: got %v and %q", err, out)
	}
	if out, err := remove(email); err != nil || !strings.Contains(out, "Removed every second step of "+email) {
		t.Fatalf("got %v and %q", err, out)
	}
	c := p.Client(t)
	c.SignIn(email, webtest.Password)
	webtest.Until(t, "the email", func() bool {
		return strings.Contains(c.Get("/dev/mail").Body, "An operator removed every second step of your account")
	})
	if _, err := remove(email); err == nil {
		t.Error("removed twice")
	}
}

// TestWelcome: the line about the administrator names somebody who is there.
func TestWelcome(t *testing.T) {
	t.Parallel()
	starts := func(data []string) string {
		out := webtest.NewLog(t)
		p := webtest.Launch(t, func(ctx context.Context, stdout, stderr io.Writer) error {
			return run(surroundings{ctx, strings.NewReader(""), io.MultiWriter(stdout, out), stderr}, serveArgs(data, nil))
		})
		webtest.Until(t, "all lines of a start", func() bool { return strings.Contains(out.String(), "Emails: ") })
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
		return out.String()
	}
	empty := onSQLite(t)
	if out := starts(empty); !strings.Contains(out, "Administrator: "+seedEmail+", password ") {
		t.Errorf("first start: got %q, want the administrator who was made", out)
	}
	if out := starts(empty); !strings.Contains(out, seedEmail) || strings.Contains(out, "password ") && strings.Contains(out, "shown only now") {
		t.Errorf("second start: got %q, want whose account there is, and no password", out)
	}
	used := onSQLite(t)
	if _, _, err := command(t, "", append([]string{"user", "create", "--email=ada@example.net", "--name=Ada"}, used...)...); err != nil {
		t.Fatal(err)
	}
	if out := starts(used); strings.Contains(out, seedEmail) {
		t.Errorf("start with another account: got %q, which names somebody who is not there", out)
	}
}

package config_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"example.com/gatehouse/internal/config"
)

type command struct {
	config.Flags `embed:""`
}

// parse runs the flags through kong with the environment the test has set.
func parse(t *testing.T, args ...string) (command, *kong.Kong) {
	t.Helper()
	var c command
	parser, err := kong.New(&c, kong.Name("web"), config.Vars(), kong.Exit(func(int) {}), kong.Writers(t.Output(), t.Output()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Fatalf("%q: got error %v", args, err)
	}
	return c, parser
}

func TestFlagsWinOverTheEnvironment(t *testing.T) {
	t.Setenv("GATEHOUSE_PROFILE", "banking")
	t.Setenv("GATEHOUSE_SESSION_IDLE", "4m")
	t.Setenv("GATEHOUSE_SESSION_LIFETIME", "")
	t.Setenv("GATEHOUSE_INSECURE_COOKIE", "true")
	t.Setenv("GATEHOUSE_SMTP_URL_FILE", file(t, "smtp://mail:25\n"))
	c, _ := parse(t, "--session-idle=5m", "--allow-short-lifetime")
	s, _ := must(t, c.Flags)
	if got, want := joined(s.SessionIdle, s.SessionLifetime), "5m0s 8h0m0s"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if s.Secure() || s.DevMail() || !s.AllowShortLifetime || s.SMTPURL != "smtp://mail:25" {
		t.Errorf("got secure %t, development mail %t, short lifetime %t, mail by %s; want false, false, true, smtp://mail:25",
			s.Secure(), s.DevMail(), s.AllowShortLifetime, s.SMTPURL)
	}
}

func TestABadVariableDoesNotHideTheNext(t *testing.T) {
	t.Setenv("GATEHOUSE_SESSION_IDLE", "soon")
	t.Setenv("GATEHOUSE_SESSIONS_PER_USER", "many")
	t.Setenv("GATEHOUSE_REDIS_URL", "http://:canary@cache")
	c, _ := parse(t)
	_, _, err := c.Settings()
	if err == nil {
		t.Fatal("got no error")
	}
	for _, want := range []string{`GATEHOUSE_SESSION_IDLE: "soon"`, `GATEHOUSE_SESSIONS_PER_USER: "many"`, "GATEHOUSE_REDIS_URL: "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got\n%v\nwant %s", err, want)
		}
	}
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("got\n%v\nwhich repeats the password", err)
	}
}

// A flag, its variable and its printed line have one name, and help lists them in the order they are printed.
func TestFlagsAndPrintedSettingsAgree(t *testing.T) {
	_, parser := parse(t)
	var names []string
	for _, flag := range parser.Model.Flags {
		if flag.Name == "help" {
			continue
		}
		name := "GATEHOUSE_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
		if !slices.Equal(flag.Envs, []string{name}) {
			t.Errorf("--%s: got variables %q, want %s", flag.Name, flag.Envs, name)
		}
		if flag.Help == "" || flag.Group == nil {
			t.Errorf("--%s: got help %q in group %v, want both", flag.Name, flag.Help, flag.Group)
		}
		if !strings.HasSuffix(name, "_FILE") {
			names = append(names, name)
		}
	}
	s, _ := must(t, config.Flags{})
	var lines []string
	for line := range strings.Lines(printed(s)) {
		name, _, _ := strings.Cut(line, "=")
		lines = append(lines, name)
	}
	if !slices.Equal(names, lines) {
		t.Errorf("flags\n%q\nprinted\n%q", names, lines)
	}
}

func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "GATEHOUSE_") {
			os.Unsetenv(name)
		}
	}
	m.Run()
}

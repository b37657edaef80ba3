package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"example.com/gatehouse/internal/sessioncheck"
	"example.com/gatehouse/internal/twin"
)

const (
	user     = "adelheid@example.org"
	password = "correct horse battery staple"
)

// serve serves the twin with faults and returns where it is.
func serve(t *testing.T, faults ...twin.Fault) string {
	t.Helper()
	server := httptest.NewServer(twin.New(twin.Options{
		Store: memstore.NewWithCleanupInterval(0), Faults: faults, Password: password, Accounts: []string{user},
		Idle: 20 * time.Minute, Lifetime: 24 * time.Hour,
	}).Handler())
	t.Cleanup(server.Close)
	return server.URL
}

// command runs the program.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	code = run(t.Context(), &out, &errs, append([]string{"--rate=0"}, args...))
	return code, out.String(), errs.String()
}

// Each way in which a scan can end has its exit code, which scripts rely on.
func TestExitCodes(t *testing.T) {
	t.Setenv("SESSIONCHECK_PASSWORD", password)
	sound, faulty := serve(t), serve(t, twin.ScriptsReadCookie)
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"sound", []string{"--user=" + user, sound}, 0, "nothing found"},
		{"a finding", []string{"--user=" + user, faulty}, 1, "cookie-httponly"},
		{"inconclusive", []string{"--user=" + user, "--logout=POST /nowhere", sound}, 2, "signout-server"},
		{"a wrong password", []string{"--user=" + user, "--password=wrong", sound}, 3, "nobody could be signed in"},
		{"another machine", []string{"--user=" + user, "http://192.0.2.1"}, badUse, "--i-am-authorised"},
		{"no account", []string{sound}, badUse, "--user"},
		{"an act that is none", []string{"--user=" + user, "--allow=everything", sound}, badUse, "everything"},
		{"no address", []string{"--user=" + user, "ftp://localhost"}, badUse, "address"},
		{"a flag that is none", []string{"--nothing", sound}, badUse, "nothing"},
		{"help", []string{"--help"}, 0, "--max-wait"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := command(t, c.args...)
			if code != c.code || !strings.Contains(stdout+stderr, c.says) {
				t.Errorf("got %d, want %d and %q:\n%s%s", code, c.code, c.says, stdout, stderr)
			}
		})
	}
}

// A session that exists already can be given where no list of processes shows it.
func TestCookieInVariable(t *testing.T) {
	t.Setenv("SESSIONCHECK_COOKIE", "session=of-nobody")
	if code, stdout, stderr := command(t, serve(t)); code != 3 || stderr != "" {
		t.Errorf("got %d, want 3:\n%s%s", code, stdout, stderr)
	}
}

// One scan writes its report in every form, into files that only their owner can read.
func TestFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(file("html"), nil, 0o644); err != nil { //nolint:gosec // everybody could read the last report
		t.Fatal(err)
	}
	target := serve(t, twin.ScriptsReadCookie, twin.PagesCached)
	args := []string{"--user=" + user, "--password=" + password, "--html=" + file("html"), "--sarif=" + file("sarif"), "--junit=" + file("junit")}
	code, stdout, stderr := command(t, append(args, "--json=-", target)...)
	var report sessioncheck.Report
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || code != 1 || stderr != "" {
		t.Fatalf("got %d, %v, %s", code, err, stderr)
	}
	if len(report.Checks) != len(sessioncheck.Checks) {
		t.Errorf("got %d checks, want %d", len(report.Checks), len(sessioncheck.Checks))
	}
	for _, c := range report.Checks {
		if c.Why == "" || c.Evidence == nil {
			t.Errorf("%s: got %+v, want a reason and a list of evidence", c.ID, c)
		}
	}
	var sarif struct {
		Runs []struct {
			Results []struct{ RuleID, Kind string }
		}
	}
	if err := json.Unmarshal(read(t, file("sarif")), &sarif); err != nil || len(sarif.Runs[0].Results) != len(report.Checks) || sarif.Runs[0].Results[0].Kind != "fail" {
		t.Errorf("SARIF: %v, %+v", err, sarif)
	}
	var junit struct {
		Failures int `xml:"failures,attr"`
	}
	if err := xml.Unmarshal(read(t, file("junit")), &junit); err != nil || junit.Failures != 2 {
		t.Errorf("JUnit: %v, %+v", err, junit)
	}
	if page := string(read(t, file("html"))); !strings.Contains(page, "<code>cookie-httponly</code>") || strings.Contains(page, "src=") || strings.Contains(page, "href=") {
		t.Errorf("HTML: got\n%s\nwant a page with the finding that needs nothing else", page)
	}

	if err := os.WriteFile(file("before"), []byte(stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, stdout, _ := command(t, append(args, "--baseline="+file("before"), target)...); code != 0 || !strings.Contains(stdout, "cache-private was found before") {
		t.Errorf("with a baseline: got %d\n%s", code, stdout)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: got %v, want a file for its owner alone", name, info.Mode())
	}
	return content
}

// The examples of profiles for frameworks can be read.
func TestProfiles(t *testing.T) {
	t.Parallel()
	for text, mistake := range map[string]string{
		"":                        "",
		"idle: 30m":               "",
		"logout: POST /logout":    "",
		"logout: {request: /out}": "",
		"logut: POST /logout":     "logut",
		"logout: sign out":        "no request",
		"idle: soon":              "soon",
		"{":                       "cannot be read",
	} {
		name := filepath.Join(t.TempDir(), "profile")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f := flags{URL: "ftp://localhost", Profile: name}
		_, err := f.scan(context.Background(), os.Stderr)
		if mistake == "" {
			mistake = "the target" // it went on to the next mistake
		}
		if err == nil || !strings.Contains(err.Error(), mistake) {
			t.Errorf("%q: got %v, want %q", text, err, mistake)
		}
	}
}

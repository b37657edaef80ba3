package main

import (
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/webtest"
)

// scraped returns the page of the metrics of a portal that serves them on a free port.
func (p *program) scraped(t testing.TB) string {
	t.Helper()
	var addr string
	webtest.Until(t, "the operations listener", func() bool {
		found := regexp.MustCompile(`metrics and profiles are served" addr=(\S+)`).FindStringSubmatch(p.Log.String())
		if found != nil {
			addr = found[1]
		}
		return found != nil
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestMetrics: what people do is counted, under labels that none of them can choose.
func TestMetrics(t *testing.T) {
	t.Parallel()
	for name, on := range backends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, on(t), "--ops-addr=127.0.0.1:0")
			email := p.account(t, "Ada Lovelace")
			c := p.Client(t)
			c.Post("/login", "email", email, "password", "this is not the password")
			c.SignIn(email, webtest.Password)
			c.Get("/account").Want(http.StatusOK)
			c.Get("/no-such-page-" + strings.Repeat("x", 9))
			c.Post("/logout").Leads("/signed-out")
			page := p.scraped(t)
			for _, line := range []string{
				`gatehouse_sign_ins_total{method="password",result="ok"} 1`, `gatehouse_sign_ins_total{method="password",result="refused"} 1`,
				`gatehouse_session_endings_total{reason="signed_out"} 1`, `gatehouse_session_endings_total{reason="idle"} 0`,
				`gatehouse_events_total{kind="authn_login_fail"} 1`, `gatehouse_events_total{kind="session_token_reused"} 0`,
				`gatehouse_sessions_live 0`, `gatehouse_sessions_flagged 0`, `gatehouse_hashes_waiting 0`, `gatehouse_streams_open 0`, `gatehouse_letters_waiting 0`,
				`gatehouse_request_seconds_count{method="GET",route="/account",status="200"} 1`,
			} {
				if !strings.Contains(page, "\n"+line+"\n") {
					t.Errorf("no line %s", line)
				}
			}
			for _, pattern := range []string{
				`(?m)^gatehouse_hash_seconds_count [1-9]`, `(?m)^gatehouse_database_seconds_count\{kind="session"\} [1-9]`, `(?m)^gatehouse_database_seconds_count\{kind="transaction"\} [1-9]`,
				`(?m)^gatehouse_bag_seconds_count\{operation="find",result="ok"\} [1-9]`, `(?m)^gatehouse_sweep_age_seconds\{sweep="sessions"\} `,
				`(?m)^go_sql_open_connections\{db_name="main"\} [1-9]`, `(?m)^gatehouse_build_info\{.*schema=`,
			} {
				if !regexp.MustCompile(pattern).MatchString(page) {
					t.Errorf("nothing like %s", pattern)
				}
			}
			if strings.Contains(page, "no-such-page") || strings.Contains(page, email) {
				t.Error("what somebody typed is a label")
			}
		})
	}
}

// What cannot be counted is not 0, which would say that nobody is signed in: neither at the first request nor at those after it.
func TestMetricsWithoutDatabase(t *testing.T) {
	t.Parallel()
	p := start(t, onSQLite(t), "--ops-addr=127.0.0.1:0")
	want := func(value string) {
		t.Helper()
		page := p.scraped(t)
		for _, name := range []string{"gatehouse_sessions_live", "gatehouse_sessions_flagged"} {
			if !strings.Contains(page, "\n"+name+" "+value+"\n") {
				t.Errorf("%s is not %s", name, value)
			}
		}
	}
	p.change(t, `ALTER TABLE sessions RENAME TO away`)
	want("NaN")
	want("NaN")
	p.change(t, `ALTER TABLE away RENAME TO sessions`)
	want("0")
}

// TestDashboardAndAlerts: what they ask for is there, or they would be silent for ever.
func TestDashboardAndAlerts(t *testing.T) {
	t.Parallel()
	p := start(t, onServers(t), "--ops-addr=127.0.0.1:0")
	c := p.Client(t)
	c.Get("/plans").Want(http.StatusOK)
	webtest.Until(t, "a bag", func() bool { return c.Post("/basket", "plan", "hall").StatusCode == http.StatusSeeOther })
	c.Get("/plans").Want(http.StatusOK)
	var there []string
	for _, found := range regexp.MustCompile(`(?m)^([a-z_]+)[{ ]`).FindAllStringSubmatch(p.scraped(t), -1) {
		there = append(there, found[1])
	}
	asked := regexp.MustCompile(`\b(gatehouse|go_sql|go|process)_[a-z_]+\b`)
	for _, file := range []string{"../../deploy/grafana-dashboard.json", "../../deploy/alerts.yml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		names := asked.FindAllString(string(text), -1)
		if len(names) < 10 {
			t.Errorf("%s asks for %q", file, names)
		}
		for _, name := range names {
			if !slices.Contains(there, name) {
				t.Errorf("%s asks for %s, which is not there", file, name)
			}
		}
		for _, value := range regexp.MustCompile(`kind="([a-z_]+)"|kind=~\\?"([a-z_|]+)\\?"`).FindAllStringSubmatch(string(text), -1) {
			for kind := range strings.SplitSeq(value[1]+value[2], "|") {
				if !strings.Contains(p.scraped(t), `kind="`+kind+`"`) {
					t.Errorf("%s asks for the kind %s, which is not there", file, kind)
				}
			}
		}
	}
}

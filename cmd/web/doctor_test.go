package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/mail/mailtest"
	"example.com/gatehouse/webtest"
)

// examined runs web doctor and returns what it found.
func examined(t testing.TB, args ...string) (findings []finding, err error) {
	t.Helper()
	out, _, err := command(t, "", append([]string{"doctor", "--json"}, args...)...)
	findings = jsonLines[finding](t, out)
	problems := slices.ContainsFunc(findings, func(f finding) bool { return f.State == problem })
	if (err != nil) != problems || err != nil && exitCode(err) != codeFailed {
		t.Errorf("ended with %v, problems: %t", err, problems)
	}
	return findings, err
}

// wantFinding fails unless one of the findings about something has the state and the words.
func wantFinding(t testing.TB, findings []finding, about, state, words string) {
	t.Helper()
	if !slices.ContainsFunc(findings, func(f finding) bool {
		return f.About == about && f.State == state && strings.Contains(f.Says, words) && (state != problem || f.Do != "")
	}) {
		t.Errorf("no %s about %s with %q in %+v", state, about, words, findings)
	}
}

// TestDoctorSound: a portal that is as it should be has nothing to be done, and looking changed nothing.
func TestDoctorSound(t *testing.T) {
	t.Parallel()
	for name, on := range backends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, keys := on(t), "--keys="+config.NewKey()
			p := start(t, data, keys, "--trusted-proxies=")
			p.data = append(slices.Clone(data), keys)
			email := p.account(t, "Ada Lovelace")
			p.enrolApp(t, sealerWith(t, strings.TrimPrefix(keys, "--keys=")), email)
			findings, err := examined(t, append([]string{keys, "--base-url=" + p.Origin}, data...)...)
			if err != nil {
				t.Errorf("got %v: %+v", err, findings)
			}
			wantFinding(t, findings, "settings", sound, "they fit together")
			wantFinding(t, findings, "database", sound, "can be written to")
			wantFinding(t, findings, "keys", sound, "everything that is sealed can be opened")
			wantFinding(t, findings, "clock", sound, "agrees")
			wantFinding(t, findings, "cookies", sound, "__Host-id")
			wantFinding(t, findings, "base URL", sound, "leads to the portal")
			wantFinding(t, findings, "proxies", sound, "without a proxy")
			if len(data) > 1 {
				wantFinding(t, findings, "redis", sound, "primary")
			} else {
				wantFinding(t, findings, "files", sound, "nobody else")
			}
			var n int
			if p.ask(t, `SELECT count(*) FROM key_samples`, nil, &n); n != 1 {
				t.Errorf("%d samples of keys, want that of the start", n)
			}
			text, _, err := command(t, "", append([]string{"doctor", keys, "--base-url=" + p.Origin}, data...)...)
			if err != nil || !strings.Contains(text, "ok           database") {
				t.Errorf("for people: got %v and\n%s", err, text)
			}
		})
	}
}

// Before the first start there is nothing to be looked at yet, and nothing is made.
func TestDoctorBeforeTheFirstStart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "test.db")
	findings, err := examined(t, "--database-url=sqlite:"+file, "--addr=127.0.0.1:1", "--keys="+config.NewKey())
	if err != nil {
		t.Errorf("got %v: %+v", err, findings)
	}
	wantFinding(t, findings, "database", note, "a start makes it")
	wantFinding(t, findings, "base URL", notChecked, "start it")
	if _, err := os.Stat(file); err == nil {
		t.Error("it made the database")
	}
}

func TestDoctorSettings(t *testing.T) {
	t.Parallel()
	findings, _ := examined(t, "--profile=vault", "--session-idle=never")
	wantFinding(t, findings, "settings", problem, "GATEHOUSE_PROFILE")
	wantFinding(t, findings, "settings", problem, "GATEHOUSE_SESSION_IDLE")
}

// What is wrong with the database and its keys is said with what to do.
func TestDoctorDatabase(t *testing.T) {
	t.Parallel()
	for name, on := range backends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, keys := on(t), "--keys="+config.NewKey()
			p := start(t, data, keys)
			p.data = append(slices.Clone(data), keys)
			email := p.account(t, "Ada Lovelace")
			p.enrolApp(t, sealerWith(t, config.NewKey()), email)
			look := func(about, words string, args ...string) {
				t.Helper()
				findings, _ := examined(t, slices.Concat([]string{"--addr=127.0.0.1:1"}, data[:1], args)...)
				wantFinding(t, findings, about, problem, words)
			}
			look("keys", "authenticator apps: 1 of 1 cannot be opened", keys)
			look("keys", "a start refuses them", "--keys="+config.NewKey())
			p.change(t, `UPDATE events SET at = $1 WHERE kind = 'user_created'`, time.Now().Add(time.Hour).UTC())
			look("clock", "1h0m0s ahead", keys)
			p.change(t, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)`)
			look("database", "a newer one made them", keys)
			p.change(t, `DELETE FROM goose_db_version WHERE version_id > 3`)
			look("database", "its tables are at 3", keys, "--migrate=off")
		})
	}
	findings, _ := examined(t, "--addr=127.0.0.1:1", "--database-url=postgres://gate:sesame-and-barley@127.0.0.1:1/gate")
	wantFinding(t, findings, "database", problem, "does not answer")
}

// A database that answers and takes nothing stops a start, and web doctor says so as well.
func TestReadOnlyDatabase(t *testing.T) {
	t.Parallel()
	data := onServers(t)[:1]
	data[0] += "&default_transaction_read_only=on"
	p := webtest.Launch(t, func(ctx context.Context, stdout, stderr io.Writer) error {
		return run(surroundings{ctx, strings.NewReader(""), stdout, stderr}, serveArgs(data, nil))
	})
	if err := p.Stop(); err == nil || !strings.Contains(err.Error(), "GATEHOUSE_DATABASE_URL: nothing can be written to the database") {
		t.Errorf("got %v, want the reason", err)
	}
	findings, _ := examined(t, "--addr=127.0.0.1:1", data[0])
	wantFinding(t, findings, "database", problem, "nothing can be written")
}

// The servers are really used, and their passwords are nowhere.
func TestDoctorServers(t *testing.T) {
	t.Parallel()
	const secret = "sesame-and-barley"
	postbox := (&mailtest.Server{Mechanisms: []string{"PLAIN"}}).Start(t)
	redisURL := strings.Replace(strings.TrimPrefix(onServers(t)[1], "--redis-url="), "redis://", "redis://somebody:"+secret+"@", 1)
	out, log, err := command(t, "", "doctor", onSQLite(t)[0], "--addr=127.0.0.1:1", "--redis-url="+redisURL, "--smtp-url=smtp://portal:"+secret+"@"+postbox.Addr)
	if err == nil || !strings.Contains(out, "it refuses the login (it said: ") || !strings.Contains(out, "certificate") {
		t.Errorf("got %v and\n%s", err, out)
	}
	if strings.Contains(out+log, secret) {
		t.Errorf("a password was printed:\n%s", out)
	}
	findings, _ := examined(t, onSQLite(t)[0], "--addr=127.0.0.1:1", "--redis-url=redis://127.0.0.1:1", "--smtp-url=smtp://127.0.0.1:1")
	wantFinding(t, findings, "redis", problem, "does not do what it is asked")
	wantFinding(t, findings, "mail", problem, "no email would leave")
}

// What a server says may repeat the password that it was told.
func TestDoctorRepeatsNoSecret(t *testing.T) {
	t.Parallel()
	const secret = "sesame and/barley"
	var listen net.ListenConfig
	listener, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "-ERR unknown command 'AUTH', with args beginning with: 'somebody' '"+secret+"'\r\n")
		}
	}()
	out, log, err := command(t, "", "doctor", onSQLite(t)[0], "--addr=127.0.0.1:1", "--redis-url=redis://somebody:"+url.PathEscape(secret)+"@"+listener.Addr().String())
	if err == nil || !strings.Contains(out, "unknown command 'AUTH'") || strings.Contains(out+log, secret) {
		t.Errorf("got %v and\n%s", err, out)
	}
}

// TestDoctorProxy: what a proxy does to a request is seen from what arrives at the portal that serves.
func TestDoctorProxy(t *testing.T) {
	t.Parallel()
	var (
		target  atomic.Pointer[url.URL]
		rewrite atomic.Pointer[func(*httputil.ProxyRequest)]
	)
	through := func(do func(*httputil.ProxyRequest)) { rewrite.Store(&do) }
	good := func(r *httputil.ProxyRequest) {
		r.SetURL(target.Load())
		r.Out.Host = r.In.Host
		r.SetXForwarded()
	}
	through(good)
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { (*rewrite.Load())(r) }})
	t.Cleanup(proxy.Close)

	var listen net.ListenConfig // a free port, taken again by the portal
	free, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	target.Store(&url.URL{Scheme: "http", Host: addr})
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--addr=" + addr, "--base-url=" + proxy.URL, "--keys=" + config.NewKey(), onSQLite(t)[0]}
	look := func(about, state, words string, more ...string) {
		t.Helper()
		findings, _ := examined(t, append(slices.Clone(flags), more...)...)
		wantFinding(t, findings, about, state, words)
	}
	look("base URL", notChecked, "start it and its proxy")

	p := start(t, flags[3:], flags[0], flags[1], flags[2])
	look("base URL", sound, "leads to the portal")
	look("proxies", sound, "127.0.0.1 is trusted, and names 127.0.0.1 as the client")
	through(func(r *httputil.ProxyRequest) { good(r); r.Out.Host = addr })
	look("base URL", problem, "every form would be refused")
	through(func(r *httputil.ProxyRequest) { good(r); r.Out.Header.Del("X-Forwarded-For") })
	look("proxies", problem, "does not say whose request it passes on")
	through(func(r *httputil.ProxyRequest) { good(r); r.Out.Header.Del("Cookie"); r.Out.Header.Del("Origin") })
	look("cookies", problem, "__Host-id does not arrive")
	look("base URL", problem, "Origin arrives as")
	through(good)
	look("base URL", problem, "with other keys", "--keys="+config.NewKey())
	through(func(r *httputil.ProxyRequest) { good(r); r.Out.URL.Host = "127.0.0.1:1" })
	look("base URL", problem, "does not lead to it")
	through(good)
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	p = start(t, flags[3:], flags[0], flags[1], flags[2], "--trusted-proxies=192.0.2.1")
	look("proxies", problem, "is not trusted: all clients seem to come from it")

	// Only whoever has a key is told anything, for a minute.
	c := p.Client(t)
	sealer := sealerWith(t, strings.TrimPrefix(flags[2], "--keys="))
	late, err := question(sealer, time.Now().Add(-2*questionLife))
	if err != nil {
		t.Fatal(err)
	}
	others, err := question(sealerWith(t, config.NewKey()), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"", "x", late, others} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, proxy.URL+doctorPath, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(doctorHeader, value)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if _ = answer.Body.Close(); err != nil || string(body) != "ok\n" {
			t.Errorf("%q: got %q, %v, want what everybody gets", value, body, err)
		}
	}
	c.Get("/healthz").Want(http.StatusOK)
}

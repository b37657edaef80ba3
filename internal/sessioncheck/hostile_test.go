package sessioncheck_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/gatehouse/internal/sessioncheck"
	"example.com/gatehouse/internal/twin"
	"example.com/gatehouse/webtest"
)

// A raw is a server without a network, which answers whatever it likes.
type raw func(r *http.Request) (*http.Response, error)

func (f raw) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, header http.Header, body io.Reader) (*http.Response, error) {
	if header == nil {
		header = http.Header{"Content-Type": {"text/html"}}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(body)}, nil
}

// An endless body counts what is read of it, and may take its time.
type endless struct {
	read *atomic.Int64
	slow time.Duration
	ctx  context.Context
}

func (e endless) Read(p []byte) (int, error) {
	if e.slow > 0 {
		select {
		case <-time.After(e.slow):
		case <-e.ctx.Done():
			return 0, e.ctx.Err()
		}
		p = p[:1]
	}
	n := copy(p, strings.Repeat("x", len(p)))
	e.read.Add(int64(n))
	return n, nil
}

const loginPage = `<form method=post action=/login><input name=email><input name=password type=password></form>`

// Servers that do what none should end a scan with a sentence, in bounded time and memory.
func TestHostileServers(t *testing.T) {
	t.Parallel()
	var read atomic.Int64
	for name, server := range map[string]struct {
		raw
		says string
	}{
		"an endless body": {func(r *http.Request) (*http.Response, error) { return answer(200, nil, endless{&read, 0, r.Context()}) }, "no sign-in form"},
		"a body that crawls": {func(r *http.Request) (*http.Response, error) {
			return answer(200, nil, endless{&read, time.Second, r.Context()})
		}, "within 10s"},
		"headers that do not": {func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }, "within 10s"},
		"redirects in a circle": {func(*http.Request) (*http.Response, error) {
			return answer(302, http.Header{"Location": {"/again"}}, http.NoBody)
		}, "redirects"},
		"pages that change": {func(r *http.Request) (*http.Response, error) {
			return answer(200, nil, strings.NewReader(fmt.Sprintf("<h1>%d</h1>%s", time.Now().UnixNano(), loginPage)))
		}, "did not lead to a page"},
		"a thousand cookies": {func(*http.Request) (*http.Response, error) {
			h := http.Header{"Content-Type": {"text/html"}}
			for n := range 1000 {
				h.Add("Set-Cookie", fmt.Sprintf("c%d-%d=%s", time.Now().UnixNano(), n, strings.Repeat("x", 100)))
			}
			return answer(200, h, strings.NewReader(loginPage))
		}, "did not lead to a page"},
		"a form that goes elsewhere": {func(*http.Request) (*http.Response, error) {
			return answer(200, nil, strings.NewReader(strings.Replace(loginPage, "/login", "https://attacker.example/", 1)))
		}, "another site"},
		"only errors": {func(*http.Request) (*http.Response, error) { return answer(500, nil, strings.NewReader("no")) }, "no sign-in form"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := read.Load()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				r, err := sessioncheck.Run(t.Context(), sessioncheck.Options{Target: "http://localhost", User: user, Password: password, Rate: 20, Transport: server.raw})
				if err != nil {
					t.Fatal(err)
				}
				if r.ExitCode() != 3 || !strings.Contains(strings.Join(r.Notes, " "), server.says) {
					t.Errorf("got %d and %q, want 3 and %q", r.ExitCode(), r.Notes, server.says)
				}
				if took := time.Since(start); took > 2*time.Minute {
					t.Errorf("took %v", took)
				}
			})
			if n := read.Load() - began; n > 15<<20 {
				t.Errorf("read %d bytes of an endless body", n)
			}
		})
	}
}

// Headers without an end are for the transport of the network, which a test without one does not have.
func TestEndlessHeaders(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
				for err == nil {
					_, err = io.WriteString(conn, "X-More: "+strings.Repeat("x", 1000)+"\r\n")
				}
			}()
		}
	}()
	r, err := sessioncheck.Run(t.Context(), sessioncheck.Options{Target: "http://" + l.Addr().String(), User: user, Password: password})
	if err != nil || r.ExitCode() != 3 || len(r.Notes) == 0 {
		t.Errorf("got %v, %v", r, err)
	}
}

// Nothing that a server sends moves the cursor of a terminal, and neither tokens nor passwords are in any output.
func TestOutputsAreClean(t *testing.T) {
	t.Parallel()
	sent := map[string]bool{}
	h := newTwin(append([]twin.Fault{twin.ScriptsReadCookie, twin.TokenInURL}, twin.Documented...)...)
	hostile := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, c := range r.Cookies() {
			sent[c.Value] = true
		}
		w.Header().Set("X-Title", "\x1b[2J\x1b]0;hello\x07")
		r.URL.Path, _, _ = strings.Cut(r.URL.Path, ";")
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		maps.Copy(w.Header(), rec.Header())
		for _, c := range r.Cookies() { // as some servers carry a session
			if location := w.Header().Get("Location"); location == "/login" || location == "/account" {
				w.Header().Set("Location", location+";session="+c.Value)
			}
		}
		w.WriteHeader(rec.Code)
		_, _ = io.WriteString(w, strings.ReplaceAll(rec.Body.String(), "Account of", "\x1b[31mAccount\u202e of"))
	})
	r := scanned(t, hostile, nil)
	if r.Verdict != sessioncheck.Findings {
		t.Fatalf("got %s %q, want findings", r.Verdict, r.Notes)
	}
	for name, write := range map[string]func(io.Writer) error{
		"text": r.WriteText, "json": r.WriteJSON, "html": r.WriteHTML, "sarif": r.WriteSARIF, "junit": r.WriteJUnit,
	} {
		var out strings.Builder
		if err := write(&out); err != nil {
			t.Fatal(err)
		}
		if i := strings.IndexFunc(out.String(), func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == 0x202e }); i >= 0 {
			t.Errorf("%s: control character in %q", name, out.String()[max(0, i-40):i+10])
		}
		for value := range sent {
			if len(value) > 16 && strings.Contains(out.String(), value) {
				t.Errorf("%s: a whole token", name)
			}
		}
		if strings.Contains(out.String(), password) {
			t.Errorf("%s: the password", name)
		}
	}
}

// A scan that is stopped says so, and leaves no session behind.
func TestStopped(t *testing.T) {
	t.Parallel()
	app := &sound{}
	h := app.handler()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	requests := 0
	stopping := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests++; requests == 60 {
			stop()
		}
		h.ServeHTTP(w, r)
	})
	r, err := sessioncheck.Run(ctx, sessioncheck.Options{Target: "http://localhost", User: user, Password: password, Transport: webtest.InProcess(stopping)})
	if err != nil || len(ids(r, sessioncheck.Skipped)) < 10 {
		t.Errorf("got %v, %v", r, err)
	}
	if left := len(app.sessions); left > 0 {
		t.Errorf("the scan left %d sessions", left)
	}
}

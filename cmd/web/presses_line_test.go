package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// answerAfter is how long the answer to a form takes in TestDoublePress, longer than most pauses between two presses.
const answerAfter = 300 * time.Millisecond

// A slowLine leads to a portal. The answer to a form that is about to be pressed comes late on it, as on a bad day in a train;
// all else is as fast as ever.
type slowLine struct {
	mu      sync.Mutex
	presses map[string]*lateForm // by the address of the browser
}

// A lateForm is one that is pressed twice.
type lateForm struct {
	again    chan struct{} // closed when the second press is made: if that takes longer than it should, no answer comes before
	sent     int           // how often it went over the line
	answered int           // the last of these whose answer came to the browser
}

// slowly is a portal behind such a line, under a name: passkeys belong to names, and to one port.
func slowly(t *testing.T, flags ...string) (*program, *slowLine) {
	t.Helper()
	l, at := &slowLine{presses: map[string]*lateForm{}}, closedPort(t)
	server := httptest.NewUnstartedServer(l.to(&url.URL{Scheme: "http", Host: at}))
	base := "http://localhost:" + strings.TrimPrefix(server.Listener.Addr().String(), "127.0.0.1:")
	p := start(t, onSQLite(t), append(flags, "--addr="+at, "--base-url="+base)...)
	server.Start()
	t.Cleanup(server.Close)
	return p, l
}

func (l *slowLine) to(portal *url.URL) http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(portal)
			r.Out.Host = r.In.Host
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		},
		ModifyResponse: func(r *http.Response) error {
			l.delay(r.Request)
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {}, // the browser has given up this answer
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := l.of(r)
		if f == nil {
			proxy.ServeHTTP(w, r)
			return
		}
		n := l.sent(f)
		proxy.ServeHTTP(w, r)
		if r.Context().Err() == nil {
			l.answer(f, n)
		}
	})
}

// of is the form that a request sends, nil for anything else.
func (l *slowLine) of(r *http.Request) *lateForm {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Method != http.MethodPost {
		return nil
	}
	return l.presses[r.Header.Get("X-Forwarded-For")]
}

// sent counts a form that was sent.
func (l *slowLine) sent(f *lateForm) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	f.sent++
	return f.sent
}

func (l *slowLine) answer(f *lateForm, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f.answered = max(f.answered, n)
}

func (l *slowLine) delay(r *http.Request) {
	f := l.of(r)
	if f == nil {
		return
	}
	for _, until := range []<-chan struct{}{f.again, after(answerAfter)} {
		select {
		case <-until:
		case <-r.Context().Done():
			return
		}
	}
}

// after is closed when the time is over.
func after(d time.Duration) <-chan struct{} {
	over := make(chan struct{})
	time.AfterFunc(d, func() { close(over) })
	return over
}

// expect makes answers late for the browser at the address.
func (l *slowLine) expect(ip string) *lateForm {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := &lateForm{again: make(chan struct{})}
	l.presses[ip] = f
	return f
}

// settled waits until forms were sent so often at least, and the last is answered. It returns how often they were sent.
func (l *slowLine) settled(t testing.TB, f *lateForm, times int) (sent int) {
	t.Helper()
	webtest.Until(t, "an answer to the last press", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		sent = f.sent
		return sent >= times && f.answered == sent
	})
	return sent
}

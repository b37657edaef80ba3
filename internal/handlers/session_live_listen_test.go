package handlers

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"example.com/gatehouse/webtest"
)

// A listener is a page that is open: a stream, and what came of it so far.
type listener struct {
	p      *portal
	hangUp context.CancelFunc
	over   chan struct{}

	mu     sync.Mutex
	status int
	header http.Header
	body   strings.Builder
	writes []time.Duration // how long each of the latest writes might take
}

// listens opens a page's stream. In a bubble it has begun, or is refused, when listens returns.
func (b *browser) listens() *listener {
	b.p.t.Helper()
	ctx, cancel := context.WithCancel(b.p.t.Context())
	l := &listener{p: b.p, hangUp: cancel, over: make(chan struct{})}
	r := b.NewRequest(http.MethodGet, livePage, nil).WithContext(ctx)
	to := webtest.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.header = w.Header()
		b.p.ServeHTTP(&liveConn{w, l}, r)
	}))
	go func() {
		defer close(l.over)
		if answer, err := to.RoundTrip(r); err == nil {
			_ = answer.Body.Close()
		}
	}()
	synctest.Wait()
	return l
}

// hears waits for half a second longer than a read takes to come, and returns the events since the last time.
func (l *listener) hears() string {
	time.Sleep(time.Second)
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	said := strings.NewReplacer(":\n\n", "", "\n\n", "; ", "\ndata: {}", "", "event: ", "", "\ndata: ", " ").Replace(l.body.String())
	l.body.Reset()
	return strings.TrimSuffix(said, "; ")
}

func (l *listener) wantHears(want string) {
	l.p.t.Helper()
	if got := l.hears(); got != want {
		l.p.t.Errorf("the page hears %q, want %q", got, want)
	}
}

// wantOver says whether the stream has ended, and that an open one was answered as one.
func (l *listener) wantOver(want bool) {
	l.p.t.Helper()
	synctest.Wait()
	select {
	case <-l.over:
		if !want {
			l.p.t.Error("the stream is over, want it open")
		}
	default:
		if want {
			l.p.t.Error("the stream is open, want it over")
		}
	}
}

// mayTake returns how long each of the latest writes might take.
func (l *listener) mayTake() []time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.writes)
}

func (l *listener) wantStatus(want int) {
	l.p.t.Helper()
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.status != want {
		l.p.t.Errorf("got %d, want %d", l.status, want)
	}
	if lines := l.header.Values("Set-Cookie"); len(lines) > 0 {
		l.p.t.Errorf("the stream sets cookies: %q", lines)
	}
}

// A liveConn is a connection that takes deadlines, as those of servers do.
type liveConn struct {
	http.ResponseWriter
	l *listener
}

func (c *liveConn) WriteHeader(status int) {
	c.l.mu.Lock()
	defer c.l.mu.Unlock()
	c.l.status = status
}

func (c *liveConn) Write(p []byte) (int, error) {
	c.l.mu.Lock()
	defer c.l.mu.Unlock()
	if c.l.status == 0 {
		c.l.status = http.StatusOK
	}
	return c.l.body.Write(p)
}

func (c *liveConn) Flush() {}

func (c *liveConn) SetReadDeadline(time.Time) error { return nil }

func (c *liveConn) SetWriteDeadline(until time.Time) error {
	c.l.mu.Lock()
	defer c.l.mu.Unlock()
	c.l.writes = append(c.l.writes, time.Until(until))
	return nil
}

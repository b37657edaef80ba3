package proof

import (
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// A slow client sends or reads as little as it can and keeps its connection.
type slowClient struct {
	what  string
	n     int
	first string        // at once
	drip  string        // byte by byte, from then on; "" for nothing
	deaf  bool          // reads nothing
	long  bool          // the server's limit for it is too long for every test
	limit time.Duration // of the server (cmd/web/serve.go)
	last  string        // how what the server says begins; "" where it says nothing
	ended *endings
}

// endings are how the server has ended connections.
type endings struct {
	sync.Mutex
	all []ending
}

// An ending is by the client's own clock, which started before the server can have known of the connection.
type ending struct {
	after time.Duration
	said  string
	err   error
}

func (e *endings) add(one ending) {
	if errors.Is(one.err, net.ErrClosed) {
		return // it was the client who closed
	}
	e.Lock()
	defer e.Unlock()
	e.all = append(e.all, one)
}

func (e *endings) soFar() []ending {
	e.Lock()
	defer e.Unlock()
	return slices.Clone(e.all)
}

// slowClients are in the order in which they are all there for a moment: those who are ended last come first.
var slowClients = []slowClient{
	{what: "idling", n: 150, first: "GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", long: true, limit: 2 * time.Minute, last: "HTTP/1.1 200 "},
	{what: "reading", n: 10, first: strings.Repeat("GET /static/app.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 100), deaf: true, long: true,
		limit: 40 * time.Second},
	{what: "a body", n: 150, first: "POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n" +
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\n", drip: "x", limit: 20 * time.Second, last: "HTTP/1.1 400 "},
	{what: "headers", n: 150, first: "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", drip: "x", limit: 5 * time.Second},
}

// TestSlowClients opens hundreds of connections that take all the time they get. Others are served meanwhile, the slow ones
// are ended by the server when their time is over and not before, and nothing is left of them.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	p := start(t, onSQLite(t), watched)
	inside := p.Client(t).SignIn(p.account(t, "Swift"), webtest.Password)
	before := p.gauge(t, "go_goroutines")

	var open []net.Conn
	for i := range slowClients {
		s := &slowClients[i]
		s.ended = &endings{}
		for range s.n {
			open = append(open, s.connect(t, p))
		}
	}
	// On a machine that is slow itself the first are ended before the last are there.
	webtest.Until(t, "hundreds of slow clients", func() bool { return p.gauge(t, "go_goroutines") >= before+len(open)/2 })
	inside.Get("/account").Want(http.StatusOK).Says("Swift")
	p.Client(t).SignIn(p.account(t, "Later"), webtest.Password)

	for _, s := range slowClients {
		if !s.long || *soak >= time.Minute {
			webtest.Within(t, 3*time.Minute, "the end of those who are slow with "+s.what, func() bool { return len(s.ended.soFar()) == s.n })
			s.check(t)
		}
	}
	inside.Get("/account").Want(http.StatusOK)
	for _, conn := range open {
		_ = conn.Close()
	}
	p.transport.CloseIdleConnections()
	webtest.Within(t, time.Minute, "as many goroutines as before", func() bool { return p.gauge(t, "go_goroutines") <= before+5 })
}

// connect opens a connection and records its end if the server closed it.
func (s slowClient) connect(t *testing.T, p *portal) net.Conn {
	t.Helper()
	var dial net.Dialer
	began := time.Now()
	conn, err := dial.DialContext(t.Context(), "tcp", strings.TrimPrefix(p.Origin, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	if s.deaf {
		_ = conn.(*net.TCPConn).SetReadBuffer(2048)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go s.write(conn, began)
	if !s.deaf {
		go func() {
			said, err := io.ReadAll(conn)
			s.ended.add(ending{time.Since(began), string(said), err})
			_ = conn.Close()
		}()
	}
	return conn
}

// write goes on until the connection is over. A deaf client asks again and again: once the server is held up by the answers,
// so is the client, until the server closes.
func (s slowClient) write(conn net.Conn, began time.Time) {
	_, err := io.WriteString(conn, s.first)
	for ; err == nil && s.drip != ""; time.Sleep(200 * time.Millisecond) {
		_, err = io.WriteString(conn, s.drip)
	}
	if s.deaf {
		for err == nil {
			_, err = io.WriteString(conn, s.first)
		}
		s.ended.add(ending{time.Since(began), "", err})
	}
}

// check wants nobody ended early, and to hear what the server has to say. What a client still sends can take the last words
// off its own connection, so not everybody has to have heard them.
func (s slowClient) check(t *testing.T) {
	t.Helper()
	heard := 0
	for _, e := range s.ended.soFar() {
		if e.after < s.limit {
			t.Errorf("slow with %s: ended after %s, want no sooner than %s", s.what, e.after, s.limit)
		}
		switch {
		case e.said != "" && (s.last == "" || !strings.HasPrefix(e.said, s.last)):
			t.Errorf("slow with %s: got %.200q, want %q", s.what, e.said, s.last)
		case e.said != "":
			heard++
		case s.last != "" && e.err == nil:
			t.Errorf("slow with %s: ended without a word, want %q", s.what, s.last)
		}
	}
	if s.last != "" {
		t.Logf("slow with %s: %d of %d heard %q", s.what, heard, s.n, s.last)
	}
	if s.last != "" && heard == 0 {
		t.Errorf("slow with %s: nobody heard %q", s.what, s.last)
	}
}

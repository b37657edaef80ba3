package proof

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A slow client sends or reads as little as it can and keeps its connection.
type slowClient struct {
	what  string
	n     int
	first string // at once
	drip  string // byte by byte, from then on; "" for nothing
	deaf  bool   // reads nothing
	long  bool   // the server's limit for it is too long for every test
	ended *atomic.Int64
}

// slowClients are ended 120, 40, 20 and 5 seconds after they began (cmd/web/serve.go): in this order they are all there
// for a moment.
var slowClients = []slowClient{
	{what: "idling", n: 150, first: "GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", long: true},
	{what: "reading", n: 10, first: strings.Repeat("GET /static/app.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 100), deaf: true, long: true},
	{what: "a body", n: 150, first: "POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n" +
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\n", drip: "x"},
	{what: "headers", n: 150, first: "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", drip: "x"},
}

// TestSlowClients opens hundreds of connections that take all the time they get. Others are served meanwhile, the slow ones
// are ended by the server, and nothing is left of them.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	p := start(t, onSQLite(t), watched)
	inside := p.client(t).signIn(p.account(t, "Swift"), password)
	before := p.gauge(t, "go_goroutines")

	var open []net.Conn
	for i := range slowClients {
		s := &slowClients[i]
		s.ended = &atomic.Int64{}
		for range s.n {
			open = append(open, s.connect(t, p))
		}
	}
	// On a machine that is slow itself the first are ended before the last are there.
	until(t, "hundreds of slow clients", func() bool { return p.gauge(t, "go_goroutines") >= before+len(open)/2 })
	inside.get("/account").want(http.StatusOK).says("Swift")
	p.client(t).signIn(p.account(t, "Later"), password)

	for _, s := range slowClients {
		if !s.long || *soak >= time.Minute {
			within(t, 3*time.Minute, "the end of those who are slow with "+s.what, func() bool { return s.ended.Load() == int64(s.n) })
		}
	}
	inside.get("/account").want(http.StatusOK)
	for _, conn := range open {
		_ = conn.Close()
	}
	stepByStep.CloseIdleConnections()
	within(t, time.Minute, "as many goroutines as before", func() bool { return p.gauge(t, "go_goroutines") <= before+5 })
}

// connect opens a connection that counts its end, when the server is the one who ends it.
func (s slowClient) connect(t *testing.T, p *portal) net.Conn {
	t.Helper()
	var dial net.Dialer
	conn, err := dial.DialContext(t.Context(), "tcp", strings.TrimPrefix(p.origin, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	if s.deaf {
		_ = conn.(*net.TCPConn).SetReadBuffer(2048)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go s.write(conn)
	if !s.deaf {
		go func() {
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
			s.ended.Add(1)
		}()
	}
	return conn
}

// write goes on until the connection is over. A deaf client asks again and again: once the server is held up by the answers,
// so is the client, until the server closes.
func (s slowClient) write(conn net.Conn) {
	_, err := io.WriteString(conn, s.first)
	for ; err == nil && s.drip != ""; time.Sleep(200 * time.Millisecond) {
		_, err = io.WriteString(conn, s.drip)
	}
	if s.deaf {
		for err == nil {
			_, err = io.WriteString(conn, s.first)
		}
		s.ended.Add(1)
	}
}

// within is until with a patience of its own.
func within(t testing.TB, patience time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}

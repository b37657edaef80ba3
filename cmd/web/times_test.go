package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/gatehouse/internal/config"
)

// pipes is a listener whose connections are in memory, so that their deadlines are kept by the clock of a test.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if conn, ok := <-p; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}
func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.IPAddr{} }

// A door is such a listener that tells when it is closed.
type door struct {
	pipes
	closed chan time.Time
}

func (d door) Close() error {
	d.closed <- time.Now()
	close(d.pipes)
	return nil
}

// closing tells when the server closes its end.
type closing struct {
	net.Conn
	at chan time.Time
}

func (c closing) Close() error {
	select {
	case c.at <- time.Now():
	default: // a server may close twice
	}
	return c.Conn.Close()
}

// A client that takes all the time it gets is ended when that is over: not before and not after.
func TestServerTimes(t *testing.T) {
	const post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n"
	for what, slow := range map[string]struct {
		first string
		drip  bool // one byte each second
		deaf  bool
		limit time.Duration
	}{
		"nothing at all":       {limit: 5 * time.Second},
		"headers":              {first: "GET / HTTP/1.1\r\nX-Slow: ", drip: true, limit: 5 * time.Second},
		"a body":               {first: post, drip: true, limit: 20 * time.Second},
		"reading":              {first: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", deaf: true, limit: 40 * time.Second},
		"between two requests": {first: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", limit: 2 * time.Minute},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				listener := make(pipes)
				stopping, stop := context.WithCancel(t.Context())
				stopped := make(chan error, 1)
				answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					_, _ = io.WriteString(w, strings.Repeat("x", 100_000))
				})
				go func() {
					stopped <- serve(stopping, server(answer, slog.New(slog.DiscardHandler)), listener, config.Settings{})
				}()

				client, end := net.Pipe()
				ended, began := make(chan time.Time, 1), time.Now()
				listener <- closing{end, ended}
				var clients sync.WaitGroup
				clients.Go(func() {
					_, err := io.WriteString(client, slow.first)
					for ; err == nil && slow.drip; time.Sleep(time.Second) {
						_, err = io.WriteString(client, "x")
					}
				})
				if !slow.deaf {
					clients.Go(func() { _, _ = io.Copy(io.Discard, client) })
				}
				if took := (<-ended).Sub(began); took != slow.limit {
					t.Errorf("ended after %s, want %s", took, slow.limit)
				}
				_ = client.Close()
				clients.Wait()
				stop()
				close(listener)
				if err := <-stopped; err != nil && !errors.Is(err, net.ErrClosed) {
					t.Error(err)
				}
			})
		})
	}
}

// A portal that is told to stop serves on for STOP_DELAY, in which a balancer sees that it is not ready, and no longer.
func TestStopDelay(t *testing.T) {
	const delay = 20 * time.Second
	synctest.Test(t, func(t *testing.T) {
		listener := door{make(pipes), make(chan time.Time, 1)}
		stopping, stop := context.WithCancel(t.Context())
		stopped := make(chan error, 1)
		notReady := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
		go func() {
			stopped <- serve(stopping, server(notReady, slog.New(slog.DiscardHandler)), listener, config.Settings{StopDelay: delay})
		}()
		stop()
		told := time.Now()
		time.Sleep(delay - time.Second)
		client, end := net.Pipe()
		listener.pipes <- end
		if _, err := io.WriteString(client, "GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if answer, err := io.ReadAll(client); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 503 ") {
			t.Errorf("within the delay: got %q, %v, want an answer", answer, err)
		}
		if after := (<-listener.closed).Sub(told); after != delay {
			t.Errorf("the port closed after %s, want %s", after, delay)
		}
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
}

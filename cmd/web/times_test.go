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

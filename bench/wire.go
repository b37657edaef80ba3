package main

import (
	"io"
	"net"
	"net/url"
	"sync/atomic"
)

// A wire stands between a contender and a server and counts what the contender sends.
type wire struct {
	listener net.Listener
	to       string
	bytes    atomic.Int64
	trips    atomic.Int64 // how often it spoke after the server had, or first
}

func newWire(to string) (*wire, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &wire{listener: l, to: to}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go w.carry(conn)
		}
	}()
	return w, nil
}

func (w *wire) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer server.Close()
	var asking atomic.Bool
	go func() {
		defer client.Close()
		_, _ = io.Copy(tap{client, func(int) { asking.Store(false) }}, server)
	}()
	_, _ = io.Copy(tap{server, func(n int) {
		w.bytes.Add(int64(n))
		if !asking.Swap(true) {
			w.trips.Add(1)
		}
	}}, client)
}

// A tap calls onWrite with the length of what is about to be written.
type tap struct {
	io.Writer
	onWrite func(int)
}

func (t tap) Write(b []byte) (int, error) {
	t.onWrite(len(b))
	return t.Writer.Write(b)
}

// wires lead to both servers. The one to PostgreSQL is not encrypted, so that its messages can be counted.
type wires struct{ postgres, redis *wire }

func (s servers) wired() (servers, wires, error) {
	at, err := url.Parse(s.postgres)
	if err != nil {
		return s, wires{}, err
	}
	cache, err := url.Parse(s.redis)
	if err != nil {
		return s, wires{}, err
	}
	var w wires
	if w.postgres, err = newWire(at.Host); err != nil {
		return s, w, err
	}
	if w.redis, err = newWire(cache.Host); err != nil {
		return s, w, err
	}
	at.Host, cache.Host = w.postgres.listener.Addr().String(), w.redis.listener.Addr().String()
	query := at.Query()
	query.Set("sslmode", "disable")
	at.RawQuery = query.Encode()
	return servers{postgres: at.String(), redis: cache.String()}, w, nil
}

func (w wires) close() {
	_ = w.postgres.listener.Close()
	_ = w.redis.listener.Close()
}

// crossed is what was sent over the wires since they were made.
func (w wires) crossed() count {
	return count{
		postgresTrips: int(w.postgres.trips.Load()), redisTrips: int(w.redis.trips.Load()),
		sent: int(w.postgres.bytes.Load() + w.redis.bytes.Load()),
	}
}

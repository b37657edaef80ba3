package ratelimit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/gomodule/redigo/redis"

	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/store/storetest"
)

func TestRedisHoldsNoAddresses(t *testing.T) {
	server := miniredis.RunT(t)
	l := NewRedis(newPool(t, "redis://"+server.Addr()), slog.New(slog.NewTextHandler(failing{t}, nil)))
	l.Take(t.Context(), "account:ada@example.com", Rule{Burst: 5, Every: time.Minute})

	sum := sha256.Sum256([]byte("account:ada@example.com"))
	want := brand.RedisPrefix("limit") + base64.RawURLEncoding.EncodeToString(sum[:])
	if got := server.Keys(); len(got) != 1 || got[0] != want {
		t.Errorf("got keys %q, want %q alone", got, want)
	}
	if got := server.Dump(); strings.Contains(got, "ada") {
		t.Errorf("got the address in the store: %s", got)
	}
}

func TestRedisKeysExpire(t *testing.T) {
	server := miniredis.RunT(t)
	synctest.Test(t, func(t *testing.T) {
		l := NewRedis(newPool(t, "redis://"+server.Addr()), slog.New(slog.NewTextHandler(failing{t}, nil)))
		r := Rule{Burst: 5, Every: time.Minute + time.Microsecond}
		for _, step := range []struct {
			name string
			do   func()
			want time.Duration
		}{
			{"one take", func() { l.Take(t.Context(), "key", r) }, time.Minute + time.Millisecond},
			{"four more", func() { takeAll(t, l, "key", r) }, 5*time.Minute + time.Millisecond},
			{"a refusal", func() { l.Take(t.Context(), "key", r) }, 5*time.Minute + time.Millisecond},
			{"a return", func() { l.Return(t.Context(), "key", r) }, 4*time.Minute + time.Millisecond},
		} {
			step.do()
			if got := server.TTL(redisKey(prefix, "key")); got != step.want {
				t.Errorf("after %s: got a key that lives %v, want %v", step.name, got, step.want)
			}
		}
		for range 4 {
			l.Return(t.Context(), "key", r)
		}
		if got := server.Keys(); len(got) != 0 {
			t.Errorf("after every take was returned: got keys %q, want none", got)
		}
		l.Take(t.Context(), "key", r)
		l.Reset(t.Context(), "key")
		if got := server.Keys(); len(got) != 0 {
			t.Errorf("after a reset: got keys %q, want none", got)
		}
	})
}

func TestRealRedisKeysExpire(t *testing.T) {
	pool := newPool(t, storetest.RedisURL(t))
	l, key := NewRedis(pool, slog.New(slog.NewTextHandler(failing{t}, nil))), rand.Text()
	t.Cleanup(func() { l.Reset(t.Context(), key) })
	takeAll(t, l, key, Rule{Burst: 5, Every: time.Hour})
	conn := pool.Get()
	defer conn.Close()
	ms, err := redis.Int64(conn.Do("PTTL", redisKey(prefix, key)))
	if got := time.Duration(ms) * time.Millisecond; err != nil || got <= 0 || got > 5*time.Hour+time.Millisecond {
		t.Errorf("got a key that lives %v, %v; want more than 0 and at most 5h", got, err)
	}
}

// An attempt counts although the client hung up before it was counted, and Redis is not blamed for it.
func TestRedisCountsHungUpClients(t *testing.T) {
	server := miniredis.RunT(t)
	l := NewRedis(newPool(t, "redis://"+server.Addr()), slog.New(slog.NewTextHandler(failing{t}, nil)))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	r := Rule{Burst: 2, Every: time.Hour}
	l.Take(gone, "key", r)
	l.Take(gone, "key", r)
	if wait := l.Take(t.Context(), "key", r); wait == 0 {
		t.Error("two attempts of clients that hung up were not counted")
	}
}

func TestRedisUnavailable(t *testing.T) {
	closed := miniredis.RunT(t)
	closedURL := "redis://" + closed.Addr()
	closed.Close()
	readOnly := miniredis.RunT(t)
	readOnly.SetError("READONLY You can't write against a read only replica.")
	for name, open := range map[string]func(t *testing.T) *redis.Pool{
		"closed":     func(t *testing.T) *redis.Pool { return newPool(t, closedURL) },
		"read only":  func(t *testing.T) *redis.Pool { return newPool(t, "redis://"+readOnly.Addr()) },
		"silent":     silentPool,
		"all in use": exhaustedPool,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var lines strings.Builder
				l, r := NewRedis(open(t), slog.New(slog.NewTextHandler(&lines, nil))), Rule{Burst: 3, Every: time.Hour}
				began := time.Now()
				if got := takeAll(t, l, "ada@example.com", r); got != 3 {
					t.Errorf("takes from a full budget: got %d, want 3", got)
				}
				l.Return(t.Context(), "ada@example.com", r)
				if got := takeAll(t, l, "ada@example.com", r); got != 1 {
					t.Errorf("takes after a return: got %d, want 1", got)
				}
				l.Reset(t.Context(), "ada@example.com")
				if got := takeAll(t, l, "ada@example.com", r); got != 3 {
					t.Errorf("takes after a reset: got %d, want 3", got)
				}
				if took := time.Since(began); took > callTimeout {
					t.Errorf("twelve calls took %v, want one at most to wait, for %v", took, callTimeout)
				}
				if got := strings.Count(lines.String(), "\n"); got != 1 {
					t.Errorf("got %d warnings in the first minute, want 1:\n%s", got, lines.String())
				}
				if strings.Contains(lines.String(), "ada@") {
					t.Errorf("got the address in the log:\n%s", lines.String())
				}
				time.Sleep(time.Minute)
				takeAll(t, l, "ada@example.com", r)
				if got := strings.Count(lines.String(), "\n"); got != 2 {
					t.Errorf("got %d warnings after another minute, want 2:\n%s", got, lines.String())
				}
			})
		})
	}
}

func TestRedisComesBack(t *testing.T) {
	server := miniredis.RunT(t)
	l := NewRedis(newPool(t, "redis://"+server.Addr()), slog.New(slog.DiscardHandler))
	r := Rule{Burst: 3, Every: time.Hour}
	takeAll(t, l, "key", r)

	server.SetError("LOADING Redis is loading the dataset in memory")
	if got := takeAll(t, l, "key", r); got != 3 {
		t.Errorf("takes while Redis is unavailable: got %d, want 3", got)
	}
	server.SetError("")
	if got := takeAll(t, l, "key", r); got != 0 {
		t.Errorf("takes when Redis is back with its counts: got %d, want 0", got)
	}
	l.Reset(t.Context(), "key")
	server.SetError("LOADING Redis is loading the dataset in memory")
	if got := takeAll(t, l, "key", r); got != 3 {
		t.Errorf("takes after a reset, Redis unavailable again: got %d, want 3", got)
	}
}

// silentPool connects to something that reads and never answers, over pipes: synctest's clock runs while they block.
func silentPool(t *testing.T) *redis.Pool {
	pool := &redis.Pool{Dial: func() (redis.Conn, error) {
		ours, theirs := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		return redis.NewConn(ours, 0, 0), nil
	}}
	t.Cleanup(func() { pool.Close() })
	return pool
}

// exhaustedPool has one connection, and that is lent.
func exhaustedPool(t *testing.T) *redis.Pool {
	pool := silentPool(t)
	pool.MaxActive, pool.Wait = 1, true
	lent := pool.Get()
	t.Cleanup(func() { lent.Close() })
	return pool
}

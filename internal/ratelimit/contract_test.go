package ratelimit

import (
	"crypto/rand"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/gomodule/redigo/redis"

	"example.com/gatehouse/internal/store/storetest"
)

// contract runs test on every Limiter, each with a key nobody used before, inside a synctest bubble: a goroutine that
// waits for Redis stops the bubble's clock, a sleep moves it. Redis itself expires keys by the real clock, so the rules
// in test are slow. A warning fails the test, or the memory behind a broken Redis would pass in its name.
func contract(t *testing.T, test func(t *testing.T, l Limiter, key string)) {
	t.Run("memory", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { test(t, NewMemory(), "key") })
	})
	for name, start := range map[string]func(*testing.T) (url string){
		"miniredis": func(t *testing.T) string { return "redis://" + miniredis.RunT(t).Addr() },
		"redis":     func(t *testing.T) string { return storetest.RedisURL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			url := start(t)
			synctest.Test(t, func(t *testing.T) {
				log := slog.New(slog.NewTextHandler(failing{t}, nil))
				l, key := NewRedis(newPool(t, url), log), rand.Text()
				t.Cleanup(func() { l.Reset(t.Context(), key) })
				test(t, l, key)
			})
		})
	}
}

// newPool returns a pool made inside the bubble it is used in, as its channel has to be.
func newPool(t *testing.T, url string) *redis.Pool {
	pool := &redis.Pool{MaxActive: 8, MaxIdle: 8, Wait: true, Dial: func() (redis.Conn, error) {
		return redis.DialURL(url, redis.DialConnectTimeout(5*time.Second))
	}}
	t.Cleanup(func() { pool.Close() })
	return pool
}

// takeAll takes until refused and returns how often it was not.
func takeAll(t *testing.T, l Limiter, key string, r Rule) (taken int) {
	t.Helper()
	for l.Take(t.Context(), key, r) == 0 {
		if taken++; taken > 1000 {
			t.Fatalf("%+v: more than 1000 takes, want %d", r, r.Burst)
		}
	}
	return taken
}

func together(n int, f func()) {
	var wg sync.WaitGroup
	for range n {
		wg.Go(f)
	}
	wg.Wait()
}

// failing is a log whose every line is an error of the test.
type failing struct{ t *testing.T }

func (f failing) Write(line []byte) (int, error) {
	f.t.Errorf("logged: %s", line)
	return len(line), nil
}

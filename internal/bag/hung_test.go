package bag

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"

	"example.com/gatehouse/internal/redispool"
	"example.com/gatehouse/internal/session"
)

// A hungRedis takes connections and reads what is sent. Until it hangs it says that it is a primary, and answers anything
// else as a PING.
type hungRedis struct {
	hung  atomic.Bool
	pings atomic.Int64
}

// pool is one of the product's, on pipes in place of connections, so that the clock of synctest runs while it waits.
func (h *hungRedis) pool(t *testing.T) *redis.Pool {
	pool := redispool.New("redis://redis", redis.DialContextFunc(func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go h.serve(theirs)
		return ours, nil
	}))
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

func (h *hungRedis) serve(conn net.Conn) {
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		answer := ""
		switch lines.Text() { // the names of commands are lines of their own
		case "ROLE":
			answer = "*1\r\n$6\r\nmaster\r\n"
		case "PING":
			h.pings.Add(1)
			answer = "+PONG\r\n"
		case "GET":
			answer = "$-1\r\n"
		}
		if answer != "" && !h.hung.Load() {
			_, _ = conn.Write([]byte(answer))
		}
	}
}

// fill makes the pool hold as many idle connections as it can.
func fill(t *testing.T, pool *redis.Pool) {
	t.Helper()
	var all []redis.Conn
	for range redispool.Conns {
		conn, err := pool.GetContext(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, conn)
	}
	for _, conn := range all {
		_ = conn.Close()
	}
	if n := pool.IdleCount(); n != redispool.Conns {
		t.Fatalf("%d idle connections, want %d", n, redispool.Conns)
	}
}

// However many requests wait for a Redis that hangs, each is answered as if it were the only one: it waits for a
// connection no longer than the bound, and for an answer no longer than the bound.
func TestManyRequestsAtAHungRedis(t *testing.T) {
	for name, idle := range map[string]time.Duration{"no connections yet": -1, "connections in use a moment ago": 0, "connections that idled": redispool.TestAfter + time.Second} {
		t.Run(name, func(t *testing.T) {
			m := newManager(t, nil) // scs starts a goroutine of its own, which must not be in the bubble
			synctest.Test(t, func(t *testing.T) {
				h := &hungRedis{}
				pool := h.pool(t)
				m.bags.bags = NewRedisBags(pool)
				if idle >= 0 {
					fill(t, pool)
					time.Sleep(idle)
				}
				h.hung.Store(true)
				s := Session{State: session.Live, Token: strings.Repeat("A", 43), Expires: time.Now().Add(time.Hour)}
				began := time.Now()
				var all sync.WaitGroup
				for range 5 * redispool.Conns {
					all.Go(func() {
						w := serve(m, s, func(w http.ResponseWriter, r *http.Request) {
							if !m.Unavailable(r.Context()) {
								t.Error("the bag of a Redis that does not answer was found")
							}
							m.Put(r.Context(), "flash", "hello")
							w.WriteHeader(http.StatusOK)
						})
						if took := time.Since(began); w.Code != http.StatusOK || took > 2*redispool.Timeout {
							t.Errorf("answered with %d after %v, want 200 within %v", w.Code, took, 2*redispool.Timeout)
						}
					})
				}
				all.Wait()
			})
		})
	}
}

// The pool tests connections that idled, one after the other. While Redis hangs, whoever asks for one waits no longer
// than the bound for all of them, whatever it wants of Redis.
func TestIdleConnectionsToAHungRedis(t *testing.T) {
	for name, use := range map[string]func(context.Context, *redis.Pool) error{
		"find": func(ctx context.Context, pool *redis.Pool) error {
			_, err := NewRedisBags(pool).Find(ctx, "key")
			return err
		},
		"delete": func(ctx context.Context, pool *redis.Pool) error { return NewRedisBags(pool).Delete(ctx, "key") },
		"swap": func(ctx context.Context, pool *redis.Pool) error {
			_, err := NewRedisBags(pool).Swap(ctx, "key", nil, []byte("x"), time.Now())
			return err
		},
		"another use": func(ctx context.Context, pool *redis.Pool) error {
			ctx, cancel := context.WithTimeout(ctx, redispool.Timeout)
			defer cancel()
			_, err := pool.GetContext(ctx)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hungRedis{}
				pool := h.pool(t)
				fill(t, pool)
				time.Sleep(redispool.TestAfter + time.Second)
				h.hung.Store(true)
				began := time.Now()
				if err := use(t.Context(), pool); err == nil {
					t.Error("no error, although Redis hangs")
				}
				if took := time.Since(began); took > redispool.Timeout {
					t.Errorf("took %v, want %v at most", took, redispool.Timeout)
				}
				if n := h.pings.Load(); n != 1 {
					t.Errorf("%d connections were tested, want 1", n)
				}
			})
		})
	}
}

// A connection that idled is tested before it is used, and one that was used a moment ago is not: that would double the
// cost of every bag.
func TestIdleConnectionsAreTested(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hungRedis{}
		bags := NewRedisBags(h.pool(t))
		for _, step := range []struct {
			idle  time.Duration
			pings int64
		}{{0, 0}, {redispool.TestAfter - time.Second, 0}, {redispool.TestAfter, 1}, {0, 1}} {
			time.Sleep(step.idle)
			if _, err := bags.Find(t.Context(), "key"); err != nil {
				t.Fatal(err)
			}
			if n := h.pings.Load(); n != step.pings {
				t.Errorf("after %v: %d tests so far, want %d", step.idle, n, step.pings)
			}
		}
	})
}

// What settles a bag in several steps has one bound for all of them, so a step that begins after it asks Redis nothing.
func TestRedisAfterTheBound(t *testing.T) {
	bags := NewRedisBags(new(hungRedis).pool(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := bags.Find(ctx, "key"); !errors.Is(err, context.Canceled) {
		t.Errorf("Find: got %v, want the error of the context", err)
	}
	if err := bags.Delete(ctx, "key"); !errors.Is(err, context.Canceled) {
		t.Errorf("Delete: got %v, want the error of the context", err)
	}
	if _, err := bags.Swap(ctx, "key", nil, []byte("sealed"), time.Now()); !errors.Is(err, context.Canceled) {
		t.Errorf("Swap: got %v, want the error of the context", err)
	}
}

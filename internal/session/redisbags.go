package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alexedwards/scs/redisstore"
	"github.com/gomodule/redigo/redis"
)

// redisTimeout bounds connecting, reading and writing: redisstore knows no context, so this is what keeps a hung
// Redis from holding requests.
const redisTimeout = 500 * time.Millisecond

// redisConns bounds the connections of one instance.
const redisConns = 32

// NewRedisPool returns a pool for a redis:// or rediss:// URL. It does not connect yet. When all connections are in
// use, callers wait instead of opening more; one that idled is tested before use.
func NewRedisPool(url string) *redis.Pool {
	return &redis.Pool{
		MaxIdle: redisConns, MaxActive: redisConns, Wait: true, IdleTimeout: 5 * time.Minute,
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			conn, err := redis.DialURLContext(ctx, url,
				redis.DialConnectTimeout(redisTimeout), redis.DialReadTimeout(redisTimeout), redis.DialWriteTimeout(redisTimeout))
			if err != nil {
				return nil, err
			}
			return primaryOnly(conn)
		},
		TestOnBorrow: func(conn redis.Conn, since time.Time) error {
			if time.Since(since) < 10*time.Second {
				return nil
			}
			_, err := conn.Do("PING")
			return err
		},
	}
}

// primaryOnly refuses a replica: its READONLY answers are not connection errors, so it would stay in the pool.
func primaryOnly(conn redis.Conn) (redis.Conn, error) {
	role, err := redis.Values(conn.Do("ROLE"))
	if err == nil && len(role) > 0 {
		if name, _ := redis.String(role[0], nil); name != "master" {
			err = fmt.Errorf("redis is a %s, not a primary", name)
		}
	}
	if refused, ok := errors.AsType[redis.Error](err); ok && strings.HasPrefix(string(refused), "ERR unknown command") {
		return conn, nil // a server without ROLE has no replicas either
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// RedisBags keeps bags in Redis by scs's redisstore, which expires them itself.
type RedisBags struct {
	store *redisstore.RedisStore
	// redisstore waits for a connection as long as it takes, so who may ask for one queues here, for as long as a
	// request may wait.
	slots chan struct{}
}

var _ Bags = RedisBags{}

// NewRedisBags returns bags in the Redis of the pool.
func NewRedisBags(pool *redis.Pool) RedisBags {
	return RedisBags{redisstore.NewWithPrefix(pool, "gatehouse:bag:"), make(chan struct{}, redisConns)}
}

func (b RedisBags) acquire(ctx context.Context) error {
	timer := time.NewTimer(redisTimeout)
	defer timer.Stop()
	select {
	case b.slots <- struct{}{}:
		return nil
	case <-timer.C:
		return errors.New("redis: too many requests are waiting")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b RedisBags) release() { <-b.slots }

// Find returns the bag under key.
func (b RedisBags) Find(ctx context.Context, key string) ([]byte, bool, error) {
	if err := b.acquire(ctx); err != nil {
		return nil, false, err
	}
	defer b.release()
	return b.store.Find(key)
}

// Commit stores or replaces the bag under key.
func (b RedisBags) Commit(ctx context.Context, key string, sealed []byte, expires time.Time) error {
	if err := b.acquire(ctx); err != nil {
		return err
	}
	defer b.release()
	return b.store.Commit(key, sealed, expires)
}

// Delete removes the bag under key, if there is one.
func (b RedisBags) Delete(ctx context.Context, key string) error {
	if err := b.acquire(ctx); err != nil {
		return err
	}
	defer b.release()
	return b.store.Delete(key)
}

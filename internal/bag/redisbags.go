package bag

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"

	"example.com/gatehouse/internal/brand"
)

// redisTimeout bounds the wait for a connection, connecting, reading and writing: it keeps a hung Redis from holding
// requests.
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

// primaryOnly refuses a replica, and gives a connection up whose server becomes one.
func primaryOnly(conn redis.Conn) (redis.Conn, error) {
	role, err := redis.Values(conn.Do("ROLE"))
	if err == nil && len(role) > 0 {
		if name, _ := redis.String(role[0], nil); name != "master" {
			err = fmt.Errorf("redis is a %s, not a primary", name)
		}
	}
	if refused, ok := errors.AsType[redis.Error](err); ok && strings.HasPrefix(string(refused), "ERR unknown command") {
		err = nil // a server without ROLE has no replicas either
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &toPrimary{ConnWithContext: conn.(redis.ConnWithContext)}, nil // as every connection that redigo dials
}

// toPrimary is broken once its server says that it is read-only. For redigo that is an answer like any other, so the
// pool would keep the connection to what used to be the primary, and bags could not be stored until a restart.
type toPrimary struct {
	redis.ConnWithContext
	demoted error
}

func (c *toPrimary) Do(command string, args ...any) (any, error) {
	reply, err := c.ConnWithContext.Do(command, args...)
	return reply, c.note(err)
}

// DoContext is Do with a bound of the caller's.
func (c *toPrimary) DoContext(ctx context.Context, command string, args ...any) (any, error) {
	reply, err := c.ConnWithContext.DoContext(ctx, command, args...)
	return reply, c.note(err)
}

// Err is what the pool asks before it keeps a connection.
func (c *toPrimary) Err() error {
	if c.demoted != nil {
		return c.demoted
	}
	return c.ConnWithContext.Err()
}

func (c *toPrimary) note(err error) error {
	if refused, ok := errors.AsType[redis.Error](err); ok && strings.Contains(string(refused), "READONLY") {
		c.demoted = err
	}
	return err
}

// RedisBags keeps bags in Redis, which expires them itself.
type RedisBags struct{ pool *redis.Pool }

var _ Bags = RedisBags{}

// NewRedisBags returns bags in the Redis of the pool.
func NewRedisBags(pool *redis.Pool) RedisBags { return RedisBags{pool} }

var redisPrefix = brand.RedisPrefix("bag")

// use lends a connection, if one is free soon enough.
func (b RedisBags) use(ctx context.Context, do func(redis.Conn) (any, error)) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	conn, err := b.pool.GetContext(ctx)
	if err != nil {
		return nil, err
	}
	reply, err := do(conn)
	return reply, errors.Join(err, conn.Close())
}

// Find returns the bag under key.
func (b RedisBags) Find(ctx context.Context, key string) ([]byte, bool, error) {
	sealed, err := optional(b.use(ctx, func(conn redis.Conn) (any, error) { return conn.Do("GET", redisPrefix+key) }))
	return sealed, sealed != nil, err
}

// A script is the only way to compare and change in one step. The empty string stands for no bag: a sealed one never is.
var (
	swapScript = redis.NewScript(1, `
		local now = redis.call('GET', KEYS[1]) or ''
		if now ~= ARGV[1] then return 0 end
		if ARGV[2] == '' then
			redis.call('DEL', KEYS[1])
		else
			redis.call('SET', KEYS[1], ARGV[2])
			redis.call('PEXPIREAT', KEYS[1], ARGV[3])
		end
		return 1`)
	takeScript = redis.NewScript(1, `
		local now = redis.call('GET', KEYS[1])
		redis.call('DEL', KEYS[1])
		return now`)
)

// Swap replaces the bag under key if it is still old.
func (b RedisBags) Swap(ctx context.Context, key string, old, sealed []byte, expires time.Time) (bool, error) {
	n, err := redis.Int(b.use(ctx, func(conn redis.Conn) (any, error) {
		return swapScript.Do(conn, redisPrefix+key, old, sealed, expires.UnixMilli())
	}))
	return n == 1, err
}

// Take removes the bag under key and returns it.
func (b RedisBags) Take(ctx context.Context, key string) ([]byte, error) {
	return optional(b.use(ctx, func(conn redis.Conn) (any, error) { return takeScript.Do(conn, redisPrefix+key) }))
}

// optional is a reply that may be nothing.
func optional(reply any, err error) ([]byte, error) {
	sealed, err := redis.Bytes(reply, err)
	if errors.Is(err, redis.ErrNil) {
		return nil, nil
	}
	return sealed, err
}

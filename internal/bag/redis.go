package bag

import (
	"context"
	"errors"
	"time"

	"github.com/alexedwards/scs/redisstore"
	"github.com/gomodule/redigo/redis"

	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/redispool"
)

// redisPrefix begins the keys of bags in Redis. Those of a program that is running must not change.
var redisPrefix = brand.RedisPrefix("bag")

// RedisBags keeps bags in Redis, which expires them itself. scs's own store reads and deletes them; what it lacks is
// writing a bag only where it is still the one that was read.
type RedisBags struct {
	store *redisstore.RedisStore
	pool  *redis.Pool
}

// NewRedisBags returns bags in the Redis of the pool.
func NewRedisBags(pool *redis.Pool) RedisBags {
	// redisstore waits for a connection without a bound. This pool has none of its own and borrows one from the
	// other, which waits half a second at most.
	borrowed := &redis.Pool{DialContext: func(ctx context.Context) (redis.Conn, error) { return redispool.Get(ctx, pool) }}
	return RedisBags{redisstore.NewWithPrefix(borrowed, redisPrefix), pool}
}

// scs's store knows no context. Each of its calls is bounded by the pool, so asking the context first bounds several of them.

// Find returns the bag under key.
func (b RedisBags) Find(ctx context.Context, key string) (sealed []byte, err error) {
	if err = ctx.Err(); err == nil {
		sealed, _, err = b.store.Find(key)
	}
	return sealed, err
}

// Delete removes the bag under key.
func (b RedisBags) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return b.store.Delete(key)
}

// A script is the only way to compare and change in one step. The empty string stands for no bag: a sealed one never is.
var swap = redis.NewScript(1, `
	local now = redis.call('GET', KEYS[1]) or ''
	if now ~= ARGV[1] then return 0 end
	if ARGV[2] == '' then
		redis.call('DEL', KEYS[1])
	else
		redis.call('SET', KEYS[1], ARGV[2])
		redis.call('PEXPIREAT', KEYS[1], ARGV[3])
	end
	return 1`)

// Swap replaces the bag under key if it is still old.
func (b RedisBags) Swap(ctx context.Context, key string, old, sealed []byte, expires time.Time) (bool, error) {
	conn, err := redispool.Get(ctx, b.pool)
	if err != nil {
		return false, err
	}
	n, err := redis.Int(swap.Do(conn, redisPrefix+key, old, sealed, expires.UnixMilli()))
	return n == 1, errors.Join(err, conn.Close())
}

package limit

import (
	"context"
	"encoding/base64"
	"log/slog"
	"math"
	"time"

	"github.com/gomodule/redigo/redis"
)

const (
	prefix = "gatehouse:limit:"

	// patience is how long a call waits for Redis, a free connection included: a pool with Wait has no bound of its own.
	patience = time.Second

	// everything is more than any budget holds.
	everything = time.Duration(math.MaxInt64)
)

// move moves the instant at which a budget is full again, in microseconds. The expiry is a span, not an instant: the
// clock of Redis does not matter.
var move = redis.NewScript(1, `
local now, by, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + by
local left = full - now
if by > 0 and left > window then
  return left - window
end
if left > 0 then
  redis.call('SET', KEYS[1], full, 'PX', math.ceil(left / 1000))
else
  redis.call('DEL', KEYS[1])
end
return 0
`)

// Redis is a Limiter that all instances of the portal share. It stores a digest of each key, for no longer than the
// budget needs to fill.
//
// When Redis does not answer within a second, a Memory of this process decides instead and a warning is logged, at most
// one a minute. An outage thus allows each key one more Burst on each instance, and never locks anybody out.
//
// The instances' clocks should agree to within Every. One that is ahead may allow a key as many more takes as fit into
// the difference; one that is behind makes people wait longer, and says so.
type Redis struct {
	pool     *redis.Pool
	log      *slog.Logger
	fallback *Memory
	warnings *Memory
}

var _ Limiter = (*Redis)(nil)

// NewRedis returns a Redis on the connections of pool, which stays the caller's to close. The pool's own dial, read and
// write timeouts apply as well.
func NewRedis(pool *redis.Pool, log *slog.Logger) *Redis {
	return &Redis{pool: pool, log: log, fallback: NewMemory(), warnings: NewMemory()}
}

// Take implements [Limiter].
func (l *Redis) Take(ctx context.Context, key string, r Rule) (wait time.Duration) {
	every, window := r.pace()
	wait, err := l.move(ctx, key, every, window)
	if err != nil {
		l.warn(ctx, err)
		return l.fallback.Take(ctx, key, r)
	}
	return wait
}

// Return implements [Limiter].
func (l *Redis) Return(ctx context.Context, key string, r Rule) {
	every, window := r.pace()
	if _, err := l.move(ctx, key, -every, window); err != nil {
		l.warn(ctx, err)
		l.fallback.Return(ctx, key, r)
	}
}

// Reset implements [Limiter]. When Redis is away, only this process forgets the key.
func (l *Redis) Reset(ctx context.Context, key string) {
	l.fallback.Reset(ctx, key)
	if _, err := l.move(ctx, key, -everything, everything); err != nil {
		l.warn(ctx, err)
	}
}

// move runs the script, even when ctx is already cancelled: an attempt counts although the visitor hung up.
func (l *Redis) move(ctx context.Context, key string, by, window time.Duration) (wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	conn, err := l.pool.GetContext(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	left, err := redis.Int64(move.DoContext(ctx, conn,
		redisKey(key), time.Now().UnixMicro(), by.Microseconds(), window.Microseconds()))
	return time.Duration(left) * time.Microsecond, err
}

func (l *Redis) warn(ctx context.Context, err error) {
	if l.warnings.Take(ctx, "redis", Rule{Burst: 1, Every: time.Minute}) == 0 {
		l.log.WarnContext(ctx, "redis is away: attempts are counted in this process alone", "err", err)
	}
}

func redisKey(key string) string {
	d := digestOf(key)
	return prefix + base64.RawURLEncoding.EncodeToString(d[:])
}

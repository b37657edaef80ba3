package ratelimit

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"

	"example.com/gatehouse/internal/brand"
)

var (
	prefix    = brand.RedisPrefix("limit")
	runPrefix = brand.RedisPrefix("limit:run") // of keys whose takes are counted in a row
)

const (
	// callTimeout is how long a call waits for Redis, a free connection included: a pool with Wait has no bound of its own.
	callTimeout = time.Second

	// pauseAfterTimeout is how long Redis is not asked after a call timed out. A sign-in makes up to seven calls: each would wait.
	pauseAfterTimeout = 2 * time.Second
)

var errSilent = errors.New("redis kept a call waiting a moment ago")

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

// count takes one in a row, or with ARGV[2] = -1 undoes one. Its pause is that of Rule.pause.
var count = redis.NewScript(1, `
local now, by = tonumber(ARGV[1]), tonumber(ARGV[2])
local burst, every, max = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local reset, lock = tonumber(ARGV[6]), tonumber(ARGV[7])
local kept = redis.call('HMGET', KEYS[1], 'taken', 'last', 'before')
local taken, last = tonumber(kept[1] or 0), tonumber(kept[2] or now)
if by < 0 then
  if taken > 1 then
    redis.call('HSET', KEYS[1], 'taken', taken - 1, 'last', kept[3] or last)
  else
    redis.call('DEL', KEYS[1])
  end
  return 0
end
if now - last >= reset then
  taken = 0
end
local pause = 0
if lock > 0 and taken >= lock then
  pause = reset
elseif taken >= burst then
  pause = every
  for _ = burst + 1, taken do
    pause = math.min(2 * pause, max)
    if pause == max then break end
  end
end
if pause > 0 and last + pause > now then
  return last + pause - now
end
redis.call('HSET', KEYS[1], 'taken', taken + 1, 'last', ARGV[1], 'before', kept[2] or ARGV[1])
redis.call('PEXPIRE', KEYS[1], math.ceil(reset / 1000))
return 0
`)

// Redis is a Limiter that all instances of the portal share. It stores a digest of each key, for no longer than the
// budget needs to fill.
//
// When Redis does not answer within a second, a Memory of this process decides instead, for two seconds more without
// asking, and a warning is logged, at most one a minute. An outage allows each key one more Burst on each instance,
// repeated outages up to twice the rate. Neither locks anybody out.
//
// The instances' clocks should agree to within Every. One that is ahead may allow a key as many more takes as fit into
// the difference; one that is behind makes people wait longer.
type Redis struct {
	pool     *redis.Pool
	log      *slog.Logger
	fallback *Memory
	warnings *Memory
	silent   atomic.Pointer[time.Time] // until when Redis is not asked, by a clock that nobody sets; nil for never
}

var _ Limiter = (*Redis)(nil)

// NewRedis returns a Redis on the connections of pool, which stays the caller's to close. The pool's own dial, read and
// write timeouts apply as well.
func NewRedis(pool *redis.Pool, log *slog.Logger) *Redis {
	return &Redis{pool: pool, log: log, fallback: NewMemory(), warnings: NewMemory()}
}

// Take implements [Limiter].
func (l *Redis) Take(ctx context.Context, key string, r Rule) (wait time.Duration) {
	wait, err := l.run(ctx, key, r, 1)
	if err != nil {
		l.warn(ctx, err)
		return l.fallback.Take(ctx, key, r)
	}
	return wait
}

// Return implements [Limiter].
func (l *Redis) Return(ctx context.Context, key string, r Rule) {
	if _, err := l.run(ctx, key, r, -1); err != nil {
		l.warn(ctx, err)
		l.fallback.Return(ctx, key, r)
	}
}

// Reset implements [Limiter]. When Redis is unavailable, only this process forgets the keys.
func (l *Redis) Reset(ctx context.Context, keys ...string) {
	l.fallback.Reset(ctx, keys...)
	var all []any
	for _, key := range keys {
		all = append(all, redisKey(prefix, key), redisKey(runPrefix, key))
	}
	err := l.ask(ctx, func(ctx context.Context, conn redis.Conn) error {
		_, err := redis.DoContext(conn, ctx, "DEL", all...)
		return err
	})
	if err != nil {
		l.warn(ctx, err)
	}
}

// Check reports whether Redis does what Take, Return and Reset ask of it, with keys of its own.
func (l *Redis) Check(ctx context.Context) error {
	key := rand.Text()
	for _, r := range []Rule{{Burst: 1, Every: time.Minute}, {Burst: 1, Every: time.Second, Growth: Growth{Max: time.Second, ResetAfter: time.Minute}}} {
		if _, err := l.run(ctx, key, r, 1); err != nil {
			return err
		}
	}
	return l.ask(ctx, func(ctx context.Context, conn redis.Conn) error {
		_, err := redis.DoContext(conn, ctx, "DEL", redisKey(prefix, key), redisKey(runPrefix, key))
		return err
	})
}

// run takes, or with by = -1 returns, one from what the rule counts.
func (l *Redis) run(ctx context.Context, key string, r Rule, by int) (wait time.Duration, err error) {
	script, args := move, []any{redisKey(prefix, key), time.Now().UnixMicro()}
	if r.grows() {
		script, args[0] = count, redisKey(runPrefix, key)
		args = append(args, by, r.Burst, r.Every.Microseconds(), r.Max.Microseconds(), r.ResetAfter.Microseconds(), r.LockAfter)
	} else {
		every, window := r.pace()
		args = append(args, int64(by)*every.Microseconds(), window.Microseconds())
	}
	err = l.ask(ctx, func(ctx context.Context, conn redis.Conn) error {
		left, err := redis.Int64(script.DoContext(ctx, conn, args...))
		wait = time.Duration(left) * time.Microsecond
		return err
	})
	return wait, err
}

// ask calls Redis even when ctx is already cancelled: an attempt counts although the client hung up.
func (l *Redis) ask(ctx context.Context, do func(context.Context, redis.Conn) error) error {
	if until := l.silent.Load(); until != nil && time.Now().Before(*until) {
		return errSilent
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	conn, err := l.pool.GetContext(ctx)
	if err == nil {
		err = do(ctx, conn)
		_ = conn.Close()
	}
	if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
		until := time.Now().Add(pauseAfterTimeout)
		l.silent.Store(&until)
	}
	return err
}

func (l *Redis) warn(ctx context.Context, err error) {
	if l.warnings.Take(ctx, "redis", Rule{Burst: 1, Every: time.Minute}) == 0 {
		l.log.WarnContext(ctx, "redis is unavailable: attempts are counted in this process alone", "err", err)
	}
}

func redisKey(prefix, key string) string {
	d := digestOf(key)
	return prefix + base64.RawURLEncoding.EncodeToString(d[:])
}

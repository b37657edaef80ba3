// Package redispool makes connections to Redis that are bounded in number and in waiting time, so that a hung Redis cannot
// block requests, and only to a primary. It does not know what they are used for.
package redispool

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
)

const (
	// Timeout bounds the wait of Get for a connection, with all that is needed to get one, and each read and write.
	Timeout = 500 * time.Millisecond

	// Conns bounds the connections of one instance.
	Conns = 32

	// TestAfter is how long a connection may idle before it is tested: one that was cut sooner fails once.
	TestAfter = 10 * time.Second
)

// New returns a pool for a redis:// or rediss:// URL. It does not connect yet. When all connections are in use, callers
// wait instead of opening more, as long as the context of GetContext allows: the pool's own Get would wait without end.
func New(url string, more ...redis.DialOption) *redis.Pool {
	options := slices.Clip(append([]redis.DialOption{ // redigo appends to them, and several connections are made at once
		redis.DialConnectTimeout(Timeout), redis.DialTLSHandshakeTimeout(Timeout),
		redis.DialReadTimeout(Timeout), redis.DialWriteTimeout(Timeout),
	}, more...))
	return &redis.Pool{
		MaxIdle: Conns, MaxActive: Conns, Wait: true, IdleTimeout: 5 * time.Minute,
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			conn, err := redis.DialURLContext(ctx, url, options...)
			if err != nil {
				return nil, err
			}
			return primaryOnly(ctx, conn.(redis.ConnWithContext)) // as every connection that redigo dials
		},
		// The pool tests one idle connection after the other until one is good. With the context, all of that together
		// takes no longer than the caller waits, and not the timeout of each.
		TestOnBorrowContext: func(ctx context.Context, conn redis.Conn, since time.Time) error {
			if time.Since(since) < TestAfter {
				return nil
			}
			_, err := redis.DoContext(conn, ctx, "PING")
			return err
		},
	}
}

// Get borrows a connection of the pool within Timeout, or fails.
func Get(ctx context.Context, pool *redis.Pool) (redis.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	return pool.GetContext(ctx)
}

// primaryOnly refuses a replica, and drops a connection whose server becomes one.
func primaryOnly(ctx context.Context, conn redis.ConnWithContext) (redis.Conn, error) {
	role, err := redis.Values(conn.DoContext(ctx, "ROLE"))
	if err == nil && len(role) > 0 {
		if name, _ := redis.String(role[0], nil); name != "master" {
			err = ErrReplica
		}
	}
	if refused, ok := errors.AsType[redis.Error](err); ok && strings.HasPrefix(string(refused), "ERR unknown command") {
		err = nil // a server without ROLE has no replicas either
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &toPrimary{ConnWithContext: conn}, nil
}

// toPrimary is broken once its server says that it is read-only. For redigo that is an answer like any other, so the
// pool would keep the connection to what used to be the primary, and nothing could be stored until a restart.
type toPrimary struct {
	redis.ConnWithContext
	demoted error
}

func (c *toPrimary) Do(command string, args ...any) (any, error) {
	reply, err := c.ConnWithContext.Do(command, args...)
	return reply, c.note(err)
}

// DoContext is Do bounded by the context.
func (c *toPrimary) DoContext(ctx context.Context, command string, args ...any) (any, error) {
	reply, err := c.ConnWithContext.DoContext(ctx, command, args...)
	return reply, c.note(err)
}

// Err is called by the pool before it reuses a connection.
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

package proof

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"
)

// ownRedis is a server of a test's own: its commands can be counted, and it can be killed.
type ownRedis struct {
	url    string
	server *redisServer
	conn   redis.Conn
}

func startRedis(t testing.TB) *ownRedis {
	t.Helper()
	r := startBreakable(t)
	conn, err := redis.Dial("unix", r.socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &ownRedis{url: "redis://" + r.proxy.addr, server: r, conn: conn}
}

func (r *ownRedis) kill() { _ = r.server.process.Kill() }

func (r *ownRedis) do(t testing.TB, command string, arguments ...any) any {
	t.Helper()
	reply, err := r.conn.Do(command, arguments...)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

func (r *ownRedis) keys(t testing.TB) []string {
	t.Helper()
	keys, err := redis.Strings(r.do(t, "KEYS", "*"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func (r *ownRedis) value(t testing.TB, key string) string {
	t.Helper()
	value, err := redis.String(r.do(t, "GET", key), nil)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// records are the keys of sessions and bags; Gatehouse keeps the limits on attempts in the same Redis.
func (r *ownRedis) records(t testing.TB) (keys []string) {
	t.Helper()
	for _, key := range r.keys(t) {
		if strings.HasPrefix(key, "scs:session:") || strings.HasPrefix(key, "gatehouse:bag:") {
			keys = append(keys, key)
		}
	}
	return keys
}

// everything is all keys with all that is under them, of whatever type.
func (r *ownRedis) everything(t testing.TB) string {
	t.Helper()
	var all strings.Builder
	for _, key := range r.keys(t) {
		kind, err := redis.String(r.do(t, "TYPE", key), nil)
		if err != nil {
			t.Fatal(err)
		}
		var reply any
		switch kind {
		case "none": // gone in between
			continue
		case "string":
			reply = r.do(t, "GET", key)
		case "hash":
			reply = r.do(t, "HGETALL", key)
		case "list":
			reply = r.do(t, "LRANGE", key, 0, -1)
		case "set":
			reply = r.do(t, "SMEMBERS", key)
		case "zset":
			reply = r.do(t, "ZRANGE", key, 0, -1, "WITHSCORES")
		default:
			t.Fatalf("a %s in Redis, which this test cannot read", kind)
		}
		fmt.Fprintf(&all, "%s\n%s\n", key, reply)
	}
	return all.String()
}

// commands counts what the server was asked: everything, and what writes.
func (r *ownRedis) commands(t testing.TB) (all, writes int) {
	t.Helper()
	stats, err := redis.String(r.do(t, "INFO", "commandstats"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(stats) {
		name, numbers, _ := strings.Cut(strings.TrimPrefix(line, "cmdstat_"), ":")
		var calls int
		if _, err := fmt.Sscanf(numbers, "calls=%d", &calls); err != nil {
			continue
		}
		switch name {
		case "info", "ping", "role": // ours, and what a pool asks a new connection
			continue
		case "set", "del", "pexpireat", "evalsha", "eval":
			writes += calls
		}
		all += calls
	}
	return all, writes
}

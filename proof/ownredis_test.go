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
	keys, _ := redis.Strings(r.do(t, "KEYS", "*"), nil)
	return keys
}

func (r *ownRedis) value(t testing.TB, key string) string {
	t.Helper()
	value, _ := redis.String(r.do(t, "GET", key), nil)
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

func (r *ownRedis) everything(t testing.TB) (all string) {
	t.Helper()
	for _, key := range r.records(t) {
		all += key + "\n" + r.value(t, key) + "\n"
	}
	return all
}

// commands counts what the server was asked: everything, and what writes.
func (r *ownRedis) commands(t testing.TB) (all, writes int) {
	t.Helper()
	stats, _ := redis.String(r.do(t, "INFO", "commandstats"), nil)
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

package proof

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"example.com/gatehouse/internal/store/storetest"
)

// ownRedis is a server of a test's own: its commands can be counted, and it can be killed.
type ownRedis struct {
	url  string
	cmd  *exec.Cmd
	conn redis.Conn
}

func startRedis(t testing.TB) *ownRedis {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		storetest.Without(t, "redis-server", "PATH")
	}
	dir := t.TempDir()
	for range 5 { // somebody else may take the port in between
		port := freePort(t)
		r := &ownRedis{url: "redis://127.0.0.1:" + port}
		r.cmd = exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", dir)
		if err := r.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		over := make(chan struct{})
		go func() { _ = r.cmd.Wait(); close(over) }()
		t.Cleanup(func() { r.kill(); <-over })
		if r.answers(over) {
			t.Cleanup(func() { _ = r.conn.Close() })
			return r
		}
	}
	t.Fatal("redis-server does not answer")
	return nil
}

// answers waits until the server answers, or is gone.
func (r *ownRedis) answers(over chan struct{}) bool {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		select {
		case <-over:
			return false
		default:
		}
		conn, err := redis.DialURL(r.url)
		if err != nil {
			continue
		}
		if _, err := conn.Do("PING"); err == nil {
			r.conn = conn
			return true
		}
		_ = conn.Close()
	}
	return false
}

func (r *ownRedis) kill() { _ = r.cmd.Process.Kill() }

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

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

package proof

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"

	"example.com/gatehouse/internal/store/storetest"
	"example.com/gatehouse/webtest"
)

// A redisServer is a Redis for one test to break. It listens on a socket in a folder of its own, so it takes no port
// from anybody; portals and replicas reach it through its proxy.
type redisServer struct {
	t       testing.TB
	socket  string
	proxy   *proxy
	process *os.Process
}

func startBreakable(t testing.TB, more ...string) *redisServer {
	t.Helper()
	file, err := exec.LookPath("redis-server")
	if err != nil {
		storetest.Without(t, "redis-server", "PATH")
	}
	dir, err := os.MkdirTemp("", "redis") //nolint:usetesting // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	r := &redisServer{t: t, socket: filepath.Join(dir, "s")}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), file, append([]string{"--port", "0", "--unixsocket", r.socket, "--save", "", "--dir", dir,
		"--repl-diskless-sync-delay", "0"}, more...)...)
	if err := startTied(cmd); err != nil {
		t.Fatal(err)
	}
	r.process = cmd.Process
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	})
	webtest.Until(t, "a Redis that answers", func() bool {
		conn, err := redis.Dial("unix", r.socket)
		if err != nil {
			return false
		}
		_, err = conn.Do("PING")
		return err == nil && conn.Close() == nil
	})
	r.proxy = newProxy(t, "unix", r.socket)
	return r
}

// do sends one command, past the proxy, and returns what may be a text.
func (r *redisServer) do(command string, args ...any) string {
	r.t.Helper()
	conn, err := redis.Dial("unix", r.socket)
	if err != nil {
		r.t.Fatal(err)
	}
	defer conn.Close()
	reply, err := conn.Do(command, args...)
	if err != nil {
		r.t.Fatalf("%s: %v", command, err)
	}
	text, _ := redis.String(reply, nil)
	return text
}

func (r *redisServer) replicaOf(of *redisServer) {
	r.t.Helper()
	host, port, _ := strings.Cut(of.proxy.addr, ":")
	r.do("REPLICAOF", host, port)
}

// follow makes it a replica of another, and waits until it has everything.
func (r *redisServer) follow(of *redisServer) {
	r.t.Helper()
	r.replicaOf(of)
	webtest.Until(r.t, "a replica in step", func() bool { return strings.Contains(r.do("INFO", "replication"), "master_link_status:up") })
}

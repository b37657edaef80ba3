package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
)

// servers are what the contenders use: a database of their own on the PostgreSQL that is there, and a Redis that
// nobody else uses, because stock scs looks at every key.
type servers struct {
	postgres string // URL of an empty database
	redis    string // URL of an empty Redis; Gatehouse has database 1 of it
	close    func()
}

// ownRedis is the URL of the database that stock scs does not go through.
func (s servers) ownRedis() string { return strings.TrimSuffix(s.redis, "/0") + "/1" }

func startServers(ctx context.Context, postgres string) (s servers, err error) {
	var undo []func()
	s.close = func() {
		for _, step := range slices.Backward(undo) {
			step()
		}
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	admin, err := sql.Open("pgx", postgres)
	if err != nil {
		return s, err
	}
	undo = append(undo, func() { _ = admin.Close() })
	name := "gatehouse_bench_" + strings.ToLower(rand.Text())
	if _, err := admin.ExecContext(ctx, `CREATE DATABASE `+name); err != nil {
		return s, fmt.Errorf("PostgreSQL is needed, see -postgres: %w", err)
	}
	undo = append(undo, func() { _, _ = admin.Exec(`DROP DATABASE ` + name + ` WITH (FORCE)`) })
	u, err := url.Parse(postgres)
	if err != nil {
		return s, err
	}
	u.Path = "/" + name
	s.postgres = u.String()
	dir, err := os.MkdirTemp("", "gatehouse-bench")
	if err != nil {
		return s, err
	}
	undo = append(undo, func() { _ = os.RemoveAll(dir) })
	port, err := freePort()
	if err != nil {
		return s, err
	}
	r := exec.CommandContext(ctx, "redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", dir) //nolint:gosec // our own port and folder
	if err := r.Start(); err != nil {
		return s, fmt.Errorf("redis-server is needed: %w", err)
	}
	undo = append(undo, func() { _ = r.Process.Kill(); _ = r.Wait() })
	s.redis = "redis://127.0.0.1:" + port + "/0"
	return s, s.answers()
}

// answers waits for the Redis.
func (s servers) answers() error {
	for range 1500 {
		if conn, err := redis.DialURL(s.redis); err == nil {
			return conn.Close()
		}
		time.Sleep(20 * time.Millisecond)
	}
	return errors.New("redis-server does not answer")
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

// A process is a contender that runs.
type process struct {
	origin   string // http://127.0.0.1:port
	password string // of Gatehouse's administrator on a fresh database
	started  time.Duration
	cmd      *exec.Cmd
}

// startWithin is far longer than any start takes.
const startWithin = time.Minute

// start runs a command until it prints a line that begins with wait, and ends it when that takes too long.
func start(env []string, wait, name string) (*process, error) {
	p := &process{cmd: exec.Command(name)} //nolint:gosec // what this program has built
	p.cmd.Env = append(os.Environ(), env...)
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	late := time.AfterFunc(startWithin, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, at, ok := strings.Cut(lines.Text(), " is at "); ok {
			p.origin = strings.Replace(at, "localhost", "127.0.0.1", 1)
			p.started = time.Since(began)
		}
		if _, rest, ok := strings.Cut(lines.Text(), "password "); ok {
			p.password, _, _ = strings.Cut(rest, " ")
		}
		if strings.HasPrefix(lines.Text(), wait) {
			go func() {
				for lines.Scan() {
				}
			}()
			return p, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("%s ended, or was ended after %s, without saying %q", name, startWithin, wait), p.cmd.Wait())
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(os.Interrupt)
	_ = p.cmd.Wait()
}

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/alexedwards/scs/redisstore"
	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"
	"github.com/gomodule/redigo/redis"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver of the user's row
)

// serveContender is a process of its own that serves one contender on a free port, which it prints.
func serveContender(name string, e servers) error {
	var handler http.Handler
	switch name {
	case "plain":
		handler = plain(func(*http.Request) error { return nil })
	case "get":
		pool := newPool(e.redis, connections)
		handler = plain(func(r *http.Request) error {
			conn, err := pool.GetContext(r.Context())
			if err != nil {
				return err
			}
			defer conn.Close()
			_, err = redis.Bytes(conn.Do("GET", "bench:raw"))
			return err
		})
	case "scs", "scs-wide":
		idle := documentedIdle
		if name == "scs-wide" {
			idle = connections
		}
		var err error
		if handler, err = stock(e, idle); err != nil {
			return err
		}
	default:
		return fmt.Errorf("no contender %q", name)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "Contender is at http://%s\n", l.Addr())
	return http.Serve(l, handler) //nolint:gosec // a process of the benchmark on the loopback address
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// send writes the page the way Gatehouse does: whole, or an error.
func send(w http.ResponseWriter, write func(io.Writer) error) {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	if err := write(buf); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(buf.Len()))
	_, _ = w.Write(buf.Bytes())
}

// plain is net/http and the template, after calling before.
func plain(before func(*http.Request) error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /plans", func(w http.ResponseWriter, r *http.Request) {
		if err := before(r); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		send(w, func(w io.Writer) error { return write(w, "Grace Hopper", "grace@example.com", "hall") })
	})
	for _, p := range accountPages[1:] {
		mux.HandleFunc("GET "+p.path, func(w http.ResponseWriter, _ *http.Request) { send(w, p.write) })
	}
	return mux
}

// documentedIdle is how many connections to Redis the documentation of redisstore keeps.
const documentedIdle = 10

// stock is chi, scs and redisstore the way their documentation puts them together, an idle timeout, and the account from
// PostgreSQL. The sessions of one person are found by iterating over all sessions, which is what scs offers.
func stock(e servers, idle int) (http.Handler, error) {
	db, err := sql.Open("pgx", e.postgres)
	if err != nil {
		return nil, err
	}
	db.SetMaxIdleConns(connections)
	manager := scs.New()
	manager.Store = redisstore.New(newPool(e.redis, idle))
	manager.IdleTimeout, manager.Lifetime = 30*time.Minute, 24*time.Hour

	r := chi.NewRouter()
	r.Use(manager.LoadAndSave)
	r.Post("/login", func(w http.ResponseWriter, r *http.Request) {
		if err := manager.RenewToken(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		manager.Put(r.Context(), "user", r.FormValue("user"))
		manager.Put(r.Context(), "basket", "hall")
		manager.Put(r.Context(), "agent", "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0")
	})
	r.Get("/plans", func(w http.ResponseWriter, r *http.Request) {
		var name, email string
		id := manager.GetString(r.Context(), "user")
		err := db.QueryRowContext(r.Context(), `SELECT name, email FROM bench_users WHERE id = $1`, id).Scan(&name, &email)
		if errors.Is(err, sql.ErrNoRows) {
			http.Error(w, "not signed in", http.StatusUnauthorized)
			return
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		send(w, func(w io.Writer) error { return write(w, name, email, manager.GetString(r.Context(), "basket")) })
	})
	r.Get("/sessions", func(w http.ResponseWriter, r *http.Request) { forEachOf(w, r, manager, false) })
	r.Post("/end-all", func(w http.ResponseWriter, r *http.Request) { forEachOf(w, r, manager, true) })
	return r, nil
}

// forEachOf counts the sessions of one person, and ends them where asked.
func forEachOf(w http.ResponseWriter, r *http.Request, manager *scs.SessionManager, end bool) {
	user, n := manager.GetString(r.Context(), "user"), 0
	err := manager.Iterate(context.WithoutCancel(r.Context()), func(ctx context.Context) error {
		if manager.GetString(ctx, "user") != user {
			return nil
		}
		n++
		if end {
			return manager.Destroy(ctx)
		}
		return nil
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintln(w, n)
}

func newPool(url string, idle int) *redis.Pool {
	return &redis.Pool{MaxIdle: idle, Dial: func() (redis.Conn, error) { return redis.DialURL(url) }}
}

// prepareStores puts in what the contenders read.
func prepareStores(e servers) error {
	pool := newPool(e.redis, 1)
	defer pool.Close()
	conn := pool.Get()
	defer conn.Close()
	record := make([]byte, 200)
	_, _ = rand.Read(record)
	_, redisErr := conn.Do("SET", "bench:raw", record)
	db, err := sql.Open("pgx", e.postgres)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(`CREATE TABLE bench_users (id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL)`)
	if err == nil {
		_, err = db.Exec(`INSERT INTO bench_users SELECT 'user-' || n, 'Grace Hopper', 'grace@example.com' FROM generate_series(1, 1000) AS n`)
	}
	return errors.Join(redisErr, err)
}

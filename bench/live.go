package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// instances are before one database, as behind a balancer that knows nothing of sessions.
const instances = 4

// openPages measures pages that listen: how long an ending takes to reach its page, and what a page costs.
type openPages struct {
	settings

	pages, endings int
	settle         time.Duration // before memory is looked at

	portals []*process
	tokens  []string
	conns   []net.Conn
	heard   []chan time.Time // of each page, when it was told of the end
	took    []time.Duration
	kilo    float64 // of memory, each page
}

func (s settings) live(ctx context.Context, pages, endings int, settle time.Duration) error {
	o := &openPages{settings: s, pages: pages, endings: endings, settle: settle}
	quiet, listening, err := o.run(ctx)
	if err != nil {
		return err
	}
	text := o.markdown(quiet, listening)
	if s.write == "" {
		_, err = os.Stdout.WriteString(text)
		return err
	}
	return os.WriteFile(s.write, []byte(text), 0o644) //nolint:gosec // a page of the documentation
}

func (o *openPages) run(ctx context.Context) (quiet, listening float64, err error) {
	e, err := startServers(ctx, o.postgres)
	if err != nil {
		return 0, 0, err
	}
	defer e.close()
	if o.dir, err = os.MkdirTemp("", "gatehouse-bench"); err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(o.dir)
	program := filepath.Join(o.dir, "web")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/web") //nolint:gosec // a fixed command
	build.Dir, build.Stderr = "..", os.Stderr
	if err := build.Run(); err != nil {
		return 0, 0, fmt.Errorf("build Gatehouse: %w", err)
	}
	defer func() {
		for _, c := range o.conns {
			_ = c.Close()
		}
		for _, p := range o.portals {
			p.stop()
		}
	}()
	for _, step := range []func() error{
		func() error { return o.start(program, e) }, func() error { return o.people(e) }, o.open, o.end,
	} {
		if err := step(); err != nil {
			return 0, 0, err
		}
	}
	return o.onSQLite(program)
}

func (o *openPages) start(program string, e servers) error {
	env := slices.Concat(o.gatehouses(e)[1].env, []string{"GATEHOUSE_TRUSTED_PROXIES=127.0.0.1/32", "GATEHOUSE_DATABASE_CONNS=8"})
	for range instances {
		p, err := start(env, "Emails", program)
		if err != nil {
			return err
		}
		if len(o.portals) > 0 {
			p.password = o.portals[0].password
		}
		o.portals = append(o.portals, p)
	}
	return nil
}

// people gives each page a session of its own, copied from one.
func (o *openPages) people(e servers) error {
	if _, err := o.portals[0].signedIn(administrator); err != nil {
		return err
	}
	db, err := sql.Open("pgx", e.postgres)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := addSessions(db, 0, o.pages); err != nil {
		return err
	}
	var hashes []string
	for n := range o.pages {
		token := digest(fmt.Sprint("page ", n))
		o.tokens = append(o.tokens, token)
		hashes = append(hashes, digest(token))
	}
	_, err = db.Exec(`
		UPDATE sessions
		SET token_hash = h.hash, unclaimed_since = NULL
		FROM unnest($1::text[]) WITH ORDINALITY AS h (hash, n)
		WHERE id = substr(md5((h.n - 1)::text), 1, 26)`, hashes)
	return err
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// open opens the pages, a few at a time, and looks at the memory that they take.
func (o *openPages) open() error {
	before := o.resident()
	o.heard, o.conns = make([]chan time.Time, o.pages), make([]net.Conn, o.pages)
	errs := make([]error, connections)
	var wg sync.WaitGroup
	for worker := range connections {
		wg.Go(func() {
			for n := worker; n < o.pages && errs[worker] == nil; n += connections {
				errs[worker] = o.listen(n)
			}
		})
	}
	wg.Wait()
	time.Sleep(o.settle) // Go gives back what the opening needed within two minutes
	o.kilo = (o.resident() - before) * 1024 / float64(o.pages)
	return errors.Join(errs...)
}

func (o *openPages) resident() (mega float64) {
	for _, p := range o.portals {
		mega += p.memory()
	}
	return mega
}

// listen opens the stream of a page, at an address of its own, and returns once it has begun.
func (o *openPages) listen(n int) error {
	conn, err := net.Dial("tcp", strings.TrimPrefix(o.portals[n%instances].origin, "http://"))
	if err != nil {
		return err
	}
	o.conns[n], o.heard[n] = conn, make(chan time.Time, 1)
	_, err = fmt.Fprintf(conn, "GET /session/live HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n"+
		"Cookie: __Host-id=%s\r\nX-Forwarded-For: 2001:db8:%x::1\r\n\r\n", o.tokens[n], n)
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(conn, 512)
	status, err := in.ReadString('\n')
	if err != nil || !strings.Contains(status, " 200 ") {
		return fmt.Errorf("page %d: got %q, %w", n, status, err)
	}
	for line := ""; err == nil && line != ":\n"; {
		line, err = in.ReadString('\n')
	}
	go func() {
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if strings.HasPrefix(line, "event: ended") {
				o.heard[n] <- time.Now()
				return
			}
		}
	}()
	return err
}

// end signs sessions out, each at another instance than the one that its page listens to.
func (o *openPages) end() error {
	for i := range o.endings {
		n := i * (o.pages / o.endings)
		c := newClient(o.portals[(n+1)%instances].origin)
		c.Cookies[c.Session] = o.tokens[n]
		began := time.Now()
		if _, err := want(c, http.StatusSeeOther, http.MethodPost, "/logout"); err != nil {
			return err
		}
		select {
		case at := <-o.heard[n]:
			o.took = append(o.took, at.Sub(began))
		case <-time.After(time.Minute):
			return fmt.Errorf("page %d was not told", n)
		}
	}
	slices.Sort(o.took)
	return nil
}

// onSQLite asks for a page while nobody listens and while somebody does, in turns.
func (o *openPages) onSQLite(program string) (quiet, listening float64, err error) {
	p, err := start(o.gatehouses(servers{redis: "redis://127.0.0.1:0/0"})[0].env, "Emails", program)
	if err != nil {
		return 0, 0, err
	}
	o.portals = append(o.portals, p)
	c, err := p.signedIn(administrator)
	if err != nil {
		return 0, 0, err
	}
	var with, without []float64
	for range o.rounds {
		r, err := target{p, "/plans", cookie(c)}.load(o.round)
		if err != nil {
			return 0, 0, err
		}
		without = append(without, r.perSecond)
		one := openPages{portals: []*process{p, p, p, p}, tokens: []string{c.Token()}, conns: make([]net.Conn, 1), heard: make([]chan time.Time, 1)}
		if err := one.listen(0); err != nil {
			return 0, 0, err
		}
		if r, err = (target{p, "/plans", cookie(c)}).load(o.round); err != nil {
			return 0, 0, err
		}
		with = append(with, r.perSecond)
		_ = one.conns[0].Close()
	}
	return median(without), median(with), nil
}

func (o *openPages) markdown(quiet, listening float64) string {
	at := func(part float64) int64 { return o.took[int(part*float64(len(o.took)-1))].Milliseconds() }
	return fmt.Sprintf("# Open pages\n\n"+
		"Written by `go -C bench run . -live -write ../docs/evidence/live.md`: %d pages listen to `/session/live` at %d instances on one\n"+
		"PostgreSQL, each with its own session. %d of them are signed out, one after the other, at another instance than the one that the\n"+
		"page listens to. The time is from sending the sign-out until the page has the event. The pages run on the same machine.\n\n"+
		"| | |\n| --- | --- |\n"+
		"| an ending reaches its page, median | %d ms |\n| 99th percentile | %d ms |\n| at most | %d ms |\n"+
		"| memory of all instances after two and a half minutes, each page | %.0f KB |\n"+
		"| the page `/plans` on SQLite, nobody listening | %.0f a second |\n| the same, one page listening | %.0f a second |\n",
		o.pages, instances, len(o.took), at(0.5), at(0.99), at(1), o.kilo, quiet, listening)
}

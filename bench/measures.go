package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.com/gatehouse/webtest"
	"github.com/gomodule/redigo/redis"
	"golang.org/x/crypto/argon2"
)

// pages lets the contenders take turns, each time in another order.
func (s settings) pages(r *results, all []*contender, _ servers) error {
	r.runs = make([][]run, len(all))
	for round := range s.rounds {
		for i := range all {
			at := (i + round) % len(all)
			one, err := all[at].target().load(s.round)
			if err != nil {
				return err
			}
			r.runs[at] = append(r.runs[at], one)
		}
	}
	for _, c := range all {
		r.names = append(r.names, c.name)
		r.memory = append(r.memory, c.process.memory())
	}
	return nil
}

// asked is how many requests the counts are taken over.
const asked = 100

// counts measures what one page costs apart from time. For this the contenders are started once more, behind wires.
func (s settings) counts(r *results, all []*contender, e servers) error {
	wired, w, err := e.wired()
	if err != nil {
		return err
	}
	defer w.close()
	again, err := s.startContenders(wired, all)
	defer stopAll(again)
	if err != nil {
		return err
	}
	conn, err := redis.DialURL(e.redis)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, c := range again {
		n, err := c.count(conn, w)
		if err != nil {
			return err
		}
		r.counts = append(r.counts, n)
	}
	return accountCounts(r, again, conn, w)
}

// count requests the page and counts what that cost.
func (c *contender) count(conn redis.Conn, w wires) (count, error) {
	return countOf(c.client, "/plans", conn, w)
}

func countOf(client *webtest.Client, path string, conn redis.Conn, w wires) (count, error) {
	var n count
	ask := func() error {
		a, err := want(client, http.StatusOK, http.MethodGet, path)
		if err != nil {
			return err
		}
		n.cookies += len(a.Header.Values("Set-Cookie"))
		n.page = len(a.Body)
		return nil
	}
	if err := ask(); err != nil { // the first uses up what sign-in left for it, and prepares statements
		return n, err
	}
	n.cookies = 0
	before, err := commands(conn)
	if err != nil {
		return n, err
	}
	start := w.crossed()
	for range asked {
		if err := ask(); err != nil {
			return n, err
		}
	}
	end := w.crossed()
	after, err := commands(conn)
	n.commands = after - before - 1 // this question itself
	n.redisTrips, n.postgresTrips = end.redisTrips-start.redisTrips, end.postgresTrips-start.postgresTrips
	n.sent = end.sent - start.sent
	return n, err
}

// commands is how many commands the Redis has carried out.
func commands(conn redis.Conn) (int, error) {
	info, err := redis.String(conn.Do("INFO", "stats"))
	if err != nil {
		return 0, err
	}
	var n int
	for line := range strings.Lines(info) {
		if rest, ok := strings.CutPrefix(line, "total_commands_processed:"); ok {
			_, err = fmt.Sscan(rest, &n)
		}
	}
	return n, err
}

// signIns compares a sign-in with its password hash alone, the part that cannot be saved.
func (s settings) signIns(r *results, all []*contender, _ servers) error {
	for _, name := range []string{sqliteName, postgresName} {
		c := named(all, name)
		var ratios, hashes, rests []float64
		for range s.repeat {
			began := time.Now()
			argon2.IDKey([]byte(c.process.password), []byte("sixteen bytes ok"), 2, 19*1024, 1, 32)
			hash := time.Since(began)
			client := newClient(c.process.origin)
			a, err := want(client, http.StatusSeeOther, http.MethodPost, "/login", "email", administrator, "password", c.process.password)
			if err != nil {
				return err
			}
			ratios = append(ratios, float64(a.Took)/float64(hash))
			hashes, rests = append(hashes, milliseconds(hash)), append(rests, milliseconds(a.Took-hash))
		}
		r.signIns = append(r.signIns, signIn{c.name, spreadOf(ratios), median(hashes), median(rests)})
	}
	return nil
}

// starts measures a start on nothing, and one on the database that it left.
func (s settings) starts(r *results, _ []*contender, _ servers) error {
	for i := range max(3, s.repeat/5) {
		env := []string{"GATEHOUSE_ADDR=127.0.0.1:0", "GATEHOUSE_DATABASE_URL=sqlite:" + filepath.Join(s.dir, fmt.Sprintf("start-%d.db", i))}
		for again := range 2 {
			p, err := start(env, "Gatehouse", filepath.Join(s.dir, "web"))
			if err != nil {
				return err
			}
			r.starts[again] = append(r.starts[again], milliseconds(p.started))
			p.stop()
		}
	}
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// A spread is a median and what lies around it.
type spread struct{ median, least, most float64 }

func spreadOf(values []float64) spread {
	sorted := slices.Sorted(slices.Values(values))
	return spread{median(sorted), sorted[0], sorted[len(sorted)-1]}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

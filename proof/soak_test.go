package proof

import (
	"database/sql"
	"flag"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
)

var (
	soak  = flag.Duration("soak", 6*time.Second, "how long people use the portal in TestSoak; from a minute on, TestSlowClients waits for the long limits too")
	write = flag.String("write", "", "the file that TestSoak writes its result to")
)

// soaked are sessions short enough to be opened, used, timed out and forgotten many times over.
var soaked = []string{
	watched, "--session-idle=2s", "--session-lifetime=5s", "--remember-idle=0", "--keep-ended=2s", "--sweep-every=500ms", "--sessions-per-user=3",
}

const peopleOfSoak = 4 // on each ground

// passing are the rows that go by themselves while a soak is watched.
var passing = []string{"sessions", "bags of sessions", "letters"}

// TestSoak lets people use the portal in every way for a while, and wants it to be as it was before: memory, goroutines,
// files, connections, and the rows that are there for a while.
func TestSoak(t *testing.T) {
	t.Parallel()
	report := &soakReport{lasted: *soak, grounds: map[string][]measured{}}
	t.Run("on", func(t *testing.T) {
		for name, ground := range map[string]func(testing.TB) ground{"SQLite": onSQLite, "PostgreSQL and Redis": onServersAlone} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				soakOn(t, name, ground(t), report)
			})
		}
	})
	if *write != "" && !t.Failed() {
		report.writeTo(t, *write)
	}
}

func soakOn(t *testing.T, name string, g ground, report *soakReport) {
	p := start(t, g, soaked...)
	db := g.facts(t).DB()
	town := &town{portal: p}
	for i := range peopleOfSoak {
		town.emails = append(town.emails, g.account(t, fmt.Sprintf("Person %c", 'A'+i)))
	}
	town.live(t, min(*soak/4, 20*time.Second)) // pools and tables of what was seen fill up, once
	g.passed(t, db)
	before := p.measure(t, g, db)

	town.live(t, *soak)
	g.passed(t, db)
	after := p.measure(t, g, db)
	report.add(name, before, after, town.done)
	for _, m := range compare(before, after) {
		t.Logf("%s: %d before, %d after, want at most %d", m.what, m.before, m.after, m.most)
		if m.after > m.most {
			t.Errorf("%s: %d before, %d after, want at most %d", m.what, m.before, m.after, m.most)
		}
	}
	t.Logf("%v", town.done)
}

// passed waits until what is there for a while is gone: that is the portal's work, nobody asks for it.
func (g ground) passed(t *testing.T, db *sql.DB) {
	t.Helper()
	stepByStep.CloseIdleConnections()
	within(t, 2*time.Minute, "the end of everything that ends by itself", func() bool {
		n := g.passing(t, db)
		return !slices.ContainsFunc(passing, func(table string) bool { return n[table] > 0 })
	})
}

// passing is rows, with the bags of sessions told from those of visitors, which are kept for an hour.
func (g ground) passing(t *testing.T, db *sql.DB) map[string]int {
	t.Helper()
	n, soon := g.rows(t, db), time.Now().Add(time.Minute)
	if len(g) > 1 {
		for name, left := range g.keys(t) {
			if strings.HasPrefix(name, bagPrefix) && time.Duration(left)*time.Millisecond < time.Until(soon) {
				n["bags of sessions"]++
			}
		}
		return n
	}
	var count int
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM bags WHERE expires_at < $1`, soon.UTC()).Scan(&count); err != nil {
		t.Fatal(err)
	}
	n["bags of sessions"] = count
	return n
}

// measure is what a portal holds while nobody uses it.
func (p *portal) measure(t *testing.T, g ground, db *sql.DB) map[string]int {
	t.Helper()
	m := map[string]int{
		"heap": p.heap(t), "goroutines": p.gauge(t, "go_goroutines"), "open files": p.gauge(t, "process_open_fds"),
	}
	n := g.passing(t, db)
	for _, table := range passing {
		m["rows of "+table] = n[table]
	}
	if len(g) > 1 {
		u, err := url.Parse(strings.TrimPrefix(g[0], "--database-url="))
		if err != nil {
			t.Fatal(err)
		}
		sessions := columns(t, db, `SELECT count(*) FROM pg_stat_activity WHERE application_name = '`+u.Query().Get("application_name")+`'`, 1)
		if m["connections to PostgreSQL"], err = strconv.Atoi(sessions[0][0]); err != nil {
			t.Fatal(err)
		}
		conn := g.connect(t)
		defer conn.Close()
		clients, err := redis.String(conn.Do("CLIENT", "LIST"))
		if err != nil {
			t.Fatal(err)
		}
		m["connections to Redis"] = strings.Count(clients, "\n")
	}
	return m
}

// A measured is one number before and after, and the most it may be.
type measured struct {
	what                string
	before, after, most int
}

// leeway is how much more there may be: connections that pools keep for a few minutes, 24 to PostgreSQL or SQLite with
// three files each and 32 to Redis, and of memory what the tables of limits and of tokens seen take at their fullest.
var leeway = map[string]int{
	"heap": 16 * mega, "goroutines": 10, "open files": 3*24 + 32, "connections to PostgreSQL": 24, "connections to Redis": 32,
}

func compare(before, after map[string]int) (all []measured) {
	for _, what := range slices.Sorted(maps.Keys(after)) {
		all = append(all, measured{what, before[what], after[what], before[what] + leeway[what]})
	}
	return all
}

// A town is people who use one portal at the same time.
type town struct {
	*portal
	emails []string
	mu     sync.Mutex
	done   map[string]int
}

func (w *town) count(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done == nil {
		w.done = map[string]int{}
	}
	w.done[what]++
}

// live lets everybody do one thing after the other.
func (w *town) live(t *testing.T, lasting time.Duration) {
	t.Helper()
	until := time.Now().Add(lasting)
	var people sync.WaitGroup
	for i, email := range w.emails {
		people.Go(func() {
			for turn := 2 * i; time.Now().Before(until); turn++ {
				w.day(t, email, turn)
			}
		})
	}
	people.Wait()
}

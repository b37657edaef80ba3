package proof

import (
	"database/sql"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

var soak = flag.Duration("soak", 3*time.Second, "how long people use the portal in TestSoak; from a minute on, TestSlowClients waits for the long limits too")

// soaked are sessions short enough to be opened, used, timed out and forgotten many times over.
var soaked = []string{
	watched, "--session-idle=2s", "--session-lifetime=5s", "--remember-idle=0", "--keep-ended=2s", "--sweep-every=500ms", "--sessions-per-user=3",
}

const peopleOfSoak = 4 // in each environment

// passing are the rows that go by themselves while a soak is watched.
var passing = []string{"sessions", "bags of sessions", "letters"}

// TestSoak lets people use the portal in every way for a while, and wants it to be as it was before: memory, goroutines,
// files, connections, and every row but those that are kept for longer.
func TestSoak(t *testing.T) {
	t.Parallel()
	report := &soakReport{environments: map[string][]measured{}}
	t.Run("on", func(t *testing.T) {
		for name, newEnvironment := range map[string]func(testing.TB) environment{"SQLite": onSQLite, "PostgreSQL and Redis": onServersAlone} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				soakOn(t, name, newEnvironment(t), report)
			})
		}
	})
	writeResult(t, len(report.environments), "go test ./proof -run '^TestSoak$' -soak "+minutes(*soak), report.text())
}

func soakOn(t *testing.T, name string, env environment, report *soakReport) {
	p := asPeopleRunIt.start(t, env, soaked...)
	db := env.facts(t).DB()
	town := &town{portal: p}
	for i := range peopleOfSoak {
		town.emails = append(town.emails, p.account(t, fmt.Sprintf("Person %c", 'A'+i)))
	}
	town.live(t, min(*soak/4, 20*time.Second)) // pools and tables of what was seen fill up, once
	p.passed(t, db)
	before := p.measure(t, env, db)
	town.done = nil // what follows may leave rows

	town.live(t, *soak)
	p.passed(t, db)
	all := compare(before, p.measure(t, env, db), town.done)
	report.add(name, all, town.done)
	for _, m := range all {
		t.Logf("%s: %d before, %d after, want at most %d", m.what, m.before, m.after, m.most)
		if m.after > m.most {
			t.Errorf("%s: %d before, %d after, want at most %d", m.what, m.before, m.after, m.most)
		}
	}
	t.Logf("%v", town.done)
}

// passed waits until what is there for a while is gone: that is the portal's work, nobody asks for it.
func (p *portal) passed(t *testing.T, db *sql.DB) {
	t.Helper()
	p.transport.CloseIdleConnections()
	webtest.Within(t, 2*time.Minute, "the end of everything that ends by itself", func() bool {
		n := p.passing(t, db)
		return !slices.ContainsFunc(passing, func(table string) bool { return n[table] > 0 })
	})
}

// passing is rows, with the bags of sessions told from those of visitors, which are kept for an hour.
func (env environment) passing(t *testing.T, db *sql.DB) map[string]int {
	t.Helper()
	n, soon := env.rows(t, db), time.Now().Add(time.Minute)
	if len(env) > 1 {
		for name, left := range env.keys(t) {
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

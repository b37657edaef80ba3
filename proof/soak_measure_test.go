package proof

import (
	"database/sql"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"
)

// measure is what a portal holds while nobody uses it.
func (p *portal) measure(t *testing.T, env environment, db *sql.DB) map[string]int {
	t.Helper()
	m := map[string]int{
		"heap": p.heap(t), "goroutines": p.gauge(t, "go_goroutines"), "open files": p.gauge(t, "process_open_fds"),
	}
	for table, n := range env.passing(t, db) {
		m["rows of "+table] = n
	}
	if len(env) > 1 {
		u, err := url.Parse(strings.TrimPrefix(env[0], "--database-url="))
		if err != nil {
			t.Fatal(err)
		}
		sessions := columns(t, db, `SELECT count(*) FROM pg_stat_activity WHERE application_name = '`+u.Query().Get("application_name")+`'`, 1)
		if m["connections to PostgreSQL"], err = strconv.Atoi(sessions[0][0]); err != nil {
			t.Fatal(err)
		}
		conn := env.connect(t)
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

// leeway is how much more there may be, well below what pools are bounded by: four people ask one thing at a time, so that
// and what the portal does by itself is what pools can have opened since. Each connection to SQLite has three files. Memory
// is what the tables of limits and of tokens seen take at their fullest.
var leeway = map[string]int{
	"heap": 16 * mega, "goroutines": 10, "open files": 3 * connsMore, "connections to PostgreSQL": connsMore, "connections to Redis": connsMore,
}

const connsMore = 3 * peopleOfSoak

// stays are the rows that are there for longer than a soak, and the most that each time somebody did something leaves. All
// go by themselves: docs/evidence/load.md. Of every other table there have to be as many rows as before.
var stays = map[string]map[string]int{
	"events":       {"requests": 3, "a demo": 60},                    // a year, those of demos two hours
	"session_news": {"requests": 1},                                  // two minutes
	"stray_events": {"failing": 1, "emails": 1},                      // a day
	"signups":      {"emails": 1},                                    // a day
	"letter_keys":  {"emails": 1},                                    // half an hour
	"sent_tokens":  {"emails": 1},                                    // a week
	"users":        {"a demo": 1},                                    // two hours
	"user_terms":   {"a demo": 3},                                    // as long as their account
	"demo_links":   {"a demo": 1},                                    // the way back, as long as their account
	"decoys":       {"emails": 3},                                    // half an hour
	"held_forms":   {"a demo": 1, "basket and re-authentication": 1}, // of a session that ended under the form, and baskets
	"bags":         {"basket and re-authentication": 2},              // an hour, of visitors who chose a plan and did not sign in
}

func compare(before, after, done map[string]int) (all []measured) {
	for _, what := range slices.Sorted(maps.Keys(after)) {
		m := measured{what, before[what], after[what], before[what] + leeway[what]}
		if table, isRows := strings.CutPrefix(what, "rows of "); isRows {
			for action, each := range stays[table] {
				m.most += each * done[action]
			}
		}
		all = append(all, m)
	}
	return all
}

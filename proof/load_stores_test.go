package proof

import (
	"crypto/rand"
	"database/sql"
	"maps"
	"strconv"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"

	"example.com/gatehouse/internal/store/storetest"
)

const bagPrefix = "gatehouse:bag:"

// rows counts what is in each table, and the bags wherever they are.
func (env environment) rows(t testing.TB, db *sql.DB) map[string]int {
	t.Helper()
	list := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	if len(env) > 1 {
		list = `SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`
	}
	names := columns(t, db, list, 1)
	var parts []string
	for _, name := range names {
		parts = append(parts, `SELECT '`+name[0]+`', count(*) FROM `+name[0])
	}
	n := map[string]int{}
	for _, row := range columns(t, db, strings.Join(parts, ` UNION ALL `), 2) {
		count, err := strconv.Atoi(row[1])
		if err != nil {
			t.Fatal(err)
		}
		n[row[0]] = count
	}
	if len(n) < 10 {
		t.Fatalf("got the tables %v", n)
	}
	if len(env) > 1 {
		for name := range env.keys(t) {
			if strings.HasPrefix(name, bagPrefix) {
				n["bags"]++
			}
		}
	}
	return n
}

// columns are the rows of an answer, as text.
func columns(t testing.TB, db *sql.DB, query string, width int) (all [][]string) {
	t.Helper()
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		row, into := make([]string, width), make([]any, width)
		for i := range row {
			into[i] = &row[i]
		}
		if err := found.Scan(into...); err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// connect opens a connection to the environment's Redis.
func (env environment) connect(t testing.TB) redis.Conn {
	t.Helper()
	conn, err := redis.DialURL(strings.TrimPrefix(env[1], "--redis-url="))
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// keys are the keys in Redis and how long each is kept, in milliseconds.
func (env environment) keys(t testing.TB) map[string]int64 {
	t.Helper()
	conn := env.connect(t)
	defer conn.Close()
	names, err := redis.Strings(conn.Do("KEYS", "*"))
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]int64{}
	for _, name := range names {
		left, err := redis.Int64(conn.Do("PTTL", name))
		if err != nil {
			t.Fatal(err)
		}
		if left != -2 { // gone in between
			keys[name] = left
		}
	}
	return keys
}

// grown is what there is more of, by name.
func grown(before, after map[string]int) map[string]int {
	more := maps.Clone(after)
	for name, n := range before {
		if more[name] -= n; more[name] == 0 {
			delete(more, name)
		}
	}
	maps.DeleteFunc(more, func(_ string, n int) bool { return n == 0 })
	return more
}

// onServersAlone is onServers with a Redis that nobody else uses, and the connections to PostgreSQL under a name, so that
// both can be counted.
func onServersAlone(t testing.TB) environment {
	env := environment{"--database-url=" + storetest.PostgresURL(t) + "&application_name=gatehouse_" + rand.Text()}
	return append(env, "--redis-url="+startRedis(t).url).migrated(t)
}

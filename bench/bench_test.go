package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMain serves a contender where the benchmark under test has started this program again for one.
func TestMain(m *testing.M) {
	if err := contenderHere(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// The benchmark runs to the end and measures something everywhere, processor time excepted. The test compares no figures, because speed depends on
// the machine.
func TestBench(t *testing.T) {
	s := settings{rounds: 1, round: time.Second, most: 1000, mostStock: 1000, repeat: 3, postgres: os.Getenv("TEST_POSTGRES_URL")}
	if s.postgres == "" {
		s.postgres = "postgres://postgres@127.0.0.1:5432/postgres"
	}
	if err := missing(t, s.postgres); err != nil {
		if os.Getenv("CI") == "" {
			t.Skipf("skipped for want of PostgreSQL or redis-server: %v", err)
		}
		t.Fatal(err)
	}
	r, err := s.measure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, runs := range slices.Concat(append(r.pages, r.runs)...) {
		for i := range runs {
			runs[i].cpu = time.Millisecond // what was measured can be 0: /proc counts in ticks, and a round is short here
		}
	}
	text := r.markdown(s)
	for _, name := range []string{plainName, getName, stockName, wideName, sqliteName, postgresName} {
		if !strings.Contains(text, "| "+name+" |") {
			t.Errorf("got no row for %s", name)
		}
	}
	checkAccounts(t, r)
	// A ratio of 0.00 is none of them: that is what a stall of one contender makes of another's.
	for _, nothing := range []string{"NaN", "Inf", "%!", "not measured", "| - |", " 0 bytes"} {
		if strings.Contains(text, nothing) {
			t.Errorf("got %q in the results:\n%s", nothing, text)
		}
	}
}

// checkAccounts: each page is measured, what the table says of statements is what went over the wire, and the contenders answer
// with pages of the same size.
func checkAccounts(t *testing.T, r results) {
	t.Helper()
	for n, p := range accountPages {
		for i, name := range besides {
			if len(r.pages[n][i]) == 0 || r.pages[n][i][0].perSecond <= 0 {
				t.Errorf("%s of %s was not measured", p.path, name)
			}
			alone, got := r.pageCounts[0][n].page, r.pageCounts[i][n].page
			if got < alone*9/10 || got > alone*11/10 {
				t.Errorf("%s has %d bytes of %s, want about %d", p.path, got, name, alone)
			}
		}
		c := r.pageCounts[2][n]
		if trips := each(c.postgresTrips + c.redisTrips); trips != strconv.Itoa(p.statements) {
			t.Errorf("%s took %s round trips to PostgreSQL and Redis, want the %d that are statements on SQLite", p.path, trips, p.statements)
		}
	}
}

// TestOpenPages is the benchmark of open pages with few of them.
func TestOpenPages(t *testing.T) {
	s := settings{rounds: 1, round: 500 * time.Millisecond, postgres: os.Getenv("TEST_POSTGRES_URL")}
	if s.postgres == "" {
		s.postgres = "postgres://postgres@127.0.0.1:5432/postgres"
	}
	if err := missing(t, s.postgres); err != nil {
		if os.Getenv("CI") == "" {
			t.Skipf("skipped for want of PostgreSQL or redis-server: %v", err)
		}
		t.Fatal(err)
	}
	s.write = filepath.Join(t.TempDir(), "live.md")
	if err := s.live(t.Context(), 40, 8, 0); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(s.write)
	if err != nil || !strings.Contains(string(text), "8 of them are signed out") || strings.Contains(string(text), " 0 a second") {
		t.Errorf("%v, got\n%s", err, text)
	}
}

// missing names a server that the benchmark needs and that is not there.
func missing(t *testing.T, postgres string) error {
	t.Helper()
	db, err := sql.Open("pgx", postgres)
	if err != nil {
		return err
	}
	_, noRedis := exec.LookPath("redis-server")
	return errors.Join(db.PingContext(t.Context()), noRedis, db.Close())
}

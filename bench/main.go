// Command bench measures what a signed-in session costs: the real Gatehouse beside the same page without a session, with
// one read of Redis, and with stock chi, scs and redisstore. It writes docs/evidence/performance.md. It needs a PostgreSQL and
// redis-server; everything it makes goes with it. Contenders take turns in every round, and the report has the median of
// their ratios, because the speed of a machine changes from one minute to the next.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"example.com/gatehouse/webtest"
)

// settings of one run.
type settings struct {
	postgres  string
	rounds    int
	round     time.Duration
	most      int // other sessions, for Gatehouse
	mostStock int // other sessions, for stock scs
	repeat    int // of what is done one at a time
	write     string
	dir       string
}

// In the environment of a child these make it one contender instead of the benchmark.
const (
	contenderVariable = "BENCH_CONTENDER"
	postgresVariable  = "BENCH_POSTGRES"
	redisVariable     = "BENCH_REDIS"
)

// contenderHere serves a contender, if this process was started for that.
func contenderHere() error {
	name := os.Getenv(contenderVariable)
	if name == "" {
		return nil
	}
	return serveContender(name, servers{postgres: os.Getenv(postgresVariable), redis: os.Getenv(redisVariable)})
}

func main() {
	var s settings
	flag.StringVar(&s.postgres, "postgres", "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable", "a PostgreSQL that may be given a database")
	flag.IntVar(&s.rounds, "rounds", 15, "rounds of the signed-in page")
	flag.DurationVar(&s.round, "round", 1500*time.Millisecond, "how long each contender has in a round")
	flag.IntVar(&s.most, "most", 10_000, "other people's sessions in the end")
	flag.IntVar(&s.mostStock, "most-stock", 10_000, "the same for stock scs, which goes through all of them")
	flag.IntVar(&s.repeat, "repeat", 31, "how often what is done one at a time is repeated")
	flag.StringVar(&s.write, "write", "", "file for the results; standard output when empty")
	live := flag.Bool("live", false, "measure open pages instead")
	pages := flag.Int("pages", 10_000, "open pages, for -live")
	endings := flag.Int("endings", 500, "how many of them end, for -live")
	flag.Parse()
	err := contenderHere()
	switch {
	case err != nil:
	case *live:
		err = s.live(context.Background(), *pages, min(*pages, *endings), 150*time.Second)
	default:
		err = s.run(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (s settings) run(ctx context.Context) error {
	results, err := s.measure(ctx)
	if err != nil {
		return err
	}
	text := results.markdown(s)
	if s.write == "" {
		_, err = os.Stdout.WriteString(text)
		return err
	}
	return os.WriteFile(s.write, []byte(text), 0o644) //nolint:gosec // a page of the documentation
}

// measure starts everything, measures, and stops it again.
func (s settings) measure(ctx context.Context) (results, error) {
	var r results
	e, err := startServers(ctx, s.postgres)
	if err != nil {
		return r, err
	}
	defer e.close()
	if s.dir, err = os.MkdirTemp("", "gatehouse-bench"); err != nil {
		return r, err
	}
	defer os.RemoveAll(s.dir)
	if err := prepareStores(e); err != nil {
		return r, err
	}
	all, err := s.startContenders(e, nil)
	defer stopAll(all)
	if err != nil {
		return r, err
	}
	for _, step := range []func(*results, []*contender, servers) error{s.pages, s.accounts, s.counts, s.signIns, s.growth, s.starts} {
		if err := step(&r, all, e); err != nil {
			return r, err
		}
	}
	return r, nil
}

// A contender is one way to serve the signed-in page.
type contender struct {
	name    string
	process *process
	client  *webtest.Client // signed in, with a plan in the basket
}

func (c *contender) target() target { return target{c.process, "/plans", cookie(c.client)} }

const (
	plainName    = "net/http, the same template, no session"
	getName      = "that, and one GET in Redis"
	stockName    = "chi, scs, redisstore, PostgreSQL"
	wideName     = "that, with a Redis connection kept for each of the load's"
	sqliteName   = "Gatehouse, SQLite"
	postgresName = "Gatehouse, PostgreSQL and Redis"
)

// startContenders starts all of them. Gatehouse prints the password of its administrator only on a fresh database: before has
// the contenders that know it, if there are any.
func (s settings) startContenders(e servers, before []*contender) ([]*contender, error) {
	program := filepath.Join(s.dir, "web")
	build := exec.Command("go", "build", "-o", program, "./cmd/web") //nolint:gosec // a fixed command
	build.Dir, build.Stderr = "..", os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("build Gatehouse: %w", err)
	}
	own, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var all []*contender
	for _, c := range []struct{ name, kind string }{
		{plainName, "plain"}, {getName, "get"}, {stockName, "scs"}, {wideName, "scs-wide"},
	} {
		env := []string{contenderVariable + "=" + c.kind, postgresVariable + "=" + e.postgres, redisVariable + "=" + e.redis}
		p, err := start(env, "Contender", own)
		if err != nil {
			return all, err
		}
		all = append(all, &contender{c.name, p, newClient(p.origin)})
		if c.name == stockName || c.name == wideName {
			if _, err := want(all[len(all)-1].client, 200, "POST", "/login", "user", "user-1"); err != nil {
				return all, err
			}
		}
	}
	for _, way := range s.gatehouses(e) {
		p, err := start(way.env, "Emails", program) // the last line, on a fresh database and on an old one
		if err != nil {
			return all, err
		}
		if before != nil {
			p.password = before[len(all)].process.password
		}
		all = append(all, &contender{way.name, p, nil})
		client, err := p.signedIn(administrator)
		if err == nil {
			_, err = want(client, 303, "POST", "/basket", "plan", "hall")
		}
		if err == nil { // whose basket is in a bag: that of somebody signed in is a row of their account
			_, err = want(client.Fresh(), 303, "POST", "/basket", "plan", "hall")
		}
		if err != nil {
			return all, err
		}
		all[len(all)-1].client = client
	}
	return all, nil
}

// named returns the contender of that name.
func named(all []*contender, name string) *contender {
	return all[slices.IndexFunc(all, func(c *contender) bool { return c.name == name })]
}

func stopAll(all []*contender) {
	for _, c := range all {
		c.process.stop()
	}
}

// A way is one of the ways to run Gatehouse.
type way struct {
	name string
	env  []string
}

// gatehouses returns the two ways. The log goes to standard error, which nobody reads here.
func (s settings) gatehouses(e servers) []way {
	common := []string{"GATEHOUSE_ADDR=127.0.0.1:0", "GATEHOUSE_LOG_FORMAT=json"}
	return []way{
		{sqliteName, append(common, "GATEHOUSE_DATABASE_URL=sqlite:"+filepath.Join(s.dir, "gatehouse.db"))},
		{postgresName, append(common, "GATEHOUSE_DATABASE_URL="+e.postgres, "GATEHOUSE_REDIS_URL="+e.ownRedis())},
	}
}

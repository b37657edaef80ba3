package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// results are what was measured, in the order of the contenders.
type results struct {
	names         []string
	runs          [][]run
	pages         [][][]run // by accountPages and besides
	pageCounts    [][]count // by besides and accountPages
	memory        []float64 // MiB after the load
	counts        []count
	growth        []growthAt
	signIns       []signIn
	redisBytes    [2]int // a bag of Gatehouse, a session of stock scs
	postgresBytes float64
	starts        [2][]float64 // milliseconds, on nothing and on what is there
}

// count is over all requests that were asked, but for the page, which is the bytes of one.
type count struct{ commands, redisTrips, postgresTrips, sent, cookies, page int }

type signIn struct {
	name  string
	ratio spread  // to the hash alone
	hash  float64 // milliseconds
	rest  float64 // milliseconds on top of the hash
}

// growthAt is in milliseconds; 0 where it was not measured.
type growthAt struct {
	others              int
	list, end           float64
	stockList, stockEnd float64
}

func (r results) markdown(s settings) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("# What a signed-in session costs\n")
	say("Written by `make bench`, whole: do not edit it by hand. The program is in `bench/`, and so are the contenders.\n")
	say("Measured by `make bench BENCH='-most %d -most-stock %d -rounds %d -round %s -repeat %d'` on %s.\n",
		s.most, s.mostStock, s.rounds, s.round, s.repeat, machine())
	say("## The signed-in page\n")
	say("`/plans` for somebody signed in, with a plan in the basket: the same template for all, %d connections, %d rounds of %s in", connections, s.rounds, s.round)
	say("which the contenders take turns. Ratios to the first row of the same round: median, and the least and the most in")
	say("brackets. CPU is that of the contender's process for each request, memory what it holds after the load. Both servers are on")
	say("this machine; by default the connection to PostgreSQL is not encrypted.\n")
	say("| contender | throughput | CPU | 99th percentile | memory |")
	say("| --- | --- | --- | --- | --- |")
	for i, name := range r.names {
		say("| %s | %s | %s | %s | %.0f MiB |", name,
			r.ratio(i, func(x run) float64 { return x.perSecond }), r.ratio(i, func(x run) float64 { return float64(x.cpu) }),
			r.ratio(i, func(x run) float64 { return float64(x.p99) }), r.memory[i])
	}
	base := make([]float64, 0, len(r.runs[0]))
	for _, one := range r.runs[0] {
		base = append(base, one.perSecond)
	}
	say("\nThe first row is %.0f pages a second here, in the median; the client takes its part of the same processors.\n", median(base))
	say("Gatehouse on PostgreSQL and Redis does %s times what stock scs does with the same servers, and %s times", r.over(postgresName, stockName), r.over(postgresName, wideName))
	say("what it does where it keeps more connections to Redis than the %d of its documentation.\n", documentedIdle)
	say("Gatehouse writes out what is the same on every page when it reads its templates, and remembers what depends on the page's")
	say("address alone; the others execute the same template as `html/template` does. That is a part of what the ratios show, most")
	say("of all compared with the first row.\n")
	r.traffic(say)
	r.accounts(s, say)
	r.rest(say)
	return b.String()
}

func (r results) traffic(say func(string, ...any)) {
	say("## What one page asks of the servers\n")
	say("Means over %d requests: commands as Redis counts them, the rest on the wire between contender and server. Gatehouse's statements on SQLite are counted by", asked)
	say("`go test ./internal/handlers -run TestSteadyState`: the same two reads, and on this page one of the basket.\n")
	say("| contender | Redis commands | round trips to Redis | to PostgreSQL | bytes sent to both | Set-Cookie | bytes of the page |")
	say("| --- | --- | --- | --- | --- | --- | --- |")
	for i, name := range r.names {
		c := r.counts[i]
		say("| %s | %s | %s | %s | %s | %s | %d |", name, each(c.commands), each(c.redisTrips), each(c.postgresTrips), strconv.Itoa(c.sent/asked), each(c.cookies), c.page)
	}
	say("")
}

func (r results) rest(say func(string, ...any)) {
	say("## One person's sessions among those of others\n")
	say("Milliseconds for a person with %d sessions, over HTTP: medians, each measured on somebody who did nothing before. Stock scs", own+1)
	say("finds them by going through everybody's.\n")
	say("| sessions of others | Gatehouse: list | end all | stock scs: list | end all |")
	say("| --- | --- | --- | --- | --- |")
	for _, g := range r.growth {
		say("| %d | %s | %s | %s | %s |", g.others, ms(g.list), ms(g.end), ms(g.stockList), ms(g.stockEnd))
	}
	say("\n## Signing in\n")
	say("Time of `POST /login` over that of the password hash alone, measured in turns.\n")
	say("| | ratio | the hash | on top of it |")
	say("| --- | --- | --- | --- |")
	for _, x := range r.signIns {
		say("| %s | %s | %.1f ms | %.1f ms |", x.name, x.ratio, x.hash, x.rest)
	}
	say("\n## Sizes and starts\n")
	say("| | |")
	say("| --- | --- |")
	say("| a session in PostgreSQL, with its indexes | %.0f bytes |", r.postgresBytes)
	say("| the bag of a visitor in Redis, a basket in it | %d bytes |", r.redisBytes[0])
	say("| a session of stock scs in Redis | %d bytes |", r.redisBytes[1])
	say("| from the command to listening, on an empty SQLite file | %.0f ms |", median(r.starts[0]))
	say("| the same, on a database that is there | %.0f ms |", median(r.starts[1]))
}

// ratio compares a contender with the first one, round by round.
func (r results) ratio(i int, of func(run) float64) string {
	var ratios []float64
	for round, one := range r.runs[i] {
		if base := of(r.runs[0][round]); base > 0 {
			ratios = append(ratios, of(one)/base)
		}
	}
	if len(ratios) == 0 {
		return "-"
	}
	return spreadOf(ratios).String()
}

// over compares the throughput of two contenders, round by round.
func (r results) over(one, other string) string {
	runs := func(name string) []run { return r.runs[slices.Index(r.names, name)] }
	return over(runs(one), runs(other), func(x run) float64 { return x.perSecond })
}

func over(runs, others []run, of func(run) float64) string {
	var ratios []float64
	for round, x := range runs {
		ratios = append(ratios, of(x)/of(others[round]))
	}
	return spreadOf(ratios).String()
}

func (s spread) String() string { return fmt.Sprintf("%.2f [%.2f to %.2f]", s.median, s.least, s.most) }

// each says how many there were of something for each request.
func each(n int) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/asked), ".0") }

func ms(v float64) string {
	if v == 0 {
		return "not measured"
	}
	return fmt.Sprintf("%.1f", v)
}

// machine names what the figures depend on.
func machine() string {
	model := runtime.GOARCH
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if rest, ok := strings.CutPrefix(line, "model name"); ok {
			model = strings.TrimSpace(strings.TrimLeft(rest, "\t :"))
			break
		}
	}
	redisVersion, _ := exec.Command("redis-server", "--version").Output()
	version := "Redis"
	if fields := strings.Fields(string(redisVersion)); len(fields) > 2 {
		version = "Redis " + strings.TrimPrefix(fields[2], "v=")
	}
	return fmt.Sprintf("%d processors (%s), %s, %s/%s, %s", runtime.NumCPU(), model, runtime.Version(), runtime.GOOS, runtime.GOARCH, version)
}

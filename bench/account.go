package main

import (
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"time"

	"example.com/gatehouse/webtest"
	"github.com/gomodule/redigo/redis"
)

// An accountPage is one of the pages that people look at most.
type accountPage struct {
	path       string
	statements int // of Gatehouse on SQLite, which TestPagesCost counts
	template   *template.Template
	view       any // what a demo account shows there
}

func (p accountPage) write(w io.Writer) error { return p.template.Execute(w, p.view) }

var accountPages = []accountPage{
	{"/plans", 3, pageOf("plans.html"), &view{Layout: layoutOf("plans", "/plans")}},
	{"/account", 6, pageOf("overview.html"), overview},
	{"/account/sessions", 3, pageOf("sessions.html"), sessions},
	{"/account/activity", 5, pageOf("activity.html"), activity},
	{"/account/security", 3, pageOf("security.html"), security},
}

// besides are the contenders that have these pages, the one that others are compared with first.
var besides = []string{plainName, sqliteName, postgresName}

// visitor opens a demo account: several sessions and a history of five weeks.
func visitor(c *contender) (*webtest.Client, error) {
	client := newClient(c.process.origin)
	if c.name == plainName {
		return client, nil
	}
	_, err := want(client, http.StatusSeeOther, http.MethodPost, "/demo")
	if err == nil {
		_, err = want(client, http.StatusOK, http.MethodGet, "/account") // takes the flash message
	}
	return client, err
}

// accounts lets the contenders take turns on each page, in a third of the time that they have on the first.
func (s settings) accounts(r *results, all []*contender, _ servers) error {
	targets := make([]target, len(besides))
	for i, name := range besides {
		c := named(all, name)
		client, err := visitor(c)
		if err != nil {
			return err
		}
		targets[i] = target{process: c.process, cookie: cookie(client)}
	}
	r.pages = make([][][]run, len(accountPages))
	for n, p := range accountPages {
		r.pages[n] = make([][]run, len(besides))
		for round := range s.rounds {
			for i := range targets {
				at := (i + round) % len(targets)
				targets[at].path = p.path
				one, err := targets[at].load(s.round / 3)
				if err != nil {
					return err
				}
				r.pages[n][at] = append(r.pages[n][at], one)
			}
		}
	}
	return nil
}

// accountCounts counts what each page asks of the servers, and the bytes that each contender answers with.
func accountCounts(r *results, all []*contender, conn redis.Conn, w wires) error {
	for _, name := range besides {
		c := named(all, name)
		client, err := visitor(c)
		if err != nil {
			return err
		}
		var counts []count
		for _, p := range accountPages {
			n, err := countOf(client, p.path, conn, w)
			if err != nil {
				return err
			}
			counts = append(counts, n)
		}
		r.pageCounts = append(r.pageCounts, counts)
	}
	return nil
}

func (r results) accounts(s settings, say func(string, ...any)) {
	say("## The pages of an account\n")
	say("Each for the visitor of a demo, with %d sessions that live and %d events on the page. The first contender executes the same",
		sessions.Count+1, len(activity.Days[0].Events)*len(activity.Days))
	say("template with what the page shows in memory, and asks nobody anything. %d connections, %d rounds of %s, in turns on each page; the", connections, s.rounds, s.round/3)
	say("machine may have had other work, which ratios of the same round share. Processor time is that of the contender's process.\n")
	say("| page | net/http alone: CPU | Gatehouse, SQLite: throughput | CPU | PostgreSQL and Redis: throughput | CPU |")
	say("| --- | --- | --- | --- | --- | --- |")
	for n, p := range accountPages {
		of := func(i int) string {
			of, alone := r.pages[n][i], r.pages[n][0]
			return over(of, alone, func(x run) float64 { return x.perSecond }) + " | " +
				over(of, alone, func(x run) float64 { return float64(x.cpu) }) + ", " + cpuOf(of)
		}
		say("| `%s` | %s | %s | %s |", p.path, cpuOf(r.pages[n][0]), of(1), of(2))
	}
	say("\nWhat keeps them from 1 is reading: of the processor time of `/account/sessions` on SQLite a profile finds 37 percent in the template, as the")
	say("first contender has it, 22 in reading the sessions, 14 in reading whose the request is, and 4 in the bag. Of `/account/activity` it finds 36")
	say("in the template, 27 in reading the events, 10 in whose the request is, and 4 in the bag.")
	say("\nStatements on SQLite are counted by `go test ./internal/handlers -run TestPagesCost`; round trips are means over %d requests on the", asked)
	say("wire, where each trip to PostgreSQL is one statement.\n")
	say("| page | statements on SQLite | round trips to PostgreSQL | to Redis | bytes | of net/http alone |")
	say("| --- | --- | --- | --- | --- | --- |")
	for n, p := range accountPages {
		c := r.pageCounts[2][n]
		say("| `%s` | %d | %s | %s | %d | %d |", p.path, p.statements, each(c.postgresTrips), each(c.redisTrips), c.page, r.pageCounts[0][n].page)
	}
	say("")
}

// cpuOf is the processor time of a page in the median round.
func cpuOf(runs []run) string {
	all := make([]time.Duration, 0, len(runs))
	for _, one := range runs {
		all = append(all, one.cpu)
	}
	slices.Sort(all)
	return fmt.Sprintf("%.2f ms", milliseconds(all[len(all)/2]))
}

package proof

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A soakReport is what docs/soak.md says.
type soakReport struct {
	mu      sync.Mutex
	lasted  time.Duration
	grounds map[string][]measured
	done    []string
}

func (r *soakReport) add(ground string, before, after, done map[string]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.grounds[ground] = compare(before, after)
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(done)) {
		if what != "requests" {
			parts = append(parts, fmt.Sprintf("%s %d", what, done[what]))
		}
	}
	r.done = append(r.done, fmt.Sprintf("%s: %d requests (%s).", ground, done["requests"], strings.Join(parts, ", ")))
}

func (r *soakReport) writeTo(t *testing.T, file string) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, `# Soak

What the last long soak found. "make soak" runs it again and writes this page; "go test ./..." runs it for seconds.

For %s, %d people on each ground signed in, browsed, filled baskets, re-authenticated, revoked devices, ended all their
sessions, started demos, signed up, forgot passwords and failed to sign in. Sessions lived for seconds, so that they ran out
and were swept all the time:

    %s

Each number was read while nobody used the portal: after a warm-up, and once what goes by itself had gone. The heap is what
is in use after a garbage collection. What may be more: connections that pools keep for some minutes, and the tables of
limits and of tokens seen, which are bounded.

`, minutes(r.lasted), peopleOfSoak, strings.Join(soaked[1:], " "))
	for _, ground := range slices.Sorted(maps.Keys(r.grounds)) {
		fmt.Fprintf(&b, "| %s | before | after | may be |\n| --- | --- | --- | --- |\n", ground)
		for _, m := range r.grounds[ground] {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", m.what, m.shown(m.before), m.shown(m.after), m.shown(m.most))
		}
		b.WriteString("\n")
	}
	slices.Sort(r.done)
	fmt.Fprintf(&b, "%s\n\nWhat stays by design, and for how long, is in [load.md](load.md).\n\n", strings.Join(r.done, "\n\n"))
	fmt.Fprintf(&b, "`go test ./proof -run '^TestSoak$' -soak %s`, %d processors, %s.\n", minutes(r.lasted), runtime.NumCPU(), runtime.Version())
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (m measured) shown(n int) string {
	if m.what == "heap" {
		return fmt.Sprintf("%.1f MB", float64(n)/mega)
	}
	return strconv.Itoa(n)
}

func minutes(d time.Duration) string {
	if d >= time.Minute {
		return strconv.Itoa(int(d.Minutes())) + "m"
	}
	return d.String()
}

package proof

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A soakReport is what docs/evidence/soak.md says of the last long run.
type soakReport struct {
	mu           sync.Mutex
	environments map[string][]measured
	done         []string
}

func (r *soakReport) add(environment string, all []measured, done map[string]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.environments[environment] = all
	requests := done["requests"]
	delete(done, "requests")
	r.done = append(r.done, fmt.Sprintf("%s: %d requests (%s).\n", environment, requests, summary(done)))
}

// text leaves out the tables that were and are empty.
func (r *soakReport) text() string {
	var b strings.Builder
	for _, environment := range slices.Sorted(maps.Keys(r.environments)) {
		fmt.Fprintf(&b, "| %s | before | after | may be |\n| --- | ---: | ---: | ---: |\n", environment)
		for _, m := range r.environments[environment] {
			if m.most > 0 {
				fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", m.what, m.shown(m.before), m.shown(m.after), m.shown(m.most))
			}
		}
		b.WriteString("\n")
	}
	slices.Sort(r.done)
	return b.String() + strings.Join(r.done, "\n")
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

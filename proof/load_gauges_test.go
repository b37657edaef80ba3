package proof

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"example.com/gatehouse/webtest"
)

// watched is the flag of a portal whose gauges are read. Its log says where they are.
const watched = "--ops-addr=127.0.0.1:0"

var opsAddr = regexp.MustCompile(`metrics and profiles are served.* addr=(\S+)`)

// ops asks the operators' listener.
func (p *portal) ops(t testing.TB, path string) string {
	t.Helper()
	var addr []string
	webtest.Until(t, "the operators' listener", func() bool {
		addr = opsAddr.FindStringSubmatch(p.Log.String())
		return addr != nil
	})
	return p.Client(t).At("http://" + addr[1]).Get(path).Want(http.StatusOK).Body
}

// gauge is a number of the metrics page that has no labels.
func (p *portal) gauge(t testing.TB, name string) int {
	t.Helper()
	for line := range strings.Lines(p.ops(t, "/metrics")) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				t.Fatal(err)
			}
			return int(n)
		}
	}
	t.Fatalf("no gauge %s", name)
	return 0
}

// heap is what is in use once the garbage is gone, pools that live through one collection included.
func (p *portal) heap(t testing.TB) int {
	t.Helper()
	p.ops(t, "/debug/pprof/heap?gc=1")
	p.ops(t, "/debug/pprof/heap?gc=1")
	return p.gauge(t, "go_memstats_heap_alloc_bytes")
}

const mega = 1 << 20

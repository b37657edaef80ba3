package proof

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// A replica takes the place of its primary, behind the address that portals know. People stay signed in, and what they
// put into their baskets is kept again: also through connections that lead to the old primary still, which answers all of
// them as before and refuses every write. Sentinel cuts them; a moved address does not.
func TestRedisFailover(t *testing.T) {
	for name, cut := range map[string]bool{"connections cut": true, "connections left": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, after := startBreakable(t), startBreakable(t)
			after.follow(before)
			portals := newProxy(t, "unix", before.socket)
			p := start(t, ground{"--database-url=sqlite:" + filepath.Join(t.TempDir(), "test.db"), "--redis-url=redis://" + portals.addr})
			c := p.client(t).signIn(p.account(t, "Ada Lovelace"), password)
			c.choose("hall")
			before.do("SET", "the latest", "write") // a replica receives one after the other
			until(t, "a replica with the basket", func() bool { return after.do("GET", "the latest") == "write" })

			after.do("REPLICAOF", "NO", "ONE")
			portals.leadTo("unix", after.socket)
			before.replicaOf(after)
			if cut {
				portals.cutAll()
			}
			until(t, "the basket", func() bool {
				return strings.Contains(c.get("/account").want(http.StatusOK).says("Ada Lovelace").text(), "Hall")
			})
			c.choose("keep")
			if !c.hasPlan() {
				t.Error("no basket after the failover")
			}
		})
	}
}

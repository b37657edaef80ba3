package proof

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

// A replica takes the place of its primary, behind the address that portals know. People stay signed in, and what they
// put into their bags is kept again: also through connections that lead to the old primary still, which answers all of
// them as before and refuses every write. Sentinel cuts them; a moved address does not.
func TestRedisFailover(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]bool{"connections cut": true, "connections left": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, after := startBreakable(t), startBreakable(t)
			after.follow(before)
			portals := newProxy(t, "unix", before.socket)
			p := start(t, environment{"--database-url=sqlite:" + filepath.Join(t.TempDir(), "test.db"), "--redis-url=redis://" + portals.addr})
			c := p.Client(t).SignIn(p.account(t, "Ada Lovelace"), webtest.Password)
			put(c, "before")
			before.do("SET", "the latest", "write") // a replica receives one after the other
			webtest.Until(t, "a replica with the bag", func() bool { return after.do("GET", "the latest") == "write" })

			after.do("REPLICAOF", "NO", "ONE")
			portals.leadTo("unix", after.socket)
			before.replicaOf(after)
			if cut {
				portals.cutAll()
			}
			webtest.Until(t, "the bag", func() bool {
				c.Get("/account").Want(http.StatusOK).Says("Ada Lovelace")
				return strings.HasSuffix(c.Get(probe.Bag).Want(http.StatusOK).Text(), inTheBag+" before")
			})
			put(c, "after")
			if value := inBag(c); value != "after" {
				t.Errorf("%q in the bag, want what was put there after the failover", value)
			}
		})
	}
}

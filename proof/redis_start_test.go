package proof

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/gatehouse/webtest"
)

// A Redis that answers and will never do what it is asked stops a start, with the reason and without the password.
func TestRedisThatRefuses(t *testing.T) {
	t.Parallel()
	const secret = "sesame-and-barley"
	file, err := probed()
	if err != nil {
		t.Fatal(err)
	}
	r, above := startBreakable(t), startBreakable(t)
	r.do("ACL", "SETUSER", "noscripts", "on", ">"+secret, "~*", "&*", "+@all", "-@scripting")
	r.do("ACL", "SETUSER", "otherkeys", "on", ">"+secret, "~other:*", "&*", "+@all")
	r.do("ACL", "SETUSER", "right", "on", ">"+secret, "~gatehouse:*", "&*", "+@all")
	replica := startBreakable(t)
	replica.replicaOf(above)
	cluster := startBreakable(t, "--cluster-enabled", "yes")
	for name, c := range map[string]struct{ url, why string }{
		"scripts":   {"redis://noscripts:" + secret + "@" + r.proxy.addr, "its user may not use what is needed"},
		"keys":      {"redis://otherkeys:" + secret + "@" + r.proxy.addr, "its user may not use what is needed"},
		"the login": {"redis://right:" + secret + "x@" + r.proxy.addr, "it refuses the login"},
		"a number":  {"redis://right:" + secret + "@" + r.proxy.addr + "/99", "it has no database of that number"},
		"to write":  {"redis://" + replica.proxy.addr, "it is a replica"},
		"alone":     {"redis://" + cluster.proxy.addr, "it is a cluster"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// The address is taken, so that a start which gets as far as that ends too.
			cmd := exec.CommandContext(t.Context(), file, "--addr="+r.proxy.addr, "--database-url=sqlite:"+filepath.Join(t.TempDir(), "test.db"), "--redis-url="+c.url)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "GATEHOUSE_REDIS_URL: Redis cannot be used: "+c.why) || strings.Contains(string(out), secret) {
				t.Errorf("got %v, want a start that says %q and no password\n%s", err, c.why, out)
			}
			cmd = exec.CommandContext(t.Context(), file, "doctor", "--addr=127.0.0.1:1", "--database-url=sqlite:"+filepath.Join(t.TempDir(), "test.db"), "--redis-url="+c.url)
			out, err = cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "problem      redis      "+c.why) || strings.Contains(string(out), secret) {
				t.Errorf("got %v, want that web doctor says %q and no password\n%s", err, c.why, out)
			}
		})
	}
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		p := start(t, environment{"--database-url=sqlite:" + filepath.Join(t.TempDir(), "test.db"), "--redis-url=redis://right:" + secret + "@" + r.proxy.addr})
		if got := p.Client(t).Get("/readyz").Want(http.StatusOK).Body; got != "ok\n" {
			t.Errorf("readyz says %q, want ok", got)
		}
	})
}

// A Redis that does not answer stops no start: people sign in, readyz says that something is missing, and all is well once it is
// there.
func TestStartWithoutRedis(t *testing.T) {
	t.Parallel()
	r := startBreakable(t)
	r.proxy.refuse(t)
	p := start(t, environment{"--database-url=sqlite:" + filepath.Join(t.TempDir(), "test.db"), "--redis-url=redis://" + r.proxy.addr})
	c := p.Client(t).SignIn(p.account(t, "Ada Lovelace"), webtest.Password)
	c.Get("/account").Want(http.StatusOK).Says("Ada Lovelace")
	if got := c.Get("/readyz").Want(http.StatusOK).Body; got != "degraded\n" {
		t.Errorf("readyz says %q, want the word alone", got)
	}
	r.proxy.admit(t)
	webtest.Until(t, "a Redis that is ready", func() bool { return c.Get("/readyz").Body == "ok\n" })
}

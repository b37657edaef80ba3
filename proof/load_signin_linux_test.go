package proof

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"example.com/gatehouse/webtest"
)

// What a password hash takes, of which each processor computes one at a time, and how many people wait for theirs at most.
const (
	hashMemory = 19 * mega
	hashQueue  = 200
)

// TestFloodOfSignIns sends sign-ins from everywhere, twice as many at once as the queue of the password hash takes. Those
// beyond it get 503 with Retry-After, memory stays within what the queue allows, and whoever is signed in notices nothing.
// This file is for Linux, which reports the peak memory of a process.
func TestFloodOfSignIns(t *testing.T) {
	const processors, workers = 2, 2 * hashQueue
	t.Setenv("GOMAXPROCS", strconv.Itoa(processors))                      // the bound does not depend on the machine
	floods := map[string]func(testing.TB) environment{"sqlite": onSQLite} // what is bounded asks no database
	if *full {
		floods = environments
	}
	for name, newEnvironment := range floods {
		t.Run(name, func(t *testing.T) {
			env := newEnvironment(t)
			p := asPeopleRunIt.start(t, env)
			flora, rita := p.account(t, "Flora"), p.account(t, "Rita")
			inside, leaving := p.Client(t).SignIn(flora, webtest.Password), p.Client(t).SignIn(flora, webtest.Password)
			before := p.peak(t)

			f := newFlood(t, workers)
			for i := range workers {
				f.pour(func() *http.Request { return guess(p.Client(t), i, flora, rita) })
			}
			rejected := &f.seen[http.StatusServiceUnavailable]
			full := func() { // the queue is, at some moment between now and the return
				seen := rejected.Load()
				webtest.Until(t, "a full queue", func() bool { return rejected.Load() > seen })
			}
			full()
			for range 5 {
				inside.Get("/account").Says("Flora").Want(http.StatusOK)
				inside.Get("/account/sessions").Want(http.StatusOK)
				full()
			}
			leaving.Post("/logout").Leads("/signed-out")
			full()
			f.stop()

			// Garbage of hashes is collected when the heap has doubled, and those that begin meanwhile come on top.
			bound, after := before+4*processors*hashMemory+workers*256<<10, p.peak(t)
			t.Logf("peak of memory: %d MB before, %d MB after; bound %d MB, without a queue about %d MB",
				before/mega, after/mega, bound/mega, (before+workers*hashMemory)/mega)
			if after > bound {
				t.Errorf("the peak of memory is %d MB, want at most %d MB", after/mega, bound/mega)
			}
			f.only(http.StatusSeeOther, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable)
			p.Client(t).SignIn(p.account(t, "Later"), webtest.Password)
			if opens(leaving) || !opens(inside) {
				t.Error("want who signed out to be out, and the other in")
			}
		})
	}
}

// guess is a sign-in from a network of its own: of eight one is right, one is wrong, and six are for addresses that have
// no account.
func guess(c *webtest.Client, i int, known, owner string) *http.Request {
	email, with := rand.Text()+"@example.org", rand.Text()+" is wrong"
	switch i % 8 {
	case 0:
		email, with = owner, webtest.Password
	case 1:
		email = known
	}
	c.IP = webtest.Network() + "::1"
	return c.Request(http.MethodPost, "/login", "email", email, "password", with)
}

// peak is the most memory that the process has ever held.
func (p *portal) peak(t testing.TB) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	kB, err := strconv.Atoi(strings.Fields(after)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kB << 10
}

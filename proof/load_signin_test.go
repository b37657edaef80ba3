package proof

import (
	"crypto/rand"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A flood is many clients that go on until they are told to stop.
type flood struct {
	t       testing.TB
	client  *http.Client
	over    chan struct{}
	workers sync.WaitGroup
	seen    [600]atomic.Int64 // answers by status
	lost    atomic.Int64      // answers that did not come
	untold  atomic.Int64      // were turned away for now and not told for how long
}

func newFlood(t testing.TB, workers int) *flood {
	transport := &http.Transport{MaxIdleConnsPerHost: workers}
	t.Cleanup(transport.CloseIdleConnections)
	return &flood{t: t, over: make(chan struct{}), client: &http.Client{
		Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// pour starts a worker that sends one request after the other.
func (f *flood) pour(next func() *http.Request) {
	f.workers.Go(func() {
		for {
			select {
			case <-f.over:
				return
			default:
				if f.send(next()) == http.StatusServiceUnavailable {
					time.Sleep(time.Second / 2) // less patient than asked for, and still no load test of the client
				}
			}
		}
	})
}

// send counts the answer.
func (f *flood) send(r *http.Request) (status int) {
	response, err := f.client.Do(r)
	if err != nil {
		f.lost.Add(1)
		f.t.Log(err)
		return 0
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	status = response.StatusCode
	f.seen[status].Add(1)
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable { // for now
		if wait, err := strconv.Atoi(response.Header.Get("Retry-After")); err != nil || wait < 1 {
			f.untold.Add(1)
		}
	}
	return status
}

func (f *flood) stop() {
	close(f.over)
	f.workers.Wait()
}

// only reports answers of other kinds than these, and those that turn people away without saying for how long.
func (f *flood) only(statuses ...int) {
	f.t.Helper()
	if n := f.untold.Load(); n > 0 {
		f.t.Errorf("%d were turned away without Retry-After", n)
	}
	expected, all := map[int]bool{}, int64(0)
	for _, status := range statuses {
		expected[status] = true
	}
	for status := range f.seen {
		if n := f.seen[status].Load(); n > 0 {
			f.t.Logf("%d: %d answers", status, n)
			all += n
			if !expected[status] {
				f.t.Errorf("%d answers with status %d", n, status)
			}
		}
	}
	// On a machine that is slow itself a client may take longer over its headers than the server waits.
	if n := f.lost.Load(); n > 1+all/100 {
		f.t.Errorf("%d of %d answers did not come", n, all+n)
	}
}

// What a password hash takes, of which each processor computes one at a time, and how many people wait for theirs at most.
const (
	hashMemory = 19 * mega
	hashQueue  = 200
)

// TestFloodOfSignIns sends sign-ins from everywhere, twice as many at once as the queue of the password hash takes. Those
// beyond it are told to come back, memory stays within what the queue allows, and whoever is signed in notices nothing.
func TestFloodOfSignIns(t *testing.T) {
	const processors, workers = 2, 2 * hashQueue
	t.Setenv("GOMAXPROCS", strconv.Itoa(processors)) // the bound does not depend on the machine
	for name, ground := range grounds {
		t.Run(name, func(t *testing.T) {
			g := ground(t)
			p := start(t, g)
			flora, rita := g.account(t, "Flora"), g.account(t, "Rita")
			inside, leaving := p.client(t).signIn(flora, password), p.client(t).signIn(flora, password)
			before := p.peak(t)

			f := newFlood(t, workers)
			for i := range workers {
				f.pour(func() *http.Request { return guess(p.client(t), i, flora, rita) })
			}
			turnedAway := &f.seen[http.StatusServiceUnavailable]
			full := func() { // the queue is, at some moment between now and the return
				seen := turnedAway.Load()
				until(t, "a full queue", func() bool { return turnedAway.Load() > seen })
			}
			full()
			for range 5 {
				inside.get("/account").says("Flora").want(http.StatusOK)
				inside.get("/account/sessions").want(http.StatusOK)
				full()
			}
			leaving.post("/logout").location("/signed-out")
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
			p.client(t).signIn(g.account(t, "Later"), password)
			if leaving.alive() || !inside.alive() {
				t.Error("want who signed out to be out, and the other in")
			}
		})
	}
}

// guess is a sign-in from a network of its own: of eight one is right, one is wrong, and six are for addresses that have
// no account.
func guess(c *client, i int, known, owner string) *http.Request {
	email, with := rand.Text()+"@example.org", rand.Text()+" is wrong"
	switch i % 8 {
	case 0:
		email, with = owner, password
	case 1:
		email = known
	}
	c.ip = randomNetwork() + "::1"
	return c.request(c.t.Context(), http.MethodPost, "/login", "email", email, "password", with)
}

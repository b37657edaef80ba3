package proof

import (
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// A flood is many clients that send requests until they are stopped.
type flood struct {
	t            testing.TB
	transport    *http.Transport
	over         chan struct{}
	end          sync.Once
	workers      sync.WaitGroup
	seen         [600]atomic.Int64 // answers by status
	lost         atomic.Int64      // answers that did not come
	noRetryAfter atomic.Int64      // answers 429 or 503 without Retry-After
}

func newFlood(t testing.TB, workers int) *flood {
	f := &flood{t: t, over: make(chan struct{}), transport: webtest.NewTransport()}
	f.transport.MaxIdleConnsPerHost = workers
	t.Cleanup(f.transport.CloseIdleConnections)
	t.Cleanup(f.stop) // a test that fails meanwhile leaves no worker behind
	return f
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
	response, err := f.transport.RoundTrip(r)
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
			f.noRetryAfter.Add(1)
		}
	}
	return status
}

func (f *flood) stop() {
	f.end.Do(func() { close(f.over) })
	f.workers.Wait()
}

// only reports answers with other statuses than these, and rejections without Retry-After.
func (f *flood) only(statuses ...int) {
	f.t.Helper()
	if n := f.noRetryAfter.Load(); n > 0 {
		f.t.Errorf("%d were rejected without Retry-After", n)
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

package sessioncheck_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/gatehouse/internal/sessioncheck"
	"example.com/gatehouse/internal/twin"
)

// What is seen once is no finding, and neither is what is seen while the controls fail.
func TestControls(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(h http.Header, n int64) bool{
		"a header that is missing once":      func(h http.Header, n int64) bool { h.Del("Cache-Control"); return false },
		"errors that come and go for a time": func(_ http.Header, n int64) bool { return n%2 == 0 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newTwin()
			var private atomic.Int64
			sometimes := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n := int64(0)
				if r.URL.Path == "/account" && r.Method == http.MethodGet && r.Header.Get("Cookie") != "" {
					n = private.Add(1)
				}
				if n > 30 && n%5 != 0 && fails(http.Header{}, n) {
					w.WriteHeader(http.StatusBadGateway)
					return
				}
				h.ServeHTTP(&without{w, n > 30 && n%5 == 0, fails}, r)
			})
			r := scanned(t, sometimes, func(o *sessioncheck.Options) { o.MaxWait = 0 })
			if got := ids(r, sessioncheck.Finding); len(got) > 0 {
				show(t, r)
				t.Errorf("got findings %v, want none", got)
			}
		})
	}
}

// without takes a header out of an answer.
type without struct {
	http.ResponseWriter
	now   bool
	fails func(http.Header, int64) bool
}

func (w *without) WriteHeader(status int) {
	if w.now {
		w.fails(w.Header(), 0)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Without being allowed to, the scanner sends nothing that changes data, although its profile says how.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	h := newTwin(twin.OthersStay, twin.PasswordLeavesOthers, twin.OrderPaidTwice)
	changing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.URL.Path != "/login" && r.URL.Path != "/logout" && r.URL.Path != "/session/extend" && r.URL.Path != "/reauth" {
			t.Errorf("%s %s was sent", r.Method, r.URL.Path)
		}
		h.ServeHTTP(w, r)
	})
	r := scanned(t, changing, func(o *sessioncheck.Options) { o.Allow = nil })
	for _, id := range []string{"signout-everywhere", "password-change-others", "one-use"} {
		if c, _ := r.Of(id); c.Verdict != sessioncheck.Skipped || !strings.Contains(c.Why, "--allow") {
			t.Errorf("%s: got %s, %s", id, c.Verdict, c.Why)
		}
	}
}

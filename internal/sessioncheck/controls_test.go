package sessioncheck_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/gatehouse/internal/sessioncheck"
	"example.com/gatehouse/internal/twin"
)

// What is seen now and then is no finding: a header is missing from every fourth private page, whichever is the first.
func TestSeenOnce(t *testing.T) {
	t.Parallel()
	for offset := range int64(4) {
		h := newTwin()
		var pages atomic.Int64
		sometimes := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/account" && r.Method == http.MethodGet && r.Header.Get("Cookie") != "" && pages.Add(1)%4 == offset {
				w = &cacheable{w}
			}
			h.ServeHTTP(w, r)
		})
		r := scanned(t, sometimes, func(o *sessioncheck.Options) { o.MaxWait = 0 })
		if got := ids(r, sessioncheck.Finding); len(got) > 0 {
			show(t, r)
			t.Errorf("got findings %v, want none", got)
		}
	}
}

// cacheable takes a header out of an answer.
type cacheable struct{ http.ResponseWriter }

func (w *cacheable) WriteHeader(status int) {
	w.Header().Del("Cache-Control")
	w.ResponseWriter.WriteHeader(status)
}

// While the private page opens for everybody, as when a cache in between has gone wrong, it proves nothing.
func TestControls(t *testing.T) {
	t.Parallel()
	h := newTwin()
	var requests atomic.Int64
	leaking := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) > 40 && r.URL.Path == "/account" {
			_, _ = io.WriteString(w, "<title>Account of "+user+"</title>")
			return
		}
		h.ServeHTTP(w, r)
	})
	r := scanned(t, leaking, nil)
	for _, id := range []string{"signout-server", "fixation", "rotation-old-token", "resurrection", "id-in-url"} {
		if c, _ := r.Of(id); c.Verdict != sessioncheck.Inconclusive || !strings.Contains(c.Why, "proves nothing") {
			t.Errorf("%s: got %s, %s", id, c.Verdict, c.Why)
		}
	}
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

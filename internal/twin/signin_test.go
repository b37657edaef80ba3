package twin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"
)

// Whoever posts addresses without end fills no memory. Those that have an account are counted all the same, and an address without
// one is answered as they are.
func TestFailuresAreBounded(t *testing.T) {
	t.Parallel()
	p := New(Options{Store: memstore.NewWithCleanupInterval(0), Idle: time.Hour, Lifetime: time.Hour, Password: "right", Accounts: []string{"vera@x.example"}})
	h := p.Handler()
	fails := func(email string) int {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(url.Values{"email": {email}, "password": {"wrong"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		h.ServeHTTP(w, r)
		return w.Code
	}
	for range mostFailures {
		fails("nobody@x.example")
	}
	if got := fails("nobody@x.example"); got != http.StatusTooManyRequests {
		t.Errorf("an address without an account is answered %d after %d failures, want 429", got, mostFailures)
	}
	for n := range 3 * mostCounted {
		fails(fmt.Sprint(n))
		fails(strings.Repeat("x", longestEmail) + fmt.Sprint(n))
	}
	if got := len(p.failures); got != mostCounted {
		t.Errorf("%d addresses are kept, want %d", got, mostCounted)
	}
	for email := range p.failures {
		if len(email) > longestEmail {
			t.Errorf("an address of %d bytes is kept", len(email))
		}
	}
	for range mostFailures {
		fails("vera@x.example")
	}
	if got := fails("vera@x.example"); got != http.StatusTooManyRequests {
		t.Errorf("an account is answered %d after %d failures, want 429", got, mostFailures)
	}
}

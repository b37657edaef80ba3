package bag

import (
	"bytes"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

// Outside a request the store is one like any other, also for who calls it without a context: a bag becomes what it is
// committed as, and an error is an error.
func TestStoreWithoutARequest(t *testing.T) {
	bags := &silentBags{memoryBags: memoryBags{}}
	var store scs.Store = newManager(t, bags).bags
	want := func(want string) {
		t.Helper()
		plain, found, err := store.Find("key")
		if got, _ := decode(plain)["x"].(string); err != nil || got != want || found != (want != "") {
			t.Errorf("got %q, %t, %v, want %q", got, found, err, want)
		}
	}
	want("")
	for _, value := range []string{"first", "second"} {
		plain, err := codec{}.Encode(time.Now(), map[string]any{"x": value, value: "beside"})
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Commit("key", plain, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		want(value)
		if plain, _, _ := store.Find("key"); len(decode(plain)) != 2 {
			t.Errorf("got %v, want nothing of the bag before", decode(plain))
		}
	}
	bags.broken = true
	if _, found, err := store.Find("key"); found || err == nil {
		t.Errorf("silent: got %t, %v, want an error", found, err)
	}
	if err := store.Commit("key", nil, time.Now()); err == nil {
		t.Error("written over a bag that could not be read")
	}
	bags.broken = false
	want("second")
	if err := store.Delete("key"); err != nil {
		t.Error(err)
	}
	want("")
}

func TestDifference(t *testing.T) {
	before := map[string]any{"kept": "1", "changed": "1", "removed": "1", "saved again": "1"}
	after := map[string]any{"kept": "1", "changed": "2", "added": "1", "saved again": "1"}
	want := changes{"changed": "2", "added": "1", "removed": nil, "saved again": "1"}
	if got := difference(before, after, map[string]bool{"saved again": true, "never there": true}); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	theirs := map[string]any{"changed": "3", "removed": "3", "new": "3"}
	want.applyTo(theirs)
	if want := map[string]any{"changed": "2", "added": "1", "saved again": "1", "new": "3"}; !maps.Equal(theirs, want) {
		t.Errorf("applied: got %v, want %v", theirs, want)
	}
}

// What is saved is there afterwards, although it was there before and another request takes it out at that moment.
func TestSavedAgain(t *testing.T) {
	m := newManager(t, memoryBags{})
	live := Session{State: session.Live, Token: strings.Repeat("A", 43), Expires: time.Now().Add(time.Hour)}
	serve(m, live, puts(m, "plan", "hall"))
	during(m, live, puts(m, "plan", "hall"), func() {
		serve(m, live, func(_ http.ResponseWriter, r *http.Request) { m.Pop(r.Context(), "plan") })
	})
	wantBag(t, m, live, "plan=hall")
}

// A visitor whose message cannot be taken out of the bag has that bag still, and so keeps the cookie.
func TestCookieOfABagThatCannotBeWritten(t *testing.T) {
	bags := memoryBags{}
	m := newManager(t, bags)
	visitor := Session{Token: sessionCookie(serve(m, Session{}, puts(m, "flash", "hello"))).Value}
	m.bags.bags = full{bags}
	w := serve(m, visitor, func(_ http.ResponseWriter, r *http.Request) { m.Pop(r.Context(), "flash") })
	if c := sessionCookie(w); c != nil {
		t.Errorf("got cookie %v, want none", c)
	}
	wantBag(t, m, visitor, "flash=hello")
}

// Operators look for the word that the OWASP logging vocabulary has for it.
func TestBagThatDoesNotOpenIsLogged(t *testing.T) {
	var log bytes.Buffer
	token := strings.Repeat("A", 43)
	m := New(memoryBags{auth.HashToken(token): []byte("damaged")}, testSealer(t), true, false, slog.New(slog.NewTextHandler(&log, nil)))
	serve(m, Session{State: session.Live, Token: token, Expires: time.Now().Add(time.Hour), Handle: "HANDLE"}, func(http.ResponseWriter, *http.Request) {})
	if !strings.Contains(log.String(), "level=WARN msg=crypt_decrypt_fail session=HANDLE") {
		t.Errorf("got %q, want a warning with the word crypt_decrypt_fail", log.String())
	}
}

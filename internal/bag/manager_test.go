package bag

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

func newManager(t *testing.T, bags Bags) *Manager {
	t.Helper()
	m := New(bags, testSealer(t), true, false, silent)
	return m
}

// serve answers one request of that session with do, and returns what was sent.
func serve(m *Manager, s Session, do http.HandlerFunc) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	if s.Token != "" {
		r.AddCookie(&http.Cookie{Name: "__Host-id", Value: s.Token})
	}
	m.Serve(w, r, s, do, func(w http.ResponseWriter, r *http.Request, _ error) {
		http.Error(w, fmt.Sprint("unavailable with ", m.Keys(r.Context())), http.StatusServiceUnavailable)
	})
	return w
}

func sessionCookie(w *httptest.ResponseRecorder) *http.Cookie {
	for _, c := range w.Result().Cookies() {
		if c.Name == "__Host-id" {
			return c
		}
	}
	return nil
}

// A visitor gets a bag, and a cookie, only when there is something to put into it.
func TestVisitorsBag(t *testing.T) {
	bags := memoryBags{}
	m := newManager(t, bags)
	if w := serve(m, Session{}, func(w http.ResponseWriter, r *http.Request) { m.Get(r.Context(), "x") }); len(bags) != 0 || sessionCookie(w) != nil {
		t.Fatal("a bag or a cookie for nothing")
	}
	first := sessionCookie(serve(m, Session{}, func(_ http.ResponseWriter, r *http.Request) { m.Put(r.Context(), "x", "1") }))
	if first == nil || len(bags) != 1 {
		t.Fatal("no bag or no cookie")
	}
	again := serve(m, Session{Token: first.Value}, func(_ http.ResponseWriter, r *http.Request) {
		if got := m.Get(r.Context(), "x"); got != "1" {
			t.Errorf("got %q, want 1", got)
		}
		m.Put(r.Context(), "x", "2")
	})
	if sessionCookie(again) != nil {
		t.Error("the cookie was sent again")
	}
	emptied := serve(m, Session{Token: first.Value}, func(_ http.ResponseWriter, r *http.Request) { m.Pop(r.Context(), "x") })
	if c := sessionCookie(emptied); c == nil || c.MaxAge >= 0 || len(bags) != 0 {
		t.Errorf("emptied: cookie %v, %d bags, want both gone", c, len(bags))
	}
}

// A token that a browser made up is never adopted: what is kept for it is kept under one of ours.
func TestInventedTokenIsNotAdopted(t *testing.T) {
	bags := memoryBags{}
	m := newManager(t, bags)
	invented := strings.Repeat("A", 43)
	c := sessionCookie(serve(m, Session{Token: invented}, func(_ http.ResponseWriter, r *http.Request) { m.Put(r.Context(), "x", "1") }))
	if c == nil || c.Value == invented || bags[auth.HashToken(invented)] != nil {
		t.Errorf("cookie %v, bag under the invented token: %v", c, bags[auth.HashToken(invented)] != nil)
	}
}

// A rotation that fails leaves cookie and bag as they were; one that succeeds moves both.
func TestRotate(t *testing.T) {
	bags := memoryBags{}
	m := newManager(t, bags)
	token := sessionCookie(serve(m, Session{}, func(_ http.ResponseWriter, r *http.Request) { m.Put(r.Context(), "x", "1") })).Value
	refused := errors.New("refused")
	w := serve(m, Session{Token: token}, func(_ http.ResponseWriter, r *http.Request) {
		if err := m.Rotate(r.Context(), false, func(string) (Session, error) { return Session{}, refused }); !errors.Is(err, refused) {
			t.Errorf("got %v, want the error of the change", err)
		}
	})
	if sessionCookie(w) != nil || len(bags) != 1 || bags[auth.HashToken(token)] == nil {
		t.Fatal("a refused rotation changed cookie or bag")
	}
	live := Session{State: session.Live, Token: token, Expires: time.Now().Add(48 * time.Hour)} // longer than the bag was to last
	serve(m, live, func(_ http.ResponseWriter, r *http.Request) {
		_ = m.Rotate(r.Context(), false, func(string) (Session, error) { return Session{}, refused })
	})
	if len(bags) != 1 || bags[auth.HashToken(token)] == nil {
		t.Fatal("a refused rotation of a session that lasts longer than its bag took the bag along")
	}
	var hash string
	w = serve(m, Session{Token: token}, func(_ http.ResponseWriter, r *http.Request) {
		_ = m.Rotate(r.Context(), false, func(h string) (Session, error) {
			hash = h
			return Session{Expires: time.Now().Add(time.Hour)}, nil
		})
	})
	c := sessionCookie(w)
	if c == nil || auth.HashToken(c.Value) != hash || c.Value == token || len(bags) != 1 || bags[hash] == nil {
		t.Fatalf("rotated: cookie %v, %d bags", c, len(bags))
	}
	if !c.Expires.IsZero() {
		t.Error("the cookie outlives the browser")
	}
	serve(m, Session{State: session.Live, Token: c.Value, Expires: time.Now().Add(time.Hour)}, func(_ http.ResponseWriter, r *http.Request) {
		if m.Get(r.Context(), "x") != "1" {
			t.Error("the bag did not come along")
		}
	})
}

// The cookie goes out before the first byte, however the handler begins its answer.
func TestSettledBeforeTheFirstByte(t *testing.T) {
	for name, begin := range map[string]func(http.ResponseWriter){
		"write":   func(w http.ResponseWriter) { _, _ = w.Write([]byte("x")) },
		"header":  func(w http.ResponseWriter) { w.WriteHeader(http.StatusTeapot) },
		"flush":   func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() },
		"nothing": func(http.ResponseWriter) {},
	} {
		m := newManager(t, memoryBags{})
		w := serve(m, Session{}, func(w http.ResponseWriter, r *http.Request) {
			m.Put(r.Context(), "x", "1")
			begin(w)
		})
		if sessionCookie(w) == nil {
			t.Errorf("%s: no cookie", name)
		}
		if got := w.Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
	}
}

// An interim answer is not the answer: what is put into the bag after it still counts.
func TestInterimAnswer(t *testing.T) {
	m := newManager(t, memoryBags{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.Serve(w, r, Session{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			m.Put(r.Context(), "x", "1")
			w.WriteHeader(http.StatusOK)
		}), nil)
	}))
	defer srv.Close()
	res, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if len(res.Cookies()) != 1 {
		t.Errorf("got cookies %v, want the one of the bag", res.Cookies())
	}
}

// What must not be lost and cannot be stored replaces the handler's answer altogether.
func TestSaveFails(t *testing.T) {
	m := newManager(t, full{memoryBags{}})
	w := serve(m, Session{}, func(w http.ResponseWriter, r *http.Request) {
		if err := m.Save(r.Context(), "x", "1"); err != nil {
			t.Errorf("got %v before anything was written", err)
		}
		w.Header().Set("Location", "/success")
		w.WriteHeader(http.StatusSeeOther)
		_, _ = w.Write([]byte("SECRET PAGE"))
	})
	if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "SECRET") || w.Header().Get("Location") != "" || sessionCookie(w) != nil {
		t.Errorf("got %d %q %v", w.Code, w.Body, w.Header())
	}
	if !strings.Contains(w.Body.String(), "unavailable with []") {
		t.Errorf("got %q: what was not kept is shown", w.Body)
	}
	w = serve(m, Session{}, func(w http.ResponseWriter, r *http.Request) { m.Put(r.Context(), "x", "1"); w.WriteHeader(200) })
	if w.Code != http.StatusOK {
		t.Errorf("losing what is nice to have: got %d, want 200", w.Code)
	}
}

// full is a bag store that cannot take any more.
type full struct{ memoryBags }

func (full) Swap(context.Context, string, []byte, []byte, time.Time) (bool, error) {
	return false, errors.New("out of memory")
}

// A bag that could not be read is not written over by one that could have been: it may hold more than this request knows.
func TestUnreadBagIsNotOverwritten(t *testing.T) {
	bags := &silentBags{memoryBags: memoryBags{}}
	m := newManager(t, bags)
	live := Session{State: session.Live, Token: strings.Repeat("A", 43), Expires: time.Now().Add(time.Hour)}
	serve(m, live, func(_ http.ResponseWriter, r *http.Request) { m.Put(r.Context(), "basket", "full") })
	bags.broken = true
	serve(m, live, func(_ http.ResponseWriter, r *http.Request) {
		m.Put(r.Context(), "flash", "hello")
		if err := m.Save(r.Context(), "basket", "other"); !errors.Is(err, ErrUnavailable) {
			t.Errorf("Save: got %v, want ErrUnavailable", err)
		}
	})
	bags.broken = false
	serve(m, live, func(_ http.ResponseWriter, r *http.Request) {
		if got := m.Get(r.Context(), "basket"); got != "full" {
			t.Errorf("basket: got %q, want full", got)
		}
	})
}

// silentBags is a bag store that can be written and, while it is broken, not be read.
type silentBags struct {
	memoryBags
	broken bool
}

func (u *silentBags) Find(ctx context.Context, key string) ([]byte, error) {
	if u.broken {
		return nil, errors.New("timeout")
	}
	return u.memoryBags.Find(ctx, key)
}

// A client that hangs up does not tear the settling apart.
func TestSettledWithoutTheClient(t *testing.T) {
	bags := strict{memoryBags{}}
	m := newManager(t, bags)
	ctx, cancel := context.WithCancel(t.Context())
	w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	m.Serve(w, r, Session{}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		m.Put(r.Context(), "x", "1")
		cancel()
	}), nil)
	if len(bags.memoryBags) != 1 || sessionCookie(w) == nil {
		t.Error("no bag or no cookie")
	}
}

// strict refuses to work for a request that is over.
type strict struct{ memoryBags }

func (s strict) Swap(ctx context.Context, key string, old, sealed []byte, expires time.Time) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	return s.memoryBags.Swap(ctx, key, old, sealed, expires)
}

// The end takes bag and cookie, whatever the request did before, and leaves the handle of the session.
func TestEnd(t *testing.T) {
	bags := memoryBags{}
	m := newManager(t, bags)
	live := Session{State: session.Live, Token: strings.Repeat("A", 43), Expires: time.Now().Add(time.Hour), Handle: "PUBLIC"}
	serve(m, live, func(_ http.ResponseWriter, r *http.Request) { m.Put(r.Context(), "x", "1") })
	if len(bags) != 1 {
		t.Fatal("no bag under the token of the session")
	}
	w := serve(m, live, func(_ http.ResponseWriter, r *http.Request) {
		m.Put(r.Context(), "y", "2")
		m.End(r.Context())
	})
	if c := sessionCookie(w); c == nil || c.MaxAge >= 0 || len(bags) != 0 {
		t.Errorf("cookie %v, %d bags, want both gone", c, len(bags))
	}
	if !strings.Contains(strings.Join(w.Header().Values("Set-Cookie"), "\n"), "__Host-ended=PUBLIC") {
		t.Error("no handle of the session that ended")
	}
	serve(m, live, func(_ http.ResponseWriter, r *http.Request) { m.Put(r.Context(), "x", "1") })
	dead := live
	dead.State = session.Ended
	serve(m, dead, func(_ http.ResponseWriter, r *http.Request) {
		if m.Get(r.Context(), "x") != "" {
			t.Error("the bag of a dead session was served")
		}
	})
	if len(bags) != 0 {
		t.Error("the bag of a dead session stays")
	}
}

func TestPlainCookies(t *testing.T) {
	m := New(memoryBags{}, testSealer(t), false, false, silent)
	w := serve(m, Session{}, func(_ http.ResponseWriter, r *http.Request) { m.Put(r.Context(), "x", "1") })
	if line := w.Header().Get("Set-Cookie"); !strings.HasPrefix(line, "id=") || strings.Contains(line, "Secure") || !strings.Contains(line, "HttpOnly") {
		t.Errorf("got %q", line)
	}
}

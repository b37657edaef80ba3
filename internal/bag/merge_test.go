package bag

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

// during serves a request, and another one of the same browser while it is under way.
func during(m *Manager, s Session, do http.HandlerFunc, meanwhile func()) {
	serve(m, s, func(w http.ResponseWriter, r *http.Request) {
		do(w, r)
		meanwhile()
	})
}

func puts(m *Manager, key, value string) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) { _ = m.Save(r.Context(), key, value) }
}

func (m *Manager) bagOf(s Session) (values []string) {
	serve(m, s, func(_ http.ResponseWriter, r *http.Request) {
		for _, key := range []string{"flash", "order", "plan"} {
			if v := m.Get(r.Context(), key); v != "" {
				values = append(values, key+"="+v)
			}
		}
	})
	return values
}

func wantBag(t *testing.T, m *Manager, s Session, want string) {
	t.Helper()
	if got := strings.Join(m.bagOf(s), " "); got != want {
		t.Errorf("bag: got %q, want %q", got, want)
	}
}

// Each of two requests at once changes what it changed, and nothing else.
func TestChangesMerge(t *testing.T) {
	m := newManager(t, memoryBags{})
	live := Session{State: session.Live, Token: strings.Repeat("A", 43), Expires: time.Now().Add(time.Hour)}
	during(m, live, puts(m, "plan", "hall"), func() { serve(m, live, puts(m, "order", "1")) })
	wantBag(t, m, live, "order=1 plan=hall")

	pop := func(key string) http.HandlerFunc {
		return func(_ http.ResponseWriter, r *http.Request) { m.Pop(r.Context(), key) }
	}
	during(m, live, pop("order"), func() { serve(m, live, puts(m, "plan", "keep")) })
	wantBag(t, m, live, "plan=keep")
	during(m, live, pop("plan"), func() { serve(m, live, puts(m, "flash", "hello")) })
	wantBag(t, m, live, "flash=hello")
	during(m, live, puts(m, "plan", "hall"), func() { serve(m, live, pop("flash")) })
	wantBag(t, m, live, "plan=hall")
}

// A visitor's last value goes while another request puts one in: bag and cookie stay.
func TestEmptiedWhileFilled(t *testing.T) {
	m := newManager(t, memoryBags{})
	visitor := Session{Token: sessionCookie(serve(m, Session{}, puts(m, "flash", "hello"))).Value}
	w := serve(m, visitor, func(_ http.ResponseWriter, r *http.Request) {
		m.Pop(r.Context(), "flash")
		serve(m, visitor, puts(m, "plan", "hall"))
	})
	if c := sessionCookie(w); c != nil {
		t.Errorf("got cookie %v, want none", c)
	}
	wantBag(t, m, visitor, "plan=hall")
}

// What a request keeps is found under the token that another one rotated to in the meantime, whichever of them settles
// first, and whether or not there was a bag before.
func TestKeptAcrossRotation(t *testing.T) {
	for _, filled := range []bool{true, false} {
		for _, rotationLast := range []bool{true, false} {
			bags := memoryBags{}
			m := newManager(t, bags)
			now := auth.HashToken(strings.Repeat("A", 43))
			before := Session{State: session.Live, Token: strings.Repeat("A", 43), Expires: time.Now().Add(time.Hour),
				Now: func(context.Context) (string, error) { return now, nil }}
			after := before
			if filled {
				serve(m, before, puts(m, "order", "1"))
			}
			rotate := func(inside func()) {
				w := serve(m, before, func(_ http.ResponseWriter, r *http.Request) {
					_ = m.Rotate(r.Context(), false, func(hash string) (Session, error) {
						now = hash
						return Session{Expires: time.Now().Add(time.Hour)}, nil
					})
					inside()
				})
				after.Token = sessionCookie(w).Value
			}
			keep := puts(m, "plan", "hall")
			if rotationLast {
				rotate(func() { serve(m, before, keep) })
			} else {
				during(m, before, keep, func() { rotate(func() {}) })
			}
			want := "plan=hall"
			if filled {
				want = "order=1 plan=hall"
			}
			wantBag(t, m, after, want)
			if len(bags) != 1 {
				t.Errorf("filled %t, rotation last %t: %d bags, want the one", filled, rotationLast, len(bags))
			}
		}
	}
}

// rotates signs somebody in, or confirms them, under a token of their own.
func rotates(t *testing.T, m *Manager, s Session, empty bool, around func(ctx context.Context, rotate func())) Session {
	t.Helper()
	expires := time.Now().Add(time.Hour)
	w := serve(m, s, func(_ http.ResponseWriter, r *http.Request) {
		around(r.Context(), func() {
			_ = m.Rotate(r.Context(), empty, func(string) (Session, error) { return Session{Expires: expires}, nil })
		})
	})
	c := sessionCookie(w)
	if c == nil {
		t.Fatal("no cookie")
	}
	return Session{State: session.Live, Token: c.Value, Expires: expires}
}

// A rotation takes along what is the person's, with what the request changed; another person, and whoever comes with a
// token that is over, begins with nothing.
func TestWhatARotationTakesAlong(t *testing.T) {
	around := func(m *Manager) func(context.Context, func()) {
		return func(ctx context.Context, rotate func()) {
			m.Put(ctx, "order", "1")
			rotate()
			m.Put(ctx, "flash", "hello")
		}
	}
	for name, c := range map[string]struct {
		state session.State
		empty bool
		want  string
	}{
		"visitor":                {session.Unknown, false, "flash=hello order=1 plan=hall"},
		"signed in":              {session.Live, false, "flash=hello order=1 plan=hall"},
		"somebody else":          {session.Live, true, "flash=hello"},
		"ended":                  {session.Ended, false, "flash=hello order=1"},
		"with a replaced cookie": {session.Replaced, false, "flash=hello order=1"},
		"with a lost answer":     {session.Unclaimed, false, "flash=hello order=1"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newManager(t, memoryBags{})
			s := Session{Token: sessionCookie(serve(m, Session{}, puts(m, "plan", "hall"))).Value, Expires: time.Now().Add(time.Hour)}
			s.State = c.state
			wantBag(t, m, rotates(t, m, s, c.empty, around(m)), c.want)
		})
	}
}

// A request that fails after it has rotated keeps its cookie, and its bag as it was before.
func TestFailsAfterRotation(t *testing.T) {
	m := newManager(t, memoryBags{})
	visitor := Session{Token: sessionCookie(serve(m, Session{}, puts(m, "plan", "hall"))).Value}
	after := rotates(t, m, visitor, false, func(ctx context.Context, rotate func()) {
		rotate()
		m.Put(ctx, "flash", "all is well")
		m.Abandon(ctx)
	})
	wantBag(t, m, after, "plan=hall")
}

// Nothing is not stored, and is no failure.
func TestNothingToStore(t *testing.T) {
	bags := memoryBags{}
	m := newManager(t, bags)
	live := Session{State: session.Live, Token: strings.Repeat("A", 43), Expires: time.Now().Add(time.Hour)}
	changesItsMind := func(ctx context.Context) {
		_ = m.Save(ctx, "plan", "hall")
		m.Pop(ctx, "plan")
	}
	for _, rotated := range []bool{false, true} {
		w := serve(m, live, func(_ http.ResponseWriter, r *http.Request) {
			if rotated {
				_ = m.Rotate(r.Context(), false, func(string) (Session, error) { return Session{Expires: live.Expires}, nil })
			}
			changesItsMind(r.Context())
		})
		if w.Code != http.StatusOK || len(bags) != 0 {
			t.Errorf("rotated %t: got %d and %d bags", rotated, w.Code, len(bags))
		}
	}
}

// The row has moved to another token: the cookie follows, although what had to be kept with it cannot be.
func TestSaveFailsAfterRotation(t *testing.T) {
	m := newManager(t, full{memoryBags{}})
	w := serve(m, Session{}, func(w http.ResponseWriter, r *http.Request) {
		_ = m.Rotate(r.Context(), false, func(string) (Session, error) { return Session{Expires: time.Now().Add(time.Hour)}, nil })
		_ = m.Save(r.Context(), "plan", "hall")
		http.SetCookie(w, &http.Cookie{Name: "other", Value: "1"})
		w.WriteHeader(http.StatusSeeOther)
	})
	if c := sessionCookie(w); w.Code != http.StatusServiceUnavailable || c == nil || len(w.Result().Cookies()) != 1 {
		t.Errorf("got %d with cookies %v, want 503 and the one of the session", w.Code, w.Result().Cookies())
	}
}

// What is written under the next token, before the bag from under the last one gets there, is later than what that brings.
func TestWrittenUnderTheNextToken(t *testing.T) {
	m := newManager(t, memoryBags{})
	live := Session{State: session.Live, Token: strings.Repeat("A", 43), Expires: time.Now().Add(time.Hour)}
	serve(m, live, puts(m, "plan", "hall"))
	serve(m, live, puts(m, "order", "1"))
	after := rotates(t, m, live, false, func(ctx context.Context, rotate func()) {
		rotate()
		serve(m, Session{State: session.Live, Token: m.scs.Token(ctx), Expires: live.Expires}, puts(m, "plan", "loft"))
	})
	wantBag(t, m, after, "order=1 plan=loft")
}

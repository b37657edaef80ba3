package ratelimit

import (
	"math"
	mathrand "math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
)

func TestBurstAndRefill(t *testing.T) {
	contract(t, func(t *testing.T, l Limiter, key string) {
		r := Rule{Burst: 3, Every: time.Minute}
		if got := takeAll(t, l, key, r); got != 3 {
			t.Errorf("takes from a full budget: got %d, want 3", got)
		}
		for _, tt := range []struct {
			pause time.Duration
			want  int
		}{
			{time.Minute - time.Microsecond, 0},
			{time.Microsecond, 1},
			{2 * time.Minute, 2},
			{time.Hour, 3},
		} {
			time.Sleep(tt.pause)
			if got := takeAll(t, l, key, r); got != tt.want {
				t.Errorf("takes after another %v: got %d, want %d", tt.pause, got, tt.want)
			}
		}
	})
}

func TestWaitIsHonest(t *testing.T) {
	contract(t, func(t *testing.T, l Limiter, key string) {
		for _, r := range []Rule{
			{Burst: 1, Every: time.Minute},
			{Burst: 3, Every: time.Hour / 7},
			{Burst: 5, Every: 12*time.Minute + time.Nanosecond},
			{Burst: 2, Every: math.MaxInt64},
		} {
			time.Sleep(1234567 * time.Nanosecond) // off the whole microsecond
			if got := takeAll(t, l, key, r); got != r.Burst {
				t.Errorf("%+v: got %d takes from a full budget, want %d", r, got, r.Burst)
			}
			for range 3 {
				wait := l.Take(t.Context(), key, r)
				if wait <= 0 || wait-time.Microsecond > r.Every {
					t.Fatalf("%+v: got wait %v from an empty budget, want more than 0 and at most Every", r, wait)
				}
				time.Sleep(wait - 2*time.Microsecond)
				if l.Take(t.Context(), key, r) == 0 {
					t.Errorf("%+v: a take succeeded 2µs before the end of the wait of %v", r, wait)
				}
				time.Sleep(2 * time.Microsecond)
				if again := l.Take(t.Context(), key, r); again != 0 {
					t.Fatalf("%+v: waited %v as told, got another wait of %v", r, wait, again)
				}
			}
			l.Reset(t.Context(), key)
		}
	})
}

// However large the numbers, nothing overflows into a free take or a negative wait.
func TestHugeRule(t *testing.T) {
	contract(t, func(t *testing.T, l Limiter, key string) {
		slow := Rule{Burst: 5, Every: math.MaxInt64}
		if got := takeAll(t, l, key, slow); got != 5 {
			t.Errorf("%+v: got %d takes, want 5", slow, got)
		}
		if wait := l.Take(t.Context(), key, slow); wait < 365*24*time.Hour {
			t.Errorf("%+v: got wait %v, want years", slow, wait)
		}
		l.Reset(t.Context(), key)
		for _, r := range []Rule{{Burst: math.MaxInt, Every: math.MaxInt64}, {Burst: math.MaxInt / 32, Every: time.Nanosecond}} {
			for range 100 {
				if wait := l.Take(t.Context(), key, r); wait != 0 {
					t.Fatalf("%+v: got wait %v, want none", r, wait)
				}
			}
			l.Reset(t.Context(), key)
		}
	})
}

func TestResetForgetsAllItsKeys(t *testing.T) {
	contract(t, func(t *testing.T, l Limiter, key string) {
		budget, run := Rule{Burst: 2, Every: time.Hour}, Rule{Burst: 2, Every: time.Minute, Growth: growing.Growth}
		keys := []string{key, key + " second", key + " third"}
		for range 2 {
			for _, one := range keys {
				if got := takeAll(t, l, one, budget); got != 2 {
					t.Errorf("%q: got %d takes, want 2", one, got)
				}
				if got := takeAll(t, l, one, run); got != 2 {
					t.Errorf("%q: got %d takes in a row, want 2", one, got)
				}
			}
			l.Reset(t.Context(), keys...)
		}
	})
}

func TestReturn(t *testing.T) {
	contract(t, func(t *testing.T, l Limiter, key string) {
		r := Rule{Burst: 3, Every: time.Minute}
		for _, tt := range []struct {
			name                  string
			takes, returns, wants int
			pause                 time.Duration
		}{
			{name: "one of an empty budget", takes: 3, returns: 1, wants: 1},
			{name: "all of an empty budget", takes: 3, returns: 3, wants: 3},
			{name: "more than were taken", takes: 1, returns: 5, wants: 3},
			{name: "to an untouched key", takes: 0, returns: 5, wants: 3},
			{name: "one that had come back by itself", takes: 1, pause: time.Minute, returns: 1, wants: 3},
			{name: "one of two, one of them back by itself", takes: 2, pause: time.Minute, returns: 1, wants: 3},
			{name: "one of three, one of them back by itself", takes: 3, pause: time.Minute, returns: 1, wants: 2},
			{name: "one that was half back", takes: 1, pause: time.Minute / 2, returns: 1, wants: 3},
		} {
			for range tt.takes {
				l.Take(t.Context(), key, r)
			}
			time.Sleep(tt.pause)
			for range tt.returns {
				l.Return(t.Context(), key, r)
			}
			if got := takeAll(t, l, key, r); got != tt.wants {
				t.Errorf("%s: got %d takes afterwards, want %d", tt.name, got, tt.wants)
			}
			l.Reset(t.Context(), key)
		}
	})
}

// A deployment may bring another rule for keys that are in use.
func TestRuleMayChange(t *testing.T) {
	contract(t, func(t *testing.T, l Limiter, key string) {
		wide, narrow := Rule{Burst: 5, Every: time.Hour}, Rule{Burst: 1, Every: time.Minute}
		takeAll(t, l, key, wide)
		l.Return(t.Context(), key, narrow)
		want := 5*time.Hour - time.Minute
		if got := l.Take(t.Context(), key, narrow); got != want {
			t.Errorf("five taken by %+v, one returned by %+v: got wait %v, want %v", wide, narrow, got, want)
		}
		time.Sleep(want)
		if got := l.Take(t.Context(), key, narrow); got != 0 {
			t.Errorf("waited %v as told, got another wait of %v", want, got)
		}
	})
}

func TestReset(t *testing.T) {
	contract(t, func(t *testing.T, l Limiter, key string) {
		r := Rule{Burst: 2, Every: math.MaxInt64}
		l.Reset(t.Context(), key)
		for range 2 {
			if got := takeAll(t, l, key, r); got != 2 {
				t.Errorf("takes of a forgotten key: got %d, want 2", got)
			}
			l.Reset(t.Context(), key)
		}
	})
}

func TestKeysAreIndependent(t *testing.T) {
	contract(t, func(t *testing.T, l Limiter, key string) {
		r := Rule{Burst: 2, Every: time.Hour}
		other := key + "b"
		t.Cleanup(func() { l.Reset(t.Context(), other) })
		takeAll(t, l, key, r)
		if got := takeAll(t, l, other, r); got != 2 {
			t.Errorf("takes of another key: got %d, want 2", got)
		}
		l.Return(t.Context(), other, r)
		l.Reset(t.Context(), other)
		if wait := l.Take(t.Context(), key, r); wait == 0 {
			t.Error("returning and resetting another key freed this one")
		}
	})
}

func TestConcurrentTakes(t *testing.T) {
	contract(t, func(t *testing.T, l Limiter, key string) {
		r := Rule{Burst: 5, Every: time.Hour}
		var taken atomic.Int64
		together(64, func() {
			for range 10 {
				if l.Take(t.Context(), key, r) == 0 {
					taken.Add(1)
				}
			}
		})
		if got := taken.Load(); got != 5 {
			t.Errorf("64 goroutines took %d, want 5", got)
		}
	})
}

func TestConcurrentReturns(t *testing.T) {
	contract(t, func(t *testing.T, l Limiter, key string) {
		r := Rule{Burst: 64, Every: time.Hour}
		together(64, func() {
			if wait := l.Take(t.Context(), key, r); wait != 0 {
				t.Errorf("got wait %v with a budget for everybody, want none", wait)
			}
			l.Return(t.Context(), key, r)
			l.Take(t.Context(), key, r)
		})
		if wait := l.Take(t.Context(), key, r); wait != time.Hour {
			t.Errorf("64 of 64 taken for good: got wait %v, want 1h", wait)
		}
	})
}

// A day of arbitrary use gives the same answers from every Limiter, to the microsecond.
func TestLimitersAgree(t *testing.T) {
	contract(t, func(t *testing.T, l Limiter, key string) {
		memory, seed := NewMemory(), mathrand.Uint64()
		random := mathrand.New(mathrand.NewPCG(seed, 0))
		r := Rule{Burst: 4, Every: 7*time.Minute + time.Nanosecond}
		for i := range 1000 {
			switch n := random.IntN(20); {
			case n < 12:
				got, want := l.Take(t.Context(), key, r), memory.Take(t.Context(), key, r)
				if got != want || got > r.Every+time.Microsecond {
					t.Fatalf("seed %d, step %d: got wait %v, want %v and at most %v", seed, i, got, want, r.Every)
				}
			case n < 14:
				l.Return(t.Context(), key, r)
				memory.Return(t.Context(), key, r)
			case n < 15:
				l.Reset(t.Context(), key)
				memory.Reset(t.Context(), key)
			default:
				time.Sleep(time.Duration(random.Int64N(int64(10*time.Minute/time.Microsecond))) * time.Microsecond)
			}
		}
	})
}

func TestRuleWithoutLimitsPanics(t *testing.T) {
	for _, r := range []Rule{
		{}, {Burst: 1}, {Every: time.Second}, {Burst: -1, Every: time.Second}, {Burst: 1, Every: -time.Second},
		{Burst: 0, Every: 1, Growth: Growth{Max: 1, ResetAfter: 1}}, {Burst: 1, Every: 0, Growth: Growth{Max: 1, ResetAfter: 1}},
		{Burst: 1, Every: 2, Growth: Growth{Max: 1, ResetAfter: 3}}, {Burst: 1, Every: 1, Growth: Growth{Max: 2, ResetAfter: 1}},
		{Burst: 2, Every: 1, Growth: Growth{Max: 1, ResetAfter: 1, LockAfter: 1}}, {Burst: 1, Every: 1, Growth: Growth{ResetAfter: 1}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v: no panic", r)
				}
			}()
			NewMemory().Take(t.Context(), "key", r)
		}()
	}
}

package ratelimit

import (
	mathrand "math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// growing is a rule like those of sign-ins.
var growing = Rule{Burst: 3, Every: time.Minute, Growth: Growth{Max: 10 * time.Minute, ResetAfter: 24 * time.Hour, LockAfter: 12}}

// The wait doubles with each take in a row, up to its most, and after the last of the run it is the quiet time.
func TestGrowth(t *testing.T) {
	contract(t, func(t *testing.T, l Limiter, key string) {
		for range 2 { // after the quiet time all is as it was
			if got := takeAll(t, l, key, growing); got != 3 {
				t.Fatalf("takes at once: got %d, want 3", got)
			}
			var waits []time.Duration
			for range 10 {
				wait := l.Take(t.Context(), key, growing)
				waits = append(waits, wait)
				time.Sleep(wait - time.Microsecond)
				if l.Take(t.Context(), key, growing) == 0 {
					t.Fatalf("a take succeeded 1µs before the end of the wait of %v", wait)
				}
				time.Sleep(time.Microsecond)
				if len(waits) == 10 {
					break
				}
				if again := l.Take(t.Context(), key, growing); again != 0 {
					t.Fatalf("waited %v as told, got another wait of %v", wait, again)
				}
			}
			const m = time.Minute
			want := []time.Duration{m, 2 * m, 4 * m, 8 * m, 10 * m, 10 * m, 10 * m, 10 * m, 10 * m, 24 * time.Hour}
			if !slices.Equal(waits, want) {
				t.Errorf("got waits %v, want %v", waits, want)
			}
		}
	})
}

// Refusals neither count nor prolong the wait.
func TestRefusalsAreNoTakes(t *testing.T) {
	contract(t, func(t *testing.T, l Limiter, key string) {
		takeAll(t, l, key, growing)
		for range 59 {
			time.Sleep(time.Second)
			l.Take(t.Context(), key, growing)
		}
		if got := l.Take(t.Context(), key, growing); got != time.Second {
			t.Errorf("after 59 seconds of asking: got wait %v, want 1s", got)
		}
	})
}

// A take that is given back prolongs no wait: another limit may have refused the same try.
func TestReturnsProlongNothing(t *testing.T) {
	contract(t, func(t *testing.T, l Limiter, key string) {
		takeAll(t, l, key, growing)
		time.Sleep(growing.Every)
		if wait := l.Take(t.Context(), key, growing); wait != 0 {
			t.Fatalf("after the wait: got another of %v", wait)
		}
		l.Return(t.Context(), key, growing)
		if wait := l.Take(t.Context(), key, growing); wait != 0 {
			t.Errorf("after a take that was given back: got wait %v, want none", wait)
		}
	})
}

func TestGrowthForgets(t *testing.T) {
	contract(t, func(t *testing.T, l Limiter, key string) {
		l.Take(t.Context(), key, growing)
		l.Take(t.Context(), key, growing)
		time.Sleep(growing.ResetAfter - time.Microsecond)
		if got := takeAll(t, l, key, growing); got != 1 {
			t.Errorf("two taken, just not quiet for long enough: got %d takes, want 1", got)
		}
		time.Sleep(growing.ResetAfter)
		if got := takeAll(t, l, key, growing); got != 3 {
			t.Errorf("after a quiet day: got %d takes, want 3", got)
		}
		l.Reset(t.Context(), key)
		if got := takeAll(t, l, key, growing); got != 3 {
			t.Errorf("after a reset: got %d takes, want 3", got)
		}
		l.Return(t.Context(), key, growing)
		if got := takeAll(t, l, key, growing); got != 1 {
			t.Errorf("after a return: got %d takes, want 1", got)
		}
		for range 5 {
			l.Return(t.Context(), key, growing)
		}
		if got := takeAll(t, l, key, growing); got != 3 {
			t.Errorf("after more returns than takes: got %d takes, want 3", got)
		}
	})
}

// Of any number of takes at once exactly as many succeed as are free, and after the wait exactly one.
func TestConcurrentGrowth(t *testing.T) {
	contract(t, func(t *testing.T, l Limiter, key string) {
		for _, want := range []int64{3, 1, 1} {
			var taken atomic.Int64
			together(64, func() {
				if l.Take(t.Context(), key, growing) == 0 {
					taken.Add(1)
				}
			})
			if got := taken.Load(); got != want {
				t.Errorf("64 goroutines took %d, want %d", got, want)
			}
			time.Sleep(growing.Max)
		}
	})
}

// Days of arbitrary use give the same answers from every Limiter, to the microsecond.
func TestLimitersAgreeOnGrowth(t *testing.T) {
	contract(t, func(t *testing.T, l Limiter, key string) {
		memory, seed := NewMemory(), mathrand.Uint64()
		random := mathrand.New(mathrand.NewPCG(seed, 0))
		for i := range 1000 {
			switch n := random.IntN(20); {
			case n < 12:
				got, want := l.Take(t.Context(), key, growing), memory.Take(t.Context(), key, growing)
				if got != want {
					t.Fatalf("seed %d, step %d: got wait %v, want %v", seed, i, got, want)
				}
			case n < 13:
				l.Return(t.Context(), key, growing)
				memory.Return(t.Context(), key, growing)
			case n < 14 && random.IntN(4) == 0:
				l.Reset(t.Context(), key)
				memory.Reset(t.Context(), key)
			default:
				time.Sleep(time.Duration(random.Int64N(int64(20*time.Minute/time.Microsecond))) * time.Microsecond)
			}
		}
	})
}

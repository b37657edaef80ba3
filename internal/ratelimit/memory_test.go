package ratelimit

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestMemoryRoundsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := Rule{Burst: 1, Every: time.Nanosecond}
		if got := takeAll(t, NewMemory(), "key", r); got != 1 {
			t.Errorf("%+v: got %d takes from a full budget, want 1", r, got)
		}
	})
}

func TestMemoryForgetsFullKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, r := NewMemory(), Rule{Burst: 2, Every: time.Minute}
		for i := range 1000 {
			takeAll(t, m, strconv.Itoa(i), r)
		}
		for i := range 1000 {
			if m.Take(t.Context(), strconv.Itoa(i), r) == 0 {
				t.Fatalf("key %d was forgotten while it was limiting", i)
			}
		}
		time.Sleep(time.Hour)
		if got := takeAll(t, m, "500", r); got != 2 {
			t.Errorf("takes of a key that is full and not forgotten: got %d, want 2", got)
		}
		for range 500 {
			m.Take(t.Context(), "500", r)
		}
		if got := countKeys(t, m); got != 1 {
			t.Errorf("after 1000 keys became full and 500 takes of one: got %d keys, want 1", got)
		}
	})
}

// A row of takes is over after the quiet time, also while many others wait to be swept.
func TestMemoryForgetsRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory()
		for i := range 1000 {
			takeAll(t, m, strconv.Itoa(i), growing)
		}
		time.Sleep(growing.ResetAfter)
		if got := takeAll(t, m, "500", growing); got != growing.Burst {
			t.Errorf("after a quiet day: got %d takes, want %d", got, growing.Burst)
		}
	})
}

func TestMemoryForgetsReturnedKeys(t *testing.T) {
	m, r := NewMemory(), Rule{Burst: 2, Every: time.Hour}
	m.Take(t.Context(), "key", r)
	m.Return(t.Context(), "key", r)
	if got := countKeys(t, m); got != 0 {
		t.Errorf("after the only take was returned: got %d keys, want 0", got)
	}
}

func TestMemoryStaysInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, seed, r := NewMemory(), rand.Uint64(), Rule{Burst: 9, Every: time.Minute}
		random := rand.New(rand.NewPCG(seed, 0))
		for i := range 2000 {
			rule := r
			if random.IntN(2) == 0 {
				rule = growing
			}
			switch key, n := strconv.Itoa(random.IntN(30)), random.IntN(10); {
			case n < 6:
				m.Take(t.Context(), key, rule)
			case n < 8:
				m.Return(t.Context(), key, rule)
			case n < 9:
				m.Reset(t.Context(), key)
			default:
				time.Sleep(time.Duration(random.Int64N(int64(time.Minute))))
			}
			if countKeys(t, m); t.Failed() {
				t.Fatalf("seed %d, step %d", seed, i)
			}
		}
	})
}

// Whoever floods a Memory with keys pushes out their own, not one that is used up.
func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, r := NewMemory(), Rule{Burst: 5, Every: time.Minute}
		takeAll(t, m, "locked", growing)
		flood := func(from, to int) {
			for i := from; i < to; i++ {
				if m.Take(t.Context(), strconv.Itoa(i), r) != 0 {
					t.Fatalf("key %d was refused its first take", i)
				}
			}
		}
		flood(1, maxKeys)
		takeAll(t, m, "used up", r)
		if got := countKeys(t, m) - 1; got != maxKeys {
			t.Errorf("got %d of %d keys, want all", got, maxKeys)
		}
		flood(maxKeys, maxKeys+1000)
		if got := countKeys(t, m) - 1; got != maxKeys {
			t.Errorf("after 1000 more: got %d keys, want %d", got, maxKeys)
		}
		if m.Take(t.Context(), "used up", r) == 0 {
			t.Error("the key that was used up got free")
		}
		if m.Take(t.Context(), "locked", growing) == 0 {
			t.Error("the key that waits for a run of takes got free")
		}
	})
}

// countKeys returns the number of keys in m, which its indexes and its queues must agree on.
func countKeys(t *testing.T, m *Memory) (n int) {
	t.Helper()
	for _, table := range []table{m.budgets, m.runs} {
		if len(table.of) != len(table.queue) {
			t.Errorf("got %d budgets and %d in the queue, want the same", len(table.of), len(table.queue))
		}
		for i, b := range table.queue {
			if b.index != i || table.of[b.id] != b || i > 0 && b.full.Before(table.queue[(i-1)/2].full) {
				t.Errorf("the queue is out of order at %d of %d", i, len(table.queue))
				break
			}
		}
		n += len(table.queue)
	}
	return n
}

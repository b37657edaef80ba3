package ratelimit

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// maxKeys is the number of keys of each kind a Memory holds at most, about 15 MB.
const maxKeys = 100_000

// Memory is a Limiter for one process: two instances of the portal allow twice as much. It forgets a key once its
// budget is full. Only when it holds 100,000 keys that are not does it forget one early to make room: the one that
// would be full soonest, so that somebody who floods it with keys does not free the one they have used up. Keys whose
// takes are counted in a row have as much room of their own, because they are remembered for so much longer.
type Memory struct {
	mu      sync.Mutex
	budgets table
	runs    table
}

var _ Limiter = (*Memory)(nil)

// NewMemory returns a Memory in which every budget is full.
func NewMemory() *Memory {
	return &Memory{budgets: newTable(), runs: newTable()}
}

// Take implements [Limiter].
func (m *Memory) Take(_ context.Context, key string, r Rule) (wait time.Duration) {
	id := digestOf(key)
	m.mu.Lock()
	defer m.mu.Unlock()

	// The monotonic reading stays in every time below: setting the machine's clock neither frees nor locks a key.
	now := time.Now()
	if r.grows() {
		m.runs.sweep(now)
		return m.takeInARow(id, r, now)
	}
	every, window := r.pace()
	m.budgets.sweep(now)
	b, known := m.budgets.of[id]
	full := now
	if known && b.full.After(now) {
		full = b.full
	}
	full = full.Add(every)
	if wait = full.Sub(now) - window; wait > 0 {
		return wait
	}
	if known {
		m.budgets.move(b, full)
	} else {
		m.budgets.add(&budget{id: id, full: full})
	}
	return 0
}

func (m *Memory) takeInARow(id digest, r Rule, now time.Time) (wait time.Duration) {
	b, known := m.runs.of[id]
	if known && now.Sub(b.last) >= r.ResetAfter {
		m.runs.forget(b)
		known = false
	}
	if !known {
		m.runs.add(&budget{id: id, full: now.Add(r.ResetAfter), last: now, taken: 1})
		return 0
	}
	if wait = b.last.Add(r.pause(b.taken)).Sub(now); wait > 0 {
		return wait
	}
	b.before, b.last, b.taken = b.last, now, b.taken+1
	m.runs.move(b, now.Add(r.ResetAfter))
	return 0
}

// Return implements [Limiter].
func (m *Memory) Return(_ context.Context, key string, r Rule) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.grows() {
		if b, known := m.runs.of[digestOf(key)]; known {
			if b.taken--; b.taken == 0 {
				m.runs.forget(b)
			} else {
				b.last = b.before // a take that was given back prolongs no pause
			}
		}
		return
	}
	every, _ := r.pace()
	if b, known := m.budgets.of[digestOf(key)]; known {
		m.budgets.move(b, b.full.Add(-every))
		m.budgets.sweep(time.Now())
	}
}

// Reset implements [Limiter].
func (m *Memory) Reset(_ context.Context, keys ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		for _, t := range []*table{&m.budgets, &m.runs} {
			if b, known := t.of[digestOf(key)]; known {
				t.forget(b)
			}
		}
	}
}

// A table finds budgets by their key, and the one that is full soonest.
type table struct {
	of    map[digest]*budget
	queue queue
}

func newTable() table { return table{of: make(map[digest]*budget)} }

// sweep forgets up to two keys that are full. A take adds at most one, so the number of keys falls back to what is in
// use, and no caller pays for cleaning up after a crowd.
func (t *table) sweep(now time.Time) {
	for range 2 {
		if len(t.queue) > 0 && !t.queue[0].full.After(now) {
			t.forget(t.queue[0])
		}
	}
}

func (t *table) add(b *budget) {
	if len(t.queue) >= maxKeys {
		t.forget(t.queue[0])
	}
	t.of[b.id] = b
	heap.Push(&t.queue, b)
}

func (t *table) move(b *budget, full time.Time) {
	b.full = full
	heap.Fix(&t.queue, b.index)
}

func (t *table) forget(b *budget) {
	delete(t.of, b.id)
	heap.Remove(&t.queue, b.index)
}

// A budget belongs to one key. It is full at the instant full.
type budget struct {
	id     digest
	full   time.Time
	last   time.Time // take in a row
	before time.Time // the take before that
	taken  int       // in a row
	index  int       // in the queue
}

// A queue is a heap with the budget that is full soonest in front.
type queue []*budget

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].full.Before(q[j].full) }

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

func (q *queue) Push(x any) {
	b := x.(*budget)
	b.index = len(*q)
	*q = append(*q, b)
}

func (q *queue) Pop() any {
	last := len(*q) - 1
	b := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return b
}

package limit

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// maxKeys is the number of keys a Memory holds at most, about 15 MB.
const maxKeys = 100_000

// Memory is a Limiter for one process: two instances of the portal allow twice as much. It forgets a key once its
// budget is full. Only when it holds 100,000 keys that are not does it forget one early to make room: the one that
// would be full soonest, so that somebody who floods it with keys does not free the one they have used up.
type Memory struct {
	mu      sync.Mutex
	budgets map[digest]*budget
	queue   queue
}

var _ Limiter = (*Memory)(nil)

// NewMemory returns a Memory in which every budget is full.
func NewMemory() *Memory {
	return &Memory{budgets: make(map[digest]*budget)}
}

// Take implements [Limiter].
func (m *Memory) Take(_ context.Context, key string, r Rule) (wait time.Duration) {
	every, window := r.pace()
	id := digestOf(key)
	m.mu.Lock()
	defer m.mu.Unlock()

	// The monotonic reading stays in every time below: setting the machine's clock neither frees nor locks a key.
	now := time.Now()
	m.sweep(now)
	b, known := m.budgets[id]
	full := now
	if known && b.full.After(now) {
		full = b.full
	}
	full = full.Add(every)
	if wait = full.Sub(now) - window; wait > 0 {
		return wait
	}
	if known {
		b.full = full
		heap.Fix(&m.queue, b.index)
	} else {
		m.add(&budget{id: id, full: full})
	}
	return 0
}

// Return implements [Limiter].
func (m *Memory) Return(_ context.Context, key string, r Rule) {
	every, _ := r.pace()
	m.mu.Lock()
	defer m.mu.Unlock()
	b, known := m.budgets[digestOf(key)]
	if !known {
		return
	}
	b.full = b.full.Add(-every)
	heap.Fix(&m.queue, b.index)
	m.sweep(time.Now())
}

// Reset implements [Limiter].
func (m *Memory) Reset(_ context.Context, key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b, known := m.budgets[digestOf(key)]; known {
		m.forget(b)
	}
}

// sweep forgets up to two keys that are full. A take adds at most one, so the number of keys falls back to what is in
// use, and no caller pays for cleaning up after a crowd.
func (m *Memory) sweep(now time.Time) {
	for range 2 {
		if len(m.queue) > 0 && !m.queue[0].full.After(now) {
			m.forget(m.queue[0])
		}
	}
}

func (m *Memory) add(b *budget) {
	if len(m.queue) >= maxKeys {
		m.forget(m.queue[0])
	}
	m.budgets[b.id] = b
	heap.Push(&m.queue, b)
}

func (m *Memory) forget(b *budget) {
	delete(m.budgets, b.id)
	heap.Remove(&m.queue, b.index)
}

// A budget belongs to one key. It is full at the instant full.
type budget struct {
	id    digest
	full  time.Time
	index int // in the queue
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

package sessioncheck

import (
	"context"
	"sync"
	"time"
)

// A pacer bounds how many requests are sent, and how many in a second.
type pacer struct {
	mu    sync.Mutex
	every time.Duration
	next  time.Time
	sent  int
	most  int
	last  int // kept back for signing out at the end
}

func newPacer(rate float64, most int) *pacer {
	p := &pacer{most: most, last: 60}
	if rate > 0 {
		p.every = time.Duration(float64(time.Second) / rate)
	}
	return p
}

// wait returns when the next request may be sent.
func (p *pacer) wait(ctx context.Context) error {
	p.mu.Lock()
	if p.sent >= p.most {
		p.mu.Unlock()
		return errBudget
	}
	p.sent++
	now := time.Now()
	at := p.next
	if at.Before(now) {
		at = now
	}
	p.next = at.Add(p.every)
	p.mu.Unlock()
	return sleep(ctx, at.Sub(now))
}

// lastOnes opens what was kept back.
func (p *pacer) lastOnes() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.most += p.last
}

func (p *pacer) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent
}

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
	last  int // of those, kept back for leaving no trace

	reserve bool // what is kept back may be sent
}

func newPacer(rate float64, most int) *pacer {
	p := &pacer{most: most, last: min(60, most/4)}
	if rate > 0 {
		p.every = time.Duration(float64(time.Second) / rate)
	}
	return p
}

// wait returns when the next request may be sent.
func (p *pacer) wait(ctx context.Context) error {
	p.mu.Lock()
	if p.sent >= p.most || p.sent >= p.most-p.last && !p.reserve {
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

// openReserve lets requests be sent that are kept back for leaving no trace, or keeps the rest of them back again.
func (p *pacer) openReserve(is bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reserve = is
}

func (p *pacer) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent
}

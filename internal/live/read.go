package live

import (
	"context"
	"time"

	"example.com/gatehouse/internal/audit"
)

// read reads the news while there are streams.
func (h *Hub) read() {
	for last := audit.Now(); h.goesOn(); time.Sleep(every) {
		at := audit.Now()
		news, err := h.load(last.Add(-overlap))
		h.mu.Lock()
		switch {
		case h.stopped:
		case err != nil && at.Sub(last) > lostAfter:
			h.closeAll()
		case err != nil:
			h.log.Warn("news not read", "err", err)
		case len(news) == maxRead: // more than a read holds, which is shed
			h.closeAll()
		default:
			last = at
			h.tell(news)
		}
		h.mu.Unlock()
	}
}

func (h *Hub) goesOn() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reading = h.open > 0
	return h.reading
}

func (h *Hub) load(since time.Time) ([]News, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readWithin)
	defer cancel()
	return h.store.News(ctx, since, maxRead)
}

// tell hands each stream what it has not been told. Reads overlap, so most news come several times. The lock is held.
func (h *Hub) tell(news []News) {
	of := map[string][]News{}
	for _, n := range news {
		if h.sessions[n.Session] != nil {
			of[n.Session] = append(of[n.Session], n)
		}
	}
	for session, streams := range h.sessions {
		for _, s := range append([]*Stream(nil), streams...) {
			s.take(of[session])
		}
	}
}

package handlers

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"sync"
)

// presses are the acts under way in this instance.
type presses struct {
	mu  sync.Mutex
	now map[string]chan struct{} // closed when the press is answered
}

// hold waits until nobody else holds the key, for no longer than a look-up may take, and returns what lets it go.
func (p *presses) hold(ctx context.Context, key string) (release func()) {
	ctx, cancel := context.WithTimeout(ctx, lookUpWithin)
	defer cancel()
	mine := make(chan struct{})
	for {
		p.mu.Lock()
		other, taken := p.now[key]
		if !taken {
			p.now[key] = mine
		}
		p.mu.Unlock()
		if !taken {
			return func() {
				p.mu.Lock()
				delete(p.now, key)
				p.mu.Unlock()
				close(mine)
			}
		}
		select {
		case <-other:
		case <-ctx.Done():
			return func() {}
		}
	}
}

// A heldAnswer waits until it is known whether it goes out.
type heldAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *heldAnswer) Header() http.Header         { return h.header }
func (h *heldAnswer) WriteHeader(status int)      { h.status = status }
func (h *heldAnswer) Write(b []byte) (int, error) { return h.body.Write(b) }

func (h *heldAnswer) sendTo(w http.ResponseWriter) {
	maps.Copy(w.Header(), h.header)
	w.WriteHeader(h.status)
	_, _ = w.Write(h.body.Bytes()) // a client that went away is nobody's error
}

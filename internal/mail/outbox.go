package mail

import (
	"context"
	"slices"
	"sync"
)

// outboxSize is how many letters an Outbox keeps.
const outboxSize = 200

// Outbox keeps the newest 200 letters in memory instead of sending them, for
// development. The zero value is ready, and safe for concurrent use.
type Outbox struct {
	mu      sync.Mutex
	letters []Letter // oldest first
}

var _ Sender = (*Outbox)(nil)

// Send keeps the letter. It never fails.
func (o *Outbox) Send(_ context.Context, l Letter) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.letters = append(o.letters, l)
	if len(o.letters) > outboxSize {
		o.letters = slices.Delete(o.letters, 0, len(o.letters)-outboxSize)
	}
	return nil
}

// Letters returns what is kept, newest first. The caller owns the slice.
func (o *Outbox) Letters() []Letter {
	o.mu.Lock()
	defer o.mu.Unlock()
	letters := slices.Clone(o.letters)
	slices.Reverse(letters)
	return letters
}

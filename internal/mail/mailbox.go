package mail

import (
	"context"
	"slices"
	"sync"
)

// mailboxSize is how many emails a Mailbox keeps.
const mailboxSize = 200

// Mailbox keeps the newest 200 emails in memory instead of sending them, for development. The zero value is ready, and
// safe for concurrent use.
type Mailbox struct {
	mu     sync.Mutex
	emails []Email // oldest first
}

var _ Sender = (*Mailbox)(nil)

// Send keeps the email. It never fails.
func (o *Mailbox) Send(_ context.Context, l Email) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.emails = append(o.emails, l)
	if len(o.emails) > mailboxSize {
		o.emails = slices.Delete(o.emails, 0, len(o.emails)-mailboxSize)
	}
	return nil
}

// Emails returns what is kept, newest first. The caller owns the slice.
func (o *Mailbox) Emails() []Email {
	o.mu.Lock()
	defer o.mu.Unlock()
	emails := slices.Clone(o.emails)
	slices.Reverse(emails)
	return emails
}

package bag

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"example.com/gatehouse/internal/session"
)

// Get returns a value of the bag, "" when it has none. Outside Serve, where the pages for the worst cases are made, the
// bag is empty.
func (m *Manager) Get(ctx context.Context, key string) string {
	if requestOf(ctx) == nil {
		return ""
	}
	return m.scs.GetString(ctx, key)
}

// Pop returns a value and takes it out of the bag.
func (m *Manager) Pop(ctx context.Context, key string) string {
	if requestOf(ctx) == nil {
		return ""
	}
	return m.scs.PopString(ctx, key)
}

// Put stores what is nice to have, such as a message for the next page. It may be lost with the bag.
func (m *Manager) Put(ctx context.Context, key, value string) { m.scs.Put(ctx, key, value) }

// Save stores what the person relies on: if it cannot be stored, the answer is an error page in place of the handler's.
// It returns ErrUnavailable when that is known already: the bag cannot be reached, or the browser came with a token that was
// replaced, whose next cookie must not be overwritten.
func (m *Manager) Save(ctx context.Context, key, value string) error {
	q := requestOf(ctx)
	if q.bag == unreadable || q.state == session.Replaced {
		return ErrUnavailable
	}
	q.saved[key] = true
	m.Put(ctx, key, value)
	return nil
}

// An Entry is a value of the bag, by its name and size.
type Entry struct {
	Name  string
	Bytes int
}

// Entries lists what the bag holds, by name, without the values.
func (m *Manager) Entries(ctx context.Context) []Entry {
	var entries []Entry
	for _, name := range m.scs.Keys(ctx) { // sorted
		entries = append(entries, Entry{name, len(m.scs.GetString(ctx, name))})
	}
	return entries
}

// UnknownToken reports whether the browser presented a token under which there is neither a session nor a bag.
func (m *Manager) UnknownToken(ctx context.Context) bool {
	q := requestOf(ctx)
	return q.state == session.Unknown && q.Token != "" && q.bag == missing
}

// Unavailable reports whether this request's bag could not be read.
func (m *Manager) Unavailable(ctx context.Context) bool { return requestOf(ctx).bag == unreadable }

// Ended returns the handle of the session this browser had last, if it ended a short while ago.
func (m *Manager) Ended(ctx context.Context) string {
	q := requestOf(ctx)
	if q.state == session.Ended {
		return q.Handle
	}
	return q.farewell
}

// Opened is a session under the token that Rotate made.
type Opened struct {
	Expires    time.Time // the absolute limit, which the bag follows
	Persistent bool      // the cookie outlives the browser
}

// Rotate makes a token and hands its hash to change, which writes the row. When change succeeds, the answer carries
// the cookie whatever else happens to the request, because the row has moved; the bag moves along if it can. When it
// fails, cookie and bag stay as they were. empty starts the bag afresh, for another person.
func (m *Manager) Rotate(ctx context.Context, empty bool, change func(tokenHash string) (Opened, error)) error {
	q := requestOf(ctx)
	if err := m.scs.RenewToken(ctx); err != nil {
		return err
	}
	opened, err := change(hashToken(m.scs.Token(ctx)))
	if err != nil {
		q.failed = true // scs cannot go back to the old token, so nothing may be written under this one
		return err
	}
	if empty {
		q.forget()
		_ = m.scs.Clear(ctx) // it never fails
	}
	q.did, q.opened = rotated, opened
	return nil
}

// End takes away bag and cookie. The row has been ended by the caller.
func (m *Manager) End(ctx context.Context) {
	q := requestOf(ctx)
	q.forget()
	q.did = ended
	_ = m.scs.Destroy(ctx) // only DeleteCtx could fail, which does nothing here
}

// Abandon forgets what the request wanted of its bag: it ended in a panic or an error. A row that was rotated or
// ended keeps its consequence for the cookie.
func (m *Manager) Abandon(ctx context.Context) {
	if q := requestOf(ctx); q != nil {
		q.failed = true
		clear(q.saved)
	}
}

// hashToken is what is stored of a token, the same as scs makes of it.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

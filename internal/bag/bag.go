package bag

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"example.com/gatehouse/internal/session"
)

// Get returns a value of the bag, "" when it has none. Outside Serve, where the pages for the worst cases are made,
// there is no bag and nothing in it.
func (m *Manager) Get(ctx context.Context, key string) string {
	if ctx.Value(requestKey{}) == nil {
		return ""
	}
	return m.scs.GetString(ctx, key)
}

// Pop returns a value and takes it out of the bag. Outside Serve it finds none.
func (m *Manager) Pop(ctx context.Context, key string) string {
	if ctx.Value(requestKey{}) == nil {
		return ""
	}
	if m.scs.Exists(ctx, key) {
		requestOf(ctx).changes[key] = change{removed: true}
	}
	return m.scs.PopString(ctx, key)
}

// Put stores what is nice to have, such as a message for the next page. It may be lost with the bag.
func (m *Manager) Put(ctx context.Context, key, value string) {
	requestOf(ctx).changes[key] = change{value: value}
	m.scs.Put(ctx, key, value)
}

// Keep stores what the person relies on. It returns ErrAway when the bag cannot be reached, or when the browser came
// with a token that was replaced, whose next cookie must not be overwritten. If the store breaks down between now and
// the answer, the answer is the one for that.
func (m *Manager) Keep(ctx context.Context, key, value string) error {
	q := requestOf(ctx)
	if q.lost != nil || q.standing.State == session.Replaced {
		return ErrAway
	}
	q.needed = true
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

// Unclaimed reports whether the browser presented a token under which there is neither a session nor a bag.
func (m *Manager) Unclaimed(ctx context.Context) bool {
	q := requestOf(ctx)
	return q.standing.State == session.Unknown && q.standing.Token != "" && q.missing && q.lost == nil
}

// Away reports whether this request's bag could not be read.
func (m *Manager) Away(ctx context.Context) bool { return requestOf(ctx).lost != nil }

// Ended returns the handle of the session this browser had last, if it ended a short while ago.
func (m *Manager) Ended(ctx context.Context) string {
	q := requestOf(ctx)
	if q.standing.State == session.Ended {
		return q.standing.Handle
	}
	return q.ended
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
	stale := len(q.stale)
	if err := m.scs.RenewToken(ctx); err != nil {
		return err
	}
	opened, err := change(hashToken(m.scs.Token(ctx)))
	if err != nil {
		q.abandoned, q.stale = true, q.stale[:stale]
		return err
	}
	if empty {
		_ = m.scs.Clear(ctx) // only a store could fail, and this touches none
		clear(q.changes)
	}
	q.rotated, q.emptied = &opened, empty
	return nil
}

// End takes away bag and cookie. The row has been ended by the caller.
func (m *Manager) End(ctx context.Context) {
	q := requestOf(ctx)
	q.over, q.rotated = true, nil
	_ = m.scs.Destroy(ctx) // the deletion is only noted here, see sealed.DeleteCtx
}

// Abandon forgets what the request wanted of its bag: it ended in a panic or an error. A row that was rotated or
// ended keeps its consequence for the cookie.
func (m *Manager) Abandon(ctx context.Context) {
	if q, ok := ctx.Value(requestKey{}).(*request); ok {
		q.abandoned, q.needed = true, false
	}
}

// hashToken is what is stored of a token, the same as scs makes of it.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

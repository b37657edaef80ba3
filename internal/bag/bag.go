package bag

import (
	"context"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

// Get returns a value of the bag, "" when it has none. Outside Serve, where the pages for the worst cases are made, the
// bag is empty.
func (m *Manager) Get(ctx context.Context, key string) string {
	return within(ctx, key, m.scs.GetString)
}

// Pop returns a value and takes it out of the bag.
func (m *Manager) Pop(ctx context.Context, key string) string {
	return within(ctx, key, m.scs.PopString)
}

func within(ctx context.Context, key string, value func(context.Context, string) string) string {
	if requestOf(ctx) == nil {
		return ""
	}
	return value(ctx, key)
}

// Put stores a value that may be lost with the bag, such as a message for the next page.
func (m *Manager) Put(ctx context.Context, key, value string) { m.scs.Put(ctx, key, value) }

// Save is Put for a value that the person relies on: if it cannot be stored, an error page replaces the handler's answer.
// It returns ErrUnavailable when that is known already: the bag cannot be reached, or the browser came with a token that was
// replaced, whose next cookie must not be overwritten.
func (m *Manager) Save(ctx context.Context, key, value string) error {
	q := requestOf(ctx)
	if q.bag == unreadable || q.replaced() {
		return ErrUnavailable
	}
	q.saved[key] = true
	m.Put(ctx, key, value)
	return nil
}

// Keys returns the names of the values in the bag, sorted.
func (m *Manager) Keys(ctx context.Context) []string { return m.scs.Keys(ctx) }

// UnknownToken reports whether the browser presented a token under which there is neither a session nor a bag, and no other
// portal on this machine can have issued it.
func (m *Manager) UnknownToken(ctx context.Context) bool {
	q := requestOf(ctx)
	return q.state == session.Unknown && q.Token != "" && q.bag == missing && q.ours
}

// Unavailable reports whether this request's bag could not be read.
func (m *Manager) Unavailable(ctx context.Context) bool { return requestOf(ctx).bag == unreadable }

// Ended returns the handle of the session this browser had last, if it ended a short while ago.
func (m *Manager) Ended(ctx context.Context) string {
	q := requestOf(ctx)
	if q.state == session.Ended {
		return q.Handle
	}
	return q.lastEnded
}

// Rotate makes a token and hands its hash to change, which writes the row and returns what it says from then on: how long
// the bag is kept, and whether its cookie outlives the browser. When change succeeds, the answer carries the cookie whatever
// else happens to the request, because the row has the new token; the bag moves along if it can be written. When it fails,
// cookie and bag stay as they were. empty starts the bag afresh, for another person.
func (m *Manager) Rotate(ctx context.Context, empty bool, change func(tokenHash string) (Session, error)) error {
	q := requestOf(ctx)
	if err := m.scs.RenewToken(ctx); err != nil {
		return err
	}
	opened, err := change(auth.HashToken(m.scs.Token(ctx)))
	if err != nil {
		q.failed = true // scs cannot go back to the old token, so nothing may be written under this one
		return err
	}
	if empty {
		q.forget()
		_ = m.scs.Clear(ctx) // it never fails
	}
	q.did, q.Expires, q.Persistent = rotated, opened.Expires, opened.Persistent
	return nil
}

// NewToken returns the token that Rotate has made, for the function that it calls.
func (m *Manager) NewToken(ctx context.Context) string { return m.scs.Token(ctx) }

// End deletes bag and cookie. The caller has ended the row.
func (m *Manager) End(ctx context.Context) {
	q := requestOf(ctx)
	q.forget()
	q.did = ended
	_ = m.scs.Destroy(ctx) // only DeleteCtx could fail, which does nothing here
}

// Abandon drops what the request changed in its bag, because it ended in a panic or an error. If its session was rotated or
// ended, the cookie still follows that.
func (m *Manager) Abandon(ctx context.Context) {
	if q := requestOf(ctx); q != nil {
		q.failed = true
		clear(q.saved)
	}
}

package audit

import (
	"context"
	"log/slog"
	"time"

	"example.com/gatehouse/internal/device"
)

// A Store stores events.
type Store interface {
	// AddEvent takes as long for an event without an account as for one with.
	AddEvent(ctx context.Context, e Event) error
	// Event returns ErrNotFound for an id that is unknown or another user's.
	Event(ctx context.Context, userID, id string) (Event, error)
	Events(ctx context.Context, userID string, f Filter) ([]Event, error)
	// PruneEvents deletes events before a time. Of the anonymous events it keeps a bounded number, the newest since
	// anonymousBefore.
	PruneEvents(ctx context.Context, before, anonymousBefore time.Time) error
}

const (
	// keepEvents is how long the audit trail goes back.
	keepEvents = 365 * 24 * time.Hour
	// keepAnonymous is how long an anonymous event is stored.
	keepAnonymous = 24 * time.Hour
)

// A Trail writes each event twice: as a row for the account's owner and the administrator, and as a line of the log. It
// is safe for concurrent use.
type Trail struct {
	store   Store
	log     *slog.Logger
	observe func(Event) // nil for nobody
}

// NewTrail returns a trail that keeps its rows in store.
func NewTrail(store Store, log *slog.Logger) *Trail { return &Trail{store: store, log: log} }

// Observe has every event told to whoever counts them, those without a row as well. It is called before the trail is used.
func (t *Trail) Observe(f func(Event)) { t.observe = f }

// Record stores an event for its owner and logs it. A failure is only logged, because what the event reports has
// already happened.
func (t *Trail) Record(ctx context.Context, e Event) {
	if err := t.store.AddEvent(ctx, e); err != nil {
		t.log.ErrorContext(ctx, "event not stored", "kind", e.Kind, "err", err)
	}
	t.Log(ctx, e)
}

// Report logs an event without a row: an anonymous one, or one that strangers could provoke often enough to fill the
// owner's trail.
func (t *Trail) Report(ctx context.Context, kind Kind, userID, sessionID, reason string, c device.Client) {
	e := NewEvent(kind, userID, sessionID, c)
	e.Reason = reason
	t.Log(ctx, e)
}

// Log writes the log lines of events whose rows were stored in the transaction of the change, after its commit.
func (t *Trail) Log(ctx context.Context, events ...Event) {
	for _, e := range events {
		if t.observe != nil {
			t.observe(e)
		}
		attrs := []slog.Attr{slog.String("user", e.UserID), slog.String("session", e.SessionID), slog.String("ip", e.Client.IP)}
		if e.Client.RequestID != "" {
			attrs = append(attrs, slog.String("request", e.Client.RequestID))
		}
		if e.Reason != "" {
			attrs = append(attrs, slog.String("reason", e.Reason))
		}
		if e.Other != "" {
			attrs = append(attrs, slog.String("other", e.Other), slog.String("role", e.Role), slog.String("note", e.Note))
		}
		t.log.LogAttrs(ctx, e.Kind.level(), string(e.Kind), attrs...)
	}
}

// Event returns one event of a person. ErrNotFound for unknown ids and those of other accounts alike (ASVS
// v5.0.0-8.2.2).
func (t *Trail) Event(ctx context.Context, userID, id string) (Event, error) {
	if !IsID(id) {
		return Event{}, ErrNotFound
	}
	return t.store.Event(ctx, userID, id)
}

// Events returns one person's events.
func (t *Trail) Events(ctx context.Context, userID string, f Filter) ([]Event, error) {
	return t.store.Events(ctx, userID, f)
}

// Sweep deletes the events that are no longer kept.
func (t *Trail) Sweep(ctx context.Context) error {
	at := Now()
	return t.store.PruneEvents(ctx, at.Add(-keepEvents), at.Add(-keepAnonymous))
}

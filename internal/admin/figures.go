package admin

import (
	"context"
	"time"

	"example.com/gatehouse/internal/audit"
)

// An EventFilter selects from the events of all accounts, newest first.
type EventFilter struct {
	UserID   string     // "" for all accounts
	Kind     audit.Kind // "" for all
	BeforeAt time.Time
	BeforeID string // with BeforeAt: only events older than this one
	Limit    int
}

// An Event is one of an account, with the name of the account.
type Event struct {
	audit.Event
	Name string
}

// Events returns events across accounts.
func (s *Service) Events(ctx context.Context, f EventFilter) ([]Event, error) {
	return s.store.AllEvents(ctx, f)
}

// Figures are what the portal does at the moment.
type Figures struct {
	SignedIn int // live sessions, at most MaxSignedIn
	Flagged  int // live sessions that are flagged
	Hours    []Hour
	Endings  []Ending // within the last day, the most frequent first
}

// MaxSignedIn bounds the count of live sessions: from there on it would take a while and say little more.
const MaxSignedIn = 100_000

// An Hour is what happened within one.
type Hour struct {
	Begins            time.Time
	SignIns, Failures int
}

// An Ending counts the sessions that ended for a reason.
type Ending struct {
	Reason string
	Count  int
}

const hoursShown = 24

// Figures counts what happened within the last day, by whole hours.
func (s *Service) Figures(ctx context.Context) (Figures, error) {
	now := audit.Now()
	hours := make([]time.Time, hoursShown+1)
	for i := range hours {
		hours[i] = now.Truncate(time.Hour).Add(time.Duration(i-hoursShown+1) * time.Hour)
	}
	return s.store.Figures(ctx, now, hours)
}

package admin

import (
	"context"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

// Store is what this package needs of a database. Each method that changes something is one transaction; times come from the
// caller.
type Store interface {
	// People returns a page of accounts. Each query is answered by an index, however many accounts there are.
	People(ctx context.Context, q Query) ([]Person, error)
	// Administer carries out a change, if the session that asks is live and elevated and its account has that role at that moment.
	// It returns the sessions that ended. The errors of Do.
	Administer(ctx context.Context, c Change) ([]session.Session, error)
	// EndBatch ends the sessions of a part of all accounts, raises their epochs and deletes their pending sign-ins. It returns
	// what ended, all events that it wrote, and the last id of the part, "" when no account is left.
	EndBatch(ctx context.Context, b Batch) (ended []session.Session, events []audit.Event, next string, err error)
	// Void deletes what works once and may have been used since a copy of the database was made: the tokens of emails, emails that
	// wait, sign-ups and sign-ins that are not finished, answers of presses.
	Void(ctx context.Context) error
	// Revealed reports whether an event of that session says that it revealed the address of that account, since a time.
	Revealed(ctx context.Context, by audit.Actor, userID string, since time.Time) (bool, error)
	// EmailChanges returns the latest changes of address of an account, newest first.
	EmailChanges(ctx context.Context, userID string, limit int) ([]account.EmailChange, error)
	// AllEvents returns events across accounts, newest first, with the names of both accounts.
	AllEvents(ctx context.Context, f EventFilter) ([]Event, error)
	// Figures counts what happened within the hours that end at the times given, the first of which only begins.
	Figures(ctx context.Context, now time.Time, hours []time.Time) (Figures, error)
	UserByID(ctx context.Context, id string) (auth.User, error)
	// AddMissingTerms makes up to limit accounts of an older program findable, and returns how many.
	AddMissingTerms(ctx context.Context, limit int) (int, error)
}

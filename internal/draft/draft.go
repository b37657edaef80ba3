// Package draft saves what was typed into a form that came too late: after its session had timed out, or without the
// re-authentication that it needs. The text is stored encrypted, for one person and one form, until that person has
// signed in or re-authenticated and sees it in the form again.
//
// A stored request is never repeated automatically, because it could have been planted, be carried out twice, or be
// forgotten by its author; the person checks the form and presses the button again.
//
// The request that saves the form deletes the draft. Showing it does not, because pages are reloaded and a GET changes
// nothing.
//
// The package knows no HTTP, no SQL and not which forms there are. Callers decide which fields are saved: only text
// that may be shown again, so never a password, a code or a file.
package draft

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/gatehouse/internal/audit"
)

// How long a draft is kept: for somebody who only has to re-authenticate, and for somebody who has to sign in.
const (
	UntilConfirmed = 10 * time.Minute
	UntilSignedIn  = 24 * time.Hour
)

// How much is kept, besides the basket. A new draft beyond these limits deletes the oldest.
const (
	PerSession = 3
	PerUser    = 12
	MaxSize    = 4 << 10 // of one form, in bytes
)

var (
	// ErrNotFound means that there is no draft with this id for this person and this form.
	ErrNotFound = errors.New("no such draft")
	// ErrInvalid means that the form is empty or larger than MaxSize.
	ErrInvalid = errors.New("form empty or too large to be saved")
)

// A Draft is what was typed, and to which person, session and form it belongs.
type Draft struct {
	ID        string // names it in URLs; no secret
	UserID    string
	SessionID string // public handle of the session it was typed in; "" for one of the account
	Route     string // name of the form
	Fields    map[string]string
	ExpiresAt time.Time
}

// A Row is a Draft as it is stored: its fields are sealed.
type Row struct {
	ID, UserID, SessionID, Route string
	Sealed                       []byte
	CreatedAt, ExpiresAt         time.Time
}

// SealPlace binds the encrypted fields to the row's person, session and form: moved to another, they do not open.
func (r Row) SealPlace() string {
	return strings.Join([]string{"held form", r.ID, r.UserID, r.SessionID, r.Route}, "\x00")
}

// Store keeps the rows. Each method is one transaction; times come from the caller.
type Store interface {
	// AddDraft inserts a row and deletes the oldest ones beyond what one session and one user may have. ErrNotFound
	// when the user cannot sign in any more.
	AddDraft(ctx context.Context, r Row, perSession, perUser int) error
	// Draft returns ErrNotFound when the id is unknown or the draft has expired.
	Draft(ctx context.Context, id string, at time.Time) (Row, error)
	// ReplaceDraft inserts a row of no session in place of that user's other ones with its route. auth.ErrConflict when the
	// session of the actor is over.
	ReplaceDraft(ctx context.Context, r Row, by audit.Actor) error
	// DraftOfAccount returns the row of no session with that route, ErrNotFound when there is none.
	DraftOfAccount(ctx context.Context, userID, route string, at time.Time) (Row, error)
	// DeleteDraft deletes a row of that user, if there is one.
	DeleteDraft(ctx context.Context, id, userID string) error
	// PruneDrafts deletes expired rows.
	PruneDrafts(ctx context.Context, at time.Time) error
}

// Sealer encrypts text for one place in the database; moved to another place, it does not open.
type Sealer interface {
	Seal(plain []byte, place string) ([]byte, error)
	Open(sealed []byte, place string) ([]byte, error)
}

// Drafts keeps drafts. It is safe for concurrent use.
type Drafts struct {
	store  Store
	sealer Sealer
}

// New returns Drafts in store.
func New(store Store, sealer Sealer) *Drafts { return &Drafts{store, sealer} }

// Save keeps the fields of f for as long as life and returns the id of the draft. ErrInvalid, or ErrNotFound for a user
// who cannot sign in any more.
func (d *Drafts) Save(ctx context.Context, f Draft, life time.Duration) (id string, err error) {
	plain, err := json.Marshal(f.Fields)
	if err != nil {
		return "", err
	}
	if len(plain) > MaxSize || isEmpty(f.Fields) {
		return "", ErrInvalid
	}
	at := audit.Now()
	row := Row{
		ID: audit.NewID(), UserID: f.UserID, SessionID: f.SessionID, Route: f.Route, CreatedAt: at, ExpiresAt: at.Add(life),
	}
	if row.Sealed, err = d.sealer.Seal(plain, row.SealPlace()); err != nil {
		return "", err
	}
	if err := d.store.AddDraft(ctx, row, PerSession, PerUser); err != nil {
		return "", fmt.Errorf("save a draft: %w", err)
	}
	return row.ID, nil
}

func isEmpty(fields map[string]string) bool {
	for _, text := range fields {
		if text != "" {
			return false
		}
	}
	return true
}

// Find returns the draft with the id for that person and that form. Anything else is ErrNotFound: unknown, expired,
// somebody else's or encrypted with a removed key.
func (d *Drafts) Find(ctx context.Context, id, userID, route string) (Draft, error) {
	row, err := d.row(ctx, id, route)
	if err != nil {
		return Draft{}, err
	}
	if row.UserID != userID {
		return Draft{}, ErrNotFound
	}
	f := Draft{ID: row.ID, UserID: row.UserID, SessionID: row.SessionID, Route: row.Route, ExpiresAt: row.ExpiresAt}
	plain, err := d.sealer.Open(row.Sealed, row.SealPlace())
	if err != nil {
		return Draft{}, ErrNotFound
	}
	err = json.Unmarshal(plain, &f.Fields)
	return f, err
}

// Exists reports whether there is a draft with the id for that form, for somebody who has yet to say who they are.
func (d *Drafts) Exists(ctx context.Context, id, route string) (bool, error) {
	_, err := d.row(ctx, id, route)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (d *Drafts) row(ctx context.Context, id, route string) (Row, error) {
	if !audit.IsID(id) {
		return Row{}, ErrNotFound
	}
	row, err := d.store.Draft(ctx, id, audit.Now())
	if err == nil && row.Route != route {
		return Row{}, ErrNotFound
	}
	return row, err
}

// Delete deletes a draft of that person. A missing draft is no error, because it may have expired.
func (d *Drafts) Delete(ctx context.Context, id, userID string) error {
	if !audit.IsID(id) {
		return nil
	}
	return d.store.DeleteDraft(ctx, id, userID)
}

// Sweep deletes expired drafts.
func Sweep(ctx context.Context, s Store) error { return s.PruneDrafts(ctx, audit.Now()) }

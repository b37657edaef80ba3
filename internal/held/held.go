// Package held keeps what was typed into a form that came too late: after its session had timed out, or without the
// re-authentication that it needs. The text waits sealed, for one person and one form, until that person has
// signed in or confirmed again and sees it in the form.
//
// Nothing is ever sent again on somebody's behalf. A stored request could have been planted, could be carried out twice,
// or could be long forgotten; so the person looks at what is in the form and presses the button themselves.
//
// One use means one saving: the request that saves the form uses up what was held. Looking does not, because a page is
// looked at as often as its reader reloads it, and because a GET changes nothing.
//
// The package knows no HTTP, no SQL and not which forms there are. Whoever calls it decides which fields may be kept:
// what comes in is text that may be shown again, so never a password, a code or a file.
package held

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// How long a form is held: for somebody who only has to confirm that it is them, and for somebody who has to sign in.
const (
	UntilConfirmed = 10 * time.Minute
	UntilSignedIn  = 24 * time.Hour
)

// How much is held. What one more would make too many is the oldest.
const (
	PerSession = 3
	PerUser    = 12
	MaxSize    = 4 << 10 // of one form, in bytes
)

var (
	// ErrNotFound means that nothing is held under this id for this person and this form.
	ErrNotFound = errors.New("no such held form")
	// ErrRefused means that the form is empty or larger than MaxSize.
	ErrRefused = errors.New("nothing that could be held")
)

// A Form is what was typed, and where it belongs.
type Form struct {
	ID        string // names it in URLs; no secret
	UserID    string
	SessionID string // public handle of the session it was typed in
	Route     string // name of the form
	Fields    map[string]string
	ExpiresAt time.Time
}

// A Row is a Form as it is stored: its fields are sealed.
type Row struct {
	ID, UserID, SessionID, Route string
	Sealed                       []byte
	CreatedAt, ExpiresAt         time.Time
}

// place is what the fields are sealed for: a row that is moved to another person, session or form does not open.
func (r Row) place() string {
	return strings.Join([]string{"held form", r.ID, r.UserID, r.SessionID, r.Route}, "\x00")
}

// Store keeps the rows. Each method is one transaction; times come from the caller.
type Store interface {
	// AddHeldForm inserts a row and deletes the oldest ones beyond what one session and one user may have. ErrNotFound
	// when the user cannot sign in any more.
	AddHeldForm(ctx context.Context, r Row, perSession, perUser int) error
	// HeldForm returns ErrNotFound when the id is unknown or its time is up.
	HeldForm(ctx context.Context, id string, at time.Time) (Row, error)
	// DropHeldForm deletes a row of that user, if there is one.
	DropHeldForm(ctx context.Context, id, userID string) error
	// PruneHeldForms deletes the rows whose time is up.
	PruneHeldForms(ctx context.Context, at time.Time) error
}

// Sealer encrypts text for one place, and opens it there and nowhere else.
type Sealer interface {
	Seal(plain []byte, place string) ([]byte, error)
	Open(sealed []byte, place string) ([]byte, error)
}

// Keeper holds forms. It is safe for concurrent use.
type Keeper struct {
	store  Store
	sealer Sealer
}

// New returns a Keeper.
func New(store Store, sealer Sealer) *Keeper { return &Keeper{store, sealer} }

// Keep holds the fields of f for as long as life and returns their id. ErrRefused, or ErrNotFound for a user who cannot
// sign in any more.
func (k *Keeper) Keep(ctx context.Context, f Form, life time.Duration) (id string, err error) {
	plain, err := json.Marshal(f.Fields)
	if err != nil {
		return "", err
	}
	if len(plain) > MaxSize || isEmpty(f.Fields) {
		return "", ErrRefused
	}
	at := now()
	row := Row{
		ID: rand.Text(), UserID: f.UserID, SessionID: f.SessionID, Route: f.Route, CreatedAt: at, ExpiresAt: at.Add(life),
	}
	if row.Sealed, err = k.sealer.Seal(plain, row.place()); err != nil {
		return "", err
	}
	if err := k.store.AddHeldForm(ctx, row, PerSession, PerUser); err != nil {
		return "", fmt.Errorf("hold a form: %w", err)
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

// Find returns what is held under the id for that person and that form. Anything else is ErrNotFound, whether it is
// unknown, too old, somebody else's or sealed with a key that is gone.
func (k *Keeper) Find(ctx context.Context, id, userID, route string) (Form, error) {
	row, err := k.row(ctx, id, route)
	if err != nil {
		return Form{}, err
	}
	if row.UserID != userID {
		return Form{}, ErrNotFound
	}
	f := Form{ID: row.ID, UserID: row.UserID, SessionID: row.SessionID, Route: row.Route, ExpiresAt: row.ExpiresAt}
	plain, err := k.sealer.Open(row.Sealed, row.place())
	if err != nil {
		return Form{}, ErrNotFound
	}
	return f, json.Unmarshal(plain, &f.Fields)
}

// Waits reports whether anything is held under the id for that form, for somebody who has yet to say who they are.
func (k *Keeper) Waits(ctx context.Context, id, route string) (bool, error) {
	_, err := k.row(ctx, id, route)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (k *Keeper) row(ctx context.Context, id, route string) (Row, error) {
	if !isID(id) {
		return Row{}, ErrNotFound
	}
	row, err := k.store.HeldForm(ctx, id, now())
	if err == nil && row.Route != route {
		return Row{}, ErrNotFound
	}
	return row, err
}

// Use deletes what that person had saved from. Nothing under the id is no error: it was used up, or too old.
func (k *Keeper) Use(ctx context.Context, id, userID string) error {
	if !isID(id) {
		return nil
	}
	return k.store.DropHeldForm(ctx, id, userID)
}

// Sweep deletes what is held no longer.
func Sweep(ctx context.Context, s Store) error { return s.PruneHeldForms(ctx, now()) }

// now is no finer than PostgreSQL keeps time.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// isID reports whether the text has the form of an id. Anything else need not be looked up, and some of it could not be.
func isID(text string) bool {
	return len(text) == 26 && !strings.ContainsFunc(text, func(c rune) bool { return (c < 'A' || c > 'Z') && (c < '2' || c > '7') })
}

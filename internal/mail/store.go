package mail

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

var (
	// ErrFull means that the outbox holds as many emails as it may.
	ErrFull = errors.New("too many emails in the outbox")
	// ErrNoneDue means that no email is due, or that another instance claimed it first.
	ErrNoneDue = errors.New("no email is due")
)

// A Row is an unsent email as it is stored: encrypted, because it holds an address and often a token.
type Row struct {
	ID                          string // of the email
	Sealed                      []byte
	Attempts                    int // begun so far
	CreatedAt, DueAt, ExpiresAt time.Time
	Class                       Class
	Sender                      string // digest of who caused it
	Box                         string // mailbox in the portal; "" for one that leaves
}

// SealPlace binds the encrypted text to its row: moved to another row, it does not open. The name is part of stored data.
func (r Row) SealPlace() string { return "letter\x00" + r.ID }

// Store keeps the rows. Each method is one statement; times come from the caller.
type Store interface {
	// AddEmail puts an email with a Box there, in place of the oldest beyond MaxInBox. It returns ErrFull when that many emails or more are stored already, or as many of its sender as one may have.
	AddEmail(ctx context.Context, r Row, most int) error
	// ClaimEmail takes the first email that is due at a time, counts an attempt, and makes it due again at until. The first is
	// that with the lowest Place.
	// Concurrent callers get different emails or ErrNoneDue.
	ClaimEmail(ctx context.Context, at, until time.Time) (Row, error)
	// PostponeEmail makes a claimed email due at another time, unless another instance has claimed it since.
	PostponeEmail(ctx context.Context, r Row, due time.Time) error
	// DeleteEmail deletes an email, if it exists.
	DeleteEmail(ctx context.Context, id string) error
	CountEmails(ctx context.Context) (int, error)
	// Box returns the emails of a mailbox in the portal, newest first.
	Box(ctx context.Context, box string) ([]Row, error)
	CountEmailsOf(ctx context.Context, sender string) (all, ofSender int, err error)
}

// Sealer encrypts text for one place in the database; moved to another place, it does not open.
type Sealer interface {
	Seal(plain []byte, place string) ([]byte, error)
	Open(sealed []byte, place string) ([]byte, error)
}

// seal encrypts an email into the row that is due at the given time.
func seal(s Sealer, l Email, at time.Time) (Row, error) {
	plain, err := json.Marshal(l)
	if err != nil {
		return Row{}, err
	}
	r := Row{ID: l.ID, CreatedAt: at, DueAt: at, ExpiresAt: at.Add(defaultValidity), Class: l.Class, Sender: l.sender(), Box: l.Box}
	if !l.NotAfter.IsZero() && l.NotAfter.Before(r.ExpiresAt) {
		r.ExpiresAt = l.NotAfter
	}
	r.Sealed, err = s.Seal(plain, r.SealPlace())
	return r, err
}

// unseal returns the email of a row. It fails when the key is gone or the text was meant for another row.
func unseal(s Sealer, r Row) (Email, error) {
	var l Email
	plain, err := s.Open(r.Sealed, r.SealPlace())
	if err != nil {
		return l, err
	}
	err = json.Unmarshal(plain, &l)
	return l, err
}

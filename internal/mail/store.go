package mail

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

var (
	// ErrFull means that as many letters wait as may at once.
	ErrFull = errors.New("too many letters wait")
	// ErrNoLetter means that no letter is due, or that somebody else was first to take it.
	ErrNoLetter = errors.New("no letter is due")
)

// A Row is a letter that has yet to leave, as it is stored: sealed, because it holds an address and often a token.
type Row struct {
	ID                          string // of the letter
	Sealed                      []byte
	Attempts                    int // begun so far
	CreatedAt, DueAt, ExpiresAt time.Time
}

// place is what the letter is sealed for: a text that is moved to another row does not open.
func (r Row) place() string { return "letter\x00" + r.ID }

// Store keeps the rows. Each method is one statement; times come from the caller.
type Store interface {
	// AddLetter returns ErrFull when that many letters or more wait already.
	AddLetter(ctx context.Context, r Row, most int) error
	// ClaimLetter takes the letter that has been due the longest at a time, counts an attempt, and makes it due again at
	// until. Of several callers at once each gets another letter or ErrNoLetter.
	ClaimLetter(ctx context.Context, at, until time.Time) (Row, error)
	// PostponeLetter makes a claimed letter due at another time, unless somebody else has claimed it since.
	PostponeLetter(ctx context.Context, r Row, due time.Time) error
	// DropLetter deletes a letter, if there is one.
	DropLetter(ctx context.Context, id string) error
	CountLetters(ctx context.Context) (int, error)
}

// Sealer encrypts text for one place, and opens it there and nowhere else.
type Sealer interface {
	Seal(plain []byte, place string) ([]byte, error)
	Open(sealed []byte, place string) ([]byte, error)
}

// seal makes the row of a letter that is due at a time.
func seal(s Sealer, l Letter, at time.Time) (Row, error) {
	plain, err := json.Marshal(l)
	if err != nil {
		return Row{}, err
	}
	r := Row{ID: l.ID, CreatedAt: at, DueAt: at, ExpiresAt: at.Add(worthReading)}
	if !l.NotAfter.IsZero() && l.NotAfter.Before(r.ExpiresAt) {
		r.ExpiresAt = l.NotAfter
	}
	r.Sealed, err = s.Seal(plain, r.place())
	return r, err
}

// unseal returns the letter of a row. It fails when the key is gone or the text was meant for another row.
func unseal(s Sealer, r Row) (Letter, error) {
	var l Letter
	plain, err := s.Open(r.Sealed, r.place())
	if err != nil {
		return l, err
	}
	return l, json.Unmarshal(plain, &l)
}

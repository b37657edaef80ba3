package audit

import (
	"crypto/rand"
	"errors"
	"strings"
	"time"
)

// ErrNotFound means that it does not exist or belongs to another account.
var ErrNotFound = errors.New("not found")

// Now is the time of the database: UTC, and no finer than PostgreSQL keeps it, so that what is written reads back equal.
func Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// NewID returns 128 random bits and more as text. It identifies things in URLs and is no secret.
func NewID() string { return rand.Text() }

// IsID reports whether the text has the form of an id of NewID. Nothing else is looked up, because PostgreSQL fails on
// bytes that are not valid text.
func IsID(text string) bool {
	return len(text) == 26 && !strings.ContainsFunc(text, func(c rune) bool { return (c < 'A' || c > 'Z') && (c < '2' || c > '7') })
}

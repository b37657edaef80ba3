// Package mail writes the letters the portal sends, keeps them until they have
// left, and hands them to a mail server, or to a mailbox in memory during
// development. It does not know accounts, sessions, HTTP or SQL: callers say
// whom to write to and why.
package mail

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"
)

// ErrTemporary marks a failure after which a later attempt may succeed.
var ErrTemporary = errors.New("temporary failure")

// Letter is one message to one address, in plain text and the same words in HTML.
type Letter struct {
	// ID is unique and stays the same over all attempts to send the letter:
	// a mail server that was given it twice can tell.
	ID      string
	To      string // a bare address, without a display name
	Subject string
	Text    string
	HTML    string
	At      time.Time // when it was written, UTC

	// NotAfter is when the letter's link dies: then it is not sent any more. Zero for a letter that only tells.
	NotAfter time.Time
}

// until is the letter with a link that works for as long as valid.
func (l Letter) until(valid time.Duration) Letter {
	l.NotAfter = l.At.Add(valid)
	return l
}

// LogValue keeps the text, which holds tokens, and the person's address out of
// every log.
func (l Letter) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("to_domain", domain(l.To)),
		slog.String("subject", l.Subject),
	)
}

// Sender delivers letters.
type Sender interface {
	// Send returns soon after ctx has ended. Its error is ErrTemporary where a
	// later attempt may help, and contains neither credentials nor anything
	// of the letter's text.
	Send(ctx context.Context, l Letter) error
}

// domain is what follows the last @ of an address.
func domain(address string) string {
	return address[strings.LastIndexByte(address, '@')+1:]
}

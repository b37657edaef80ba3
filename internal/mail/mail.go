// Package mail composes the emails of the portal, stores them in an outbox until they are sent, and hands them to a
// mail server, or during development to a mailbox in memory. It does not know accounts, sessions, HTTP or SQL: callers
// say to whom an email goes and what it is about.
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

// Email is one message to one address, as plain text and with the same words as HTML.
type Email struct {
	// ID is unique and the same in all attempts to send the email, so that a mail server can recognise a duplicate.
	ID      string
	To      string // a bare address, without a display name
	Subject string
	Text    string
	HTML    string
	At      time.Time // when it was written, UTC

	// NotAfter is when the link in the email expires, after which it is not sent. Zero for an email without such a
	// link.
	NotAfter time.Time

	Class  Class  `json:"-"` // with Sender, when it leaves
	Sender string `json:"-"` // who caused it
	Box    string `json:"-"` // mailbox in the portal that it goes into; "" for one that leaves
}

// expiring returns the email with NotAfter set to the end of valid.
func (l Email) expiring(valid time.Duration) Email {
	l.NotAfter = l.At.Add(valid)
	return l
}

// Decoy returns the email for nobody: it is stored and taken out of the outbox like any other, and not sent, so that an address
// without an account costs what one with an account does.
func (l Email) Decoy() Email {
	l.To = ""
	return l
}

// LogValue keeps the text, which holds tokens, and the person's address out of
// every log.
func (l Email) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("to_domain", domain(l.To)),
		slog.String("subject", l.Subject),
	)
}

// Sender delivers emails.
type Sender interface {
	// Send returns soon after ctx has ended. Its error is ErrTemporary where a
	// later attempt may help, and contains neither credentials nor anything
	// of the email's text.
	Send(ctx context.Context, l Email) error
}

// domain is what follows the last @ of an address.
func domain(address string) string {
	return address[strings.LastIndexByte(address, '@')+1:]
}

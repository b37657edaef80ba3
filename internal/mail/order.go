package mail

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// A Class says which emails leave first, as long as the others do not wait too long. The numbers are part of stored data.
type Class int

// Those that leave first come first.
const (
	Awaited     Class = iota // somebody waits for it, often with a link that dies soon
	Report                   // tells of what happened
	ToEverybody              // the same, to all accounts at once
)

const (
	// MaxQueued bounds how many emails the outbox holds, so that a flood which gets past the limits per recipient and
	// network does not fill the database.
	MaxQueued = 10_000
	// MaxOfSender bounds how many of one sender wait at the same time, so that nobody fills the outbox alone.
	MaxOfSender = 100
	// margin is what a promise leaves free, for those that are made at the same moment.
	margin = 10
)

// most is how full the outbox may be for another email of that class: reports leave room for what people wait for.
func (c Class) most() int {
	switch c {
	case Awaited:
		return MaxQueued
	case Report:
		return MaxQueued / 5 * 4
	}
	return MaxQueued / 2
}

// delay is how long an email of that class lets others pass. It bounds how long it waits for them, however many come.
func (c Class) delay() time.Duration {
	switch c {
	case Awaited:
		return 0
	case Report:
		return time.Minute
	}
	return 15 * time.Minute
}

// turn is how long an email lets others pass for each of its sender that waits already.
const turn = 10 * time.Second

// Place is where the row stands in the order of the outbox, with none of its sender before it, and how much farther back each of
// those moves it. Emails to everybody have one sender and so many that they are not moved.
func (r Row) Place() (first, each int64) {
	first = PlaceOf(r.DueAt.Add(r.Class.delay()))
	if r.Class == ToEverybody {
		return first, 0
	}
	return first, turn.Microseconds()
}

// PlaceOf is where an email stands that has let others pass already and is due at a time.
func PlaceOf(due time.Time) int64 { return due.UnixMicro() }

// Most is how full the outbox may be for this email.
func (r Row) Most() int { return r.Class.most() }

// MostOfSender is how many of its sender may wait with it. What an administrator tells everybody has the bound of its class alone.
func (r Row) MostOfSender() int {
	if r.Class == ToEverybody {
		return MaxQueued
	}
	return MaxOfSender
}

// By returns the email with the account or network that caused it, "account:" and its id for instance. Emails of one sender
// wait for those of others. An email without a sender is its reader's.
func (l Email) By(sender string) Email {
	l.Sender = sender
	return l
}

// sender is the digest that is stored: no address is to be read in the table.
func (l Email) sender() string { return senderOf(cmp.Or(l.Sender, "reader:"+l.To)) }

func senderOf(sender string) string {
	sum := sha256.Sum256([]byte(sender))
	return hex.EncodeToString(sum[:16])
}

// Room returns ErrFull when the outbox may not hold another email that somebody waits for from that sender. It is for pages
// that answer before the email is stored, alike whether or not there will be one.
func (o *Outbox) Room(ctx context.Context, sender string) error {
	all, ofSender, err := o.Store.CountEmailsOf(ctx, senderOf(sender))
	if err == nil && (all > Awaited.most()-margin || ofSender > MaxOfSender-margin) {
		err = ErrFull
	}
	return err
}

// awaited returns the email as one that somebody waits for.
func (l Email) awaited() Email {
	l.Class = Awaited
	return l
}

// ToEverybody returns the email as one of those that go to all accounts.
func (l Email) ToEverybody() Email {
	l.Class = ToEverybody
	return l
}

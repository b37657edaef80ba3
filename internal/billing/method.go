package billing

import (
	"context"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
)

// An Instrument is something to pay with. All of them are fictitious, and no form asks for a card number, because
// people type real ones into demonstrations.
type Instrument struct {
	Key, Name, LastFour string
	Text                string // the outcome of charging it
}

func (i Instrument) String() string { return i.Name + " ending " + i.LastFour }

// Instruments are all that exist, one for each behaviour of a gateway.
var Instruments = []Instrument{
	{visa4242, "Test Visa", "4242", "Pays."},
	{mastercard0002, "Test Mastercard", "0002", "Is declined."},
	{visa0119, "Test Visa", "0119", "Does not answer in time, and pays a little later."},
	{debit0077, "Test debit", "0077", "Pays, and then says that it was declined."},
}

const (
	visa4242       = "visa-4242"
	mastercard0002 = "mastercard-0002"
	visa0119       = "visa-0119"
	debit0077      = "debit-0077"
)

// InstrumentOf returns the instrument with that key.
func InstrumentOf(key string) (Instrument, bool) {
	for _, i := range Instruments {
		if i.Key == key {
			return i, true
		}
	}
	return Instrument{}, false
}

// MaxAddress is how long an invoice address may be, in code points, line ends included.
const MaxAddress = 300

// A Method is how an account pays. It has one at most.
type Method struct {
	UserID     string
	Instrument string // key
	Name       string // on the invoice
	Address    string // on the invoice; lines end with "\n"; may be ""
	ChangedAt  time.Time
}

// Method returns how the account pays, ErrNotFound when nothing is set.
func (s *Service) Method(ctx context.Context, userID string) (Method, error) {
	return s.store.Method(ctx, userID)
}

// SetMethod makes m the one method of its account.
func (s *Service) SetMethod(ctx context.Context, m Method, by audit.Actor, press *act.Record) error {
	m.ChangedAt = audit.Now()
	return s.store.SetMethod(ctx, m, by, press)
}

package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
)

// A Bill is everything that somebody confirms by paying. It is shown on the review page and compared with the current
// state when the confirmation comes.
type Bill struct {
	Order      string
	Plan       string // key
	Amount     Money
	Payee      string
	Instrument string // key; "" when there is nothing to pay, like the name and the address
	Name       string
	Address    string
}

// NewBill returns the bill of a plan's order at its current price, paid with m.
func NewBill(order string, p Plan, m Method) Bill {
	b := Bill{Order: order, Plan: p.Key, Amount: p.Price, Payee: Payee}
	if !p.Free() {
		b.Instrument, b.Name, b.Address = m.Instrument, m.Name, m.Address
	}
	return b
}

// State is how far a payment has come. It changes once.
type State string

// The states. Pending means that the gateway has not answered and may have charged.
const (
	Pending  State = "pending"
	Paid     State = "paid"
	Declined State = "declined"
)

// A Payment is the one attempt to pay an order, as it was confirmed.
type Payment struct {
	Bill
	UserID    string
	Session   string // handle of the session it was confirmed in
	LastFour  string // "" when there was nothing to pay
	State     State
	CreatedAt time.Time // when it was confirmed
	SettledAt time.Time // of the answer; zero while pending
}

// Free reports whether there was nothing to pay.
func (p Payment) Free() bool { return p.Amount.Minor == 0 }

// ErrNotOwned is the ErrNotFound of something that belongs to another account. Pages answer both alike.
var ErrNotOwned = fmt.Errorf("somebody else's: %w", ErrNotFound)

// Pay pays an order, once. The row is written before the gateway is asked, and its primary key lets only one request
// through. A second call, from another tab or a replay, changes nothing, returns the state of the first, and is not the first. The payment
// may be returned pending. ErrNotOwned when another account has the order. press, nil for none, and what the confirmation uses up
// are stored with the row.
func (s *Service) Pay(ctx context.Context, p Payment, by audit.Actor, press *act.Record, spend auth.Spend) (paid Payment, first bool, err error) {
	p.CreatedAt, p.State = audit.Now(), Pending
	if i, ok := InstrumentOf(p.Instrument); ok {
		p.LastFour = i.LastFour
	}
	if p.Free() {
		p.State, p.SettledAt = Paid, p.CreatedAt
	}
	err = s.store.Begin(ctx, p, by, press, spend)
	first = err == nil
	if first && p.State == Pending {
		s.ask(ctx, p, by)
	}
	if !first && !errors.Is(err, ErrBegun) {
		return Payment{}, false, err
	}
	paid, err = s.Payment(ctx, p.UserID, p.Order)
	return paid, first, err
}

// answerWithin is how long a request waits for the gateway. After that the payment is pending until Reconcile.
const answerWithin = 10 * time.Second

// ask charges the payment, or asks for its outcome, and stores the answer in the row.
func (s *Service) ask(ctx context.Context, p Payment, by audit.Actor) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	c := Charge{ID: p.Order, Instrument: p.Instrument, Amount: p.Amount, Payee: p.Payee, At: p.CreatedAt}
	err := s.gateway.Charge(ctx, c, func(ctx context.Context, answer State) error { return s.settle(ctx, p, answer, by) })
	if err != nil {
		s.log.WarnContext(ctx, "payment not answered", "payment", p.Order, "err", err)
	}
}

// settle stores the first answer. A later one changes nothing; if it contradicts the first, an error is logged for the
// operator.
func (s *Service) settle(ctx context.Context, p Payment, answer State, by audit.Actor) error {
	if answer != Paid && answer != Declined {
		return fmt.Errorf("settle: no answer: %q", answer)
	}
	p.State, p.SettledAt = answer, audit.Now()
	first, err := s.store.Settle(ctx, p, by)
	if err != nil || first {
		return err
	}
	standing, err := s.store.Payment(ctx, p.Order)
	if err == nil && standing.State != answer {
		s.log.ErrorContext(ctx, "payment answered differently", "payment", p.Order, "stands", standing.State, "answer", answer)
	}
	return err
}

// retryAfter is longer than the gateway's time to answer the request that confirmed a payment.
const retryAfter = answerWithin + 5*time.Second

// reconcileBatch bounds one read of Reconcile.
const reconcileBatch = 100

// Reconcile asks the gateway again about every payment without an answer. Several instances may do it at once: the
// gateway charges once for each id, and each payment is settled once.
func (s *Service) Reconcile(ctx context.Context) error {
	before, after := audit.Now().Add(-retryAfter), ""
	for {
		pending, err := s.store.Pending(ctx, before, after, reconcileBatch)
		if err != nil {
			return fmt.Errorf("reconcile: %w", err)
		}
		for _, p := range pending {
			var nobody audit.Actor // no request, so no actor
			s.ask(ctx, p, nobody)
			after = p.Order
		}
		if len(pending) < reconcileBatch || ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// Payment returns the account's payment of an order: ErrNotFound when there is none, ErrNotOwned when it is another's.
func (s *Service) Payment(ctx context.Context, userID, order string) (Payment, error) {
	if !IsOrder(order) {
		return Payment{}, ErrNotFound
	}
	p, err := s.store.Payment(ctx, order)
	if err == nil && p.UserID != userID {
		return Payment{}, ErrNotOwned
	}
	return p, err
}

// Payments returns the account's latest, newest first: those in one state, or all of them for "".
func (s *Service) Payments(ctx context.Context, userID string, state State, limit int) ([]Payment, error) {
	return s.store.Payments(ctx, userID, state, limit)
}

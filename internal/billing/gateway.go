package billing

import (
	"context"
	"time"
)

// A Charge asks a gateway for money.
type Charge struct {
	// ID is the payment's and the idempotency key: however often a gateway is asked with it, it charges once and
	// answers the same.
	ID         string
	Instrument string // key
	Amount     Money
	Payee      string
	At         time.Time // when the person confirmed it
}

// A Gateway moves money. Charge may be asked again with a charge it knows, to learn what became of it.
//
// It answers by calling deliver with Paid or Declined. As with real gateways, the answer may be missing, late, after
// Charge has returned, or given several times with contradictions. deliver returns an error when the answer could not
// be stored and should be delivered again. The error of Charge is for the log and does not say whether money moved.
type Gateway interface {
	Charge(ctx context.Context, c Charge, deliver func(context.Context, State) error) error
}

// Sandbox is a gateway for development and demonstrations. It moves no money and remembers nothing; what it answers
// follows from the test instrument.
type Sandbox struct{}

// late is how long the slow instrument delays its answer.
const late = 15 * time.Second

// Charge answers at once, or not at all.
func (Sandbox) Charge(ctx context.Context, c Charge, deliver func(context.Context, State) error) error {
	for _, answer := range sandboxAnswers(c) {
		if err := deliver(ctx, answer); err != nil {
			return err
		}
	}
	return nil
}

func sandboxAnswers(c Charge) []State {
	switch c.Instrument {
	case visa4242:
		return []State{Paid}
	case debit0077:
		return []State{Paid, Declined}
	case visa0119:
		if time.Since(c.At) >= late {
			return []State{Paid}
		}
		return nil
	}
	return []State{Declined}
}

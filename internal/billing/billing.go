// Package billing sells plans: what they cost, what they are paid with, and that each order is paid at most once. It
// knows no HTTP, no SQL, no sessions and no passwords: callers decide whether somebody may pay. The Store checks in the
// transaction of the change that the session which asks is still live.
package billing

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/brand"
)

var (
	// ErrNotFound means that it does not exist or belongs to another account.
	ErrNotFound = errors.New("not found")
	// ErrBegun means a payment for the order exists already.
	ErrBegun = errors.New("order has a payment already")
)

// Payee is who is paid, as every review and receipt says.
const Payee = brand.Name + " Demo Ltd"

// Money is an amount in the smallest unit of a currency that has a hundred of them.
type Money struct {
	Minor    int64
	Currency string // ISO 4217
}

func (m Money) String() string {
	return fmt.Sprintf("%d.%02d %s", m.Minor/100, m.Minor%100, m.Currency)
}

// Store stores methods and payments. Each method is one transaction; times come from the caller. A method with an actor
// returns an error of the Store's, and changes nothing, when the session of the actor is over.
type Store interface {
	// Method returns ErrNotFound when the account has none.
	Method(ctx context.Context, userID string) (Method, error)
	// SetMethod replaces the one before.
	SetMethod(ctx context.Context, m Method, by audit.Actor, press *act.Record) error

	// Begin writes a payment down, pending or, if it is free, paid. ErrBegun when its order has one, whoever's it is.
	Begin(ctx context.Context, p Payment, by audit.Actor, press *act.Record, spend auth.Spend) error
	// Settle writes state and time of a payment that is pending, and reports whether it was.
	Settle(ctx context.Context, p Payment, by audit.Actor) (bool, error)
	// Payment returns ErrNotFound when nobody has paid the order.
	Payment(ctx context.Context, order string) (Payment, error)
	// Payments returns an account's, newest first; state "" for all.
	Payments(ctx context.Context, userID string, state State, limit int) ([]Payment, error)
	// Pending returns payments without an answer that began before a time, by order, from the one that follows after.
	Pending(ctx context.Context, before time.Time, after string, limit int) ([]Payment, error)
}

// Service is what people do with plans, methods and payments. Its methods are safe for concurrent use.
type Service struct {
	store   Store
	gateway Gateway
	log     *slog.Logger
}

// New returns a Service that keeps everything in store and charges through gateway.
func New(store Store, gateway Gateway, log *slog.Logger) *Service {
	return &Service{store: store, gateway: gateway, log: log}
}

// NewOrder returns the id of a new order. The payment for it will have the same id.
func NewOrder() string { return rand.Text() }

// IsOrder reports whether the text has the form of what NewOrder returns. Anything else need not be looked up.
func IsOrder(text string) bool {
	return len(text) == 26 && !strings.ContainsFunc(text, func(c rune) bool { return (c < 'A' || c > 'Z') && (c < '2' || c > '7') })
}

package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/billing"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/store"
)

func ledger(s *store.Store) store.Ledger {
	return s.Ledger(audit.NewTrail(s, slog.New(slog.DiscardHandler)))
}

func payment(order, userID string) billing.Payment {
	return billing.Payment{
		Bill: billing.Bill{
			Order: order, Plan: "hall", Amount: billing.Money{Minor: 1200, Currency: "EUR"}, Payee: "Payee",
			Instrument: "visa-4242", Name: "Ada", Address: "1 Lane\nTown",
		},
		UserID: userID, Session: "one", LastFour: "4242", State: billing.Pending, CreatedAt: at,
	}
}

// Methods and payments are written only from a live session, and are read as they were written.
func TestLedger(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		x := newSession("one", "ada")
		open(t, s, x)
		l, by := ledger(s), x.By(device.Client{})
		if _, err := l.Method(t.Context(), "ada"); !errors.Is(err, billing.ErrNotFound) {
			t.Errorf("no method: got %v, want ErrNotFound", err)
		}
		if _, err := l.Payment(t.Context(), "order"); !errors.Is(err, billing.ErrNotFound) {
			t.Errorf("no payment: got %v, want ErrNotFound", err)
		}
		stolen := by
		stolen.TokenHash = "replaced"
		m, p := billing.Method{UserID: "ada", Instrument: "visa-4242", Name: "Ada", ChangedAt: at}, payment("order", "ada")
		if err := l.SetMethod(t.Context(), m, stolen, nil); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("SetMethod with another token: got %v, want ErrConflict", err)
		}
		if err := l.Begin(t.Context(), p, stolen, nil, auth.Spend{}); !errors.Is(err, auth.ErrConflict) {
			t.Errorf("Begin with another token: got %v, want ErrConflict", err)
		}
		if err := errors.Join(l.SetMethod(t.Context(), m, by, nil), l.Begin(t.Context(), p, by, nil, auth.Spend{})); err != nil {
			t.Fatal(err)
		}
		if err := l.Begin(t.Context(), p, by, nil, auth.Spend{}); !errors.Is(err, billing.ErrBegun) {
			t.Errorf("Begin again: got %v, want ErrBegun", err)
		}
		if got, err := l.Method(t.Context(), "ada"); err != nil || got != m {
			t.Errorf("got %+v, %v, want %+v", got, err, m)
		}
		if got, err := l.Payment(t.Context(), "order"); err != nil || got != p {
			t.Errorf("got %+v, %v, want %+v", got, err, p)
		}
		p.State, p.SettledAt = billing.Paid, at.Add(time.Second)
		if first, err := l.Settle(t.Context(), p, by); err != nil || !first {
			t.Errorf("Settle: got %v, %v, want the first", first, err)
		}
		if got, err := l.Payment(t.Context(), "order"); err != nil || got != p {
			t.Errorf("got %+v, %v, want %+v", got, err, p)
		}
	})
}

// An account's payments are listed newest first; what waits is found to the last, however much it is.
func TestPaymentsInOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		x := newSession("one", "ada")
		open(t, s, x)
		l := ledger(s)
		const many = 205 // more than two batches
		for i := range many {
			p := payment(fmt.Sprintf("order-%03d", i), "ada")
			p.CreatedAt = at.Add(time.Duration(i) * time.Second)
			if err := l.Begin(t.Context(), p, x.By(device.Client{}), nil, auth.Spend{}); err != nil {
				t.Fatal(err)
			}
		}
		newest, err := l.Payments(t.Context(), "ada", "", 2)
		if err != nil || len(newest) != 2 || newest[0].Order != "order-204" || newest[1].Order != "order-203" {
			t.Errorf("newest: got %v, %v", newest, err)
		}
		asked := map[string]int{}
		gateway := silent(func(c billing.Charge) { asked[c.ID]++ })
		if err := billing.New(l, gateway, slog.New(slog.DiscardHandler)).Reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(asked) != many || asked["order-000"] != 1 || asked["order-204"] != 1 {
			t.Errorf("asked about %d payments, want each of %d once", len(asked), many)
		}
	})
}

// silent never answers.
type silent func(billing.Charge)

func (s silent) Charge(_ context.Context, c billing.Charge, _ func(context.Context, billing.State) error) error {
	s(c)
	return nil
}

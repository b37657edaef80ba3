package store

import (
	"context"
	"database/sql"
	"errors"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/billing"
)

// Ledger is billing's Store. What the owner of an account should read about comes with its event: one transaction,
// and then the log.
type Ledger struct {
	store *Store
	trail *auth.Service
}

var _ billing.Store[auth.Asker] = Ledger{}

// Ledger returns billing's Store on the same connections. The events it writes are made and logged by trail.
func (s *Store) Ledger(trail *auth.Service) Ledger { return Ledger{s, trail} }

// Method returns how the account pays.
func (l Ledger) Method(ctx context.Context, userID string) (billing.Method, error) {
	m := billing.Method{UserID: userID}
	err := l.store.db.QueryRowContext(ctx, `
		SELECT instrument, name, address, changed_at
		FROM payment_methods
		WHERE user_id = $1`, userID).Scan(&m.Instrument, &m.Name, &m.Address, &m.ChangedAt)
	return m, foundPayment(err)
}

// SetMethod replaces how the account pays. auth.ErrOvertaken when the session that asks is over.
func (l Ledger) SetMethod(ctx context.Context, m billing.Method, by auth.Asker) error {
	e := l.trail.NewEvent(auth.PaymentMethodChange, by.Session, by.Client)
	err := l.store.tx(ctx, func(tx *sql.Tx) error {
		if err := onTheWordOf(ctx, tx, by.Session, m.ChangedAt, 0); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO payment_methods (user_id, instrument, name, address, changed_at)
			VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (user_id) DO UPDATE
			SET instrument = excluded.instrument, name = excluded.name, address = excluded.address, changed_at = excluded.changed_at`,
			m.UserID, m.Instrument, m.Name, m.Address, m.ChangedAt)
		if err != nil {
			return err
		}
		return addEvents(ctx, tx, e)
	})
	if err == nil {
		l.trail.Log(ctx, e)
	}
	return err
}

// foundPayment turns "no rows" into billing's word for it.
func foundPayment(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return billing.ErrNotFound
	}
	return err
}

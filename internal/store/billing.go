package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/billing"
)

// Ledger implements billing.Store. Each change is in one transaction with its event, which is logged after the commit.
type Ledger struct {
	store *Store
	trail *audit.Trail
}

var _ billing.Store = Ledger{}

// Ledger returns a billing.Store on the same connections. The events it writes are logged by trail.
func (s *Store) Ledger(trail *audit.Trail) Ledger { return Ledger{s, trail} }

// Method returns how the account pays.
func (l Ledger) Method(ctx context.Context, userID string) (billing.Method, error) {
	m := billing.Method{UserID: userID}
	err := l.store.db.QueryRowContext(ctx, `
		SELECT instrument, name, address, changed_at
		FROM payment_methods
		WHERE user_id = $1`, userID).Scan(&m.Instrument, &m.Name, &m.Address, &m.ChangedAt)
	if errors.Is(err, sql.ErrNoRows) {
		err = billing.ErrNotFound
	}
	return m, err
}

// SetMethod replaces how the account pays. auth.ErrConflict when the session that asks is over.
func (l Ledger) SetMethod(ctx context.Context, m billing.Method, by audit.Actor, press *act.Record) error {
	e := by.Event(audit.PaymentMethodChange)
	err := l.store.tx(ctx, func(tx *sql.Tx) error {
		if err := requireLiveSession(ctx, tx, by, m.ChangedAt, 0); err != nil {
			return err
		}
		if err := addAct(ctx, tx, press); err != nil {
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

// Begin inserts the payment if the session that asks is live, else auth.ErrConflict.
func (l Ledger) Begin(ctx context.Context, p billing.Payment, by audit.Actor, press *act.Record, spend auth.Spend) error {
	events := spend.Events
	if p.State == billing.Paid {
		events = append(events, by.Event(audit.PlanStarted))
	}
	err := l.store.tx(ctx, func(tx *sql.Tx) error {
		if err := requireLiveSession(ctx, tx, by, p.CreatedAt, 0); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO payments (`+paymentColumns+`)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
			p.Order, p.UserID, p.Session, p.Plan, p.Amount.Minor, p.Amount.Currency, p.Payee, p.Instrument, p.LastFour,
			p.Name, p.Address, string(p.State), p.CreatedAt, null(p.SettledAt))
		if err != nil {
			return err
		}
		return finish(ctx, tx, press, spend, events...)
	})
	if isDuplicate(err) {
		return billing.ErrBegun
	}
	if err == nil {
		l.trail.Log(ctx, events...)
	}
	return err
}

// Settle writes the answer of the gateway if it is the first.
func (l Ledger) Settle(ctx context.Context, p billing.Payment, by audit.Actor) (bool, error) {
	kind := audit.PaymentDeclined
	if p.State == billing.Paid {
		kind = audit.PaymentMade
	}
	e := audit.NewEvent(kind, p.UserID, p.Session, by.Client)
	err := l.store.tx(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE payments SET state = $1, settled_at = $2 WHERE id = $3 AND state = 'pending'`,
			string(p.State), p.SettledAt, p.Order)
		if err := changed(result, err, errSettled); err != nil {
			return err
		}
		return addEvents(ctx, tx, e)
	})
	if errors.Is(err, errSettled) {
		return false, nil
	}
	if err == nil {
		l.trail.Log(ctx, e)
	}
	return err == nil, err
}

var errSettled = errors.New("payment was answered before")

const paymentColumns = `id, user_id, session_id, plan, amount, currency, payee, instrument, last_four, name, address, state,
	created_at, settled_at`

// Payment returns the payment of an order.
func (l Ledger) Payment(ctx context.Context, order string) (billing.Payment, error) {
	found, err := l.payments(ctx, `WHERE id = $1`, order)
	if err == nil && len(found) == 0 {
		return billing.Payment{}, billing.ErrNotFound
	}
	if err != nil {
		return billing.Payment{}, err
	}
	return found[0], nil
}

// Payments returns the latest payments of an account.
func (l Ledger) Payments(ctx context.Context, userID string, state billing.State, limit int) ([]billing.Payment, error) {
	return l.payments(ctx, `
		WHERE user_id = $1 AND (state = $2 OR $3)
		ORDER BY created_at DESC, id DESC
		LIMIT $4`, userID, string(state), state == "", limit)
}

// Pending returns payments that wait for an answer.
func (l Ledger) Pending(ctx context.Context, before time.Time, after string, limit int) ([]billing.Payment, error) {
	return l.payments(ctx, `
		WHERE state = 'pending' AND created_at < $1 AND id > $2
		ORDER BY id
		LIMIT $3`, before, after, limit)
}

func (l Ledger) payments(ctx context.Context, clauses string, args ...any) ([]billing.Payment, error) {
	rows, err := l.store.db.QueryContext(ctx, `SELECT `+paymentColumns+` FROM payments `+clauses, args...)
	return readAll(rows, err, func(p *billing.Payment) []any {
		return []any{
			&p.Order, &p.UserID, &p.Session, &p.Plan, &p.Amount.Minor, &p.Amount.Currency, &p.Payee, &p.Instrument,
			&p.LastFour, &p.Name, &p.Address, &p.State, &p.CreatedAt, orZero{&p.SettledAt},
		}
	})
}

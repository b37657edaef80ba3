package draft

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"example.com/gatehouse/internal/audit"
)

// basket is the name of the one draft of an account that belongs to none of its sessions: an order, until it is paid. Whichever
// session it was chosen in, it is there after the next sign-in. Nothing follows from it but the page that asks for the payment.
const basket = "basket"

// UntilPaid is how long a basket is kept after it last changed.
const UntilPaid = 7 * 24 * time.Hour

// SaveBasket keeps the fields in place of what the account's basket held. auth.ErrConflict when the session of the actor is over.
func (d *Drafts) SaveBasket(ctx context.Context, by audit.Actor, fields map[string]string) error {
	plain, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	at := audit.Now()
	row := Row{ID: audit.NewID(), UserID: by.UserID, Route: basket, CreatedAt: at, ExpiresAt: at.Add(UntilPaid)}
	if row.Sealed, err = d.sealer.Seal(plain, row.SealPlace()); err != nil {
		return err
	}
	if err := d.store.ReplaceDraft(ctx, row, by); err != nil {
		return fmt.Errorf("save a basket: %w", err)
	}
	return nil
}

// Basket returns the account's basket, with its id; ErrNotFound when it has none, or one encrypted with a removed key.
func (d *Drafts) Basket(ctx context.Context, userID string) (Draft, error) {
	row, err := d.store.DraftOfAccount(ctx, userID, basket, audit.Now())
	if err != nil {
		return Draft{}, err
	}
	plain, err := d.sealer.Open(row.Sealed, row.SealPlace())
	if err != nil {
		return Draft{}, ErrNotFound
	}
	f := Draft{ID: row.ID, UserID: row.UserID, Route: row.Route, ExpiresAt: row.ExpiresAt}
	err = json.Unmarshal(plain, &f.Fields)
	return f, err
}

package mail

import "context"

// MaxInBox is how many emails a mailbox in the portal keeps, the newest.
const MaxInBox = 50

// Into returns the email for a mailbox in the portal itself: it is put there in place of the outbox, and never leaves.
func (l Email) Into(box string) Email {
	l.Box = box
	return l
}

// Box returns the emails of a mailbox, newest first. One that does not open is left out: the others are worth no less.
func (o *Outbox) Box(ctx context.Context, box string) ([]Email, error) {
	rows, err := o.Store.Box(ctx, box)
	if err != nil {
		return nil, err
	}
	emails := make([]Email, 0, len(rows))
	for _, row := range rows {
		l, err := unseal(o.Sealer, row)
		if err != nil { // its key is gone
			o.Log.WarnContext(ctx, "email in a mailbox not opened", "email", row.ID, "err", err)
			continue
		}
		emails = append(emails, l)
	}
	return emails, nil
}

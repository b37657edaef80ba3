package mail

import "context"

// MaxInBox is how many emails a mailbox in the portal keeps, the newest.
const MaxInBox = 50

// Into returns the email for a mailbox in the portal itself: it is put there in place of the outbox, and never leaves.
func (l Email) Into(box string) Email {
	l.Box = box
	return l
}

// Box returns the emails of a mailbox, newest first.
func (o *Outbox) Box(ctx context.Context, box string) ([]Email, error) {
	rows, err := o.Store.Box(ctx, box)
	if err != nil {
		return nil, err
	}
	emails := make([]Email, len(rows))
	for i, row := range rows {
		if emails[i], err = unseal(o.Sealer, row); err != nil {
			return nil, err
		}
	}
	return emails, nil
}

package store

import (
	"context"
	"database/sql"
	"errors"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/session"
)

func (s *Store) EndBatch(ctx context.Context, b admin.Batch) (ended []session.Session, events []audit.Event, next string, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		ended, events, next = nil, nil, ""
		rows, err := tx.QueryContext(ctx, `SELECT id FROM users WHERE id > $1 ORDER BY id LIMIT $2`, b.After, b.Size)
		ids, err := readAll(rows, err, itself[string])
		if err != nil || len(ids) == 0 {
			return err
		}
		last := ids[len(ids)-1]
		if len(ids) == b.Size {
			next = last
		}
		for _, statement := range []string{
			`UPDATE users SET epoch = epoch + 1 WHERE id > $1 AND id <= $2`,
			`DELETE FROM pending_sign_ins WHERE user_id > $1 AND user_id <= $2`,
		} {
			if _, err := tx.ExecContext(ctx, statement, b.After, last); err != nil {
				return err
			}
		}
		ended, err = s.endMany(ctx, tx, `user_id > $4 AND user_id <= $5 AND id <> $6`, b.At, session.ReasonAdmin, "", b.After, last, b.Except)
		if err != nil {
			return err
		}
		var lost []string
		if b.Used > 0 {
			if lost, err = useUpFactors(ctx, tx, b, last); err != nil {
				return err
			}
		}
		events, err = tellEnded(ctx, tx, b, ended, lost)
		return err
	})
	return ended, events, next, err
}

// tellEnded writes the events of a batch and the emails that there is room for: half of the outbox, the rest is for others. Also
// is who is told besides those whose sessions ended.
func tellEnded(ctx context.Context, tx *sql.Tx, b admin.Batch, ended []session.Session, also []string) ([]audit.Event, error) {
	events, told := session.EndEvents(ended, device.Client{}), map[string]bool{}
	for _, x := range ended {
		if x.EndedAt.Equal(b.At) { // one whose time was up had ended before
			also = append(also, x.UserID)
		}
	}
	for _, id := range also {
		if told[id] {
			continue
		}
		told[id] = true
		var u auth.User
		if err := tx.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users WHERE id = $1`, id).Scan(userFields(&u)...); err != nil {
			return nil, err
		}
		e, row, err := b.Tell(u)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
		if row != nil {
			if err := addEmail(ctx, tx, *row, row.Most()); err != nil && !errors.Is(err, mail.ErrFull) {
				return nil, err
			}
		}
	}
	return events, addEvents(ctx, tx, events...)
}

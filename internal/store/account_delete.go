package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

func (s *Store) MarkForDeletion(ctx context.Context, d account.Deletion) ([]session.Session, error) {
	var ended []session.Session
	err := s.tx(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `
			UPDATE users
			SET delete_after = $1
			WHERE id = $2 AND epoch = $3 AND disabled_at IS NULL AND delete_after IS NULL`, d.After, d.By.UserID, d.Epoch)
		if err := changed(result, err, auth.ErrConflict); err != nil {
			return err
		}
		if err := onTheWordOf(ctx, tx, d.By, d.At, 1); err != nil {
			return err
		}
		if ended, err = endMany(ctx, tx, `user_id = $4`, d.At, session.ReasonAccountDeleted, "", d.By.UserID); err != nil {
			return err
		}
		return addEvents(ctx, tx, append(session.EndEvents(ended, d.By.Client), d.Event)...)
	})
	if err != nil {
		return nil, err
	}
	return ended, nil
}

func (s *Store) KeepAccount(ctx context.Context, by audit.Actor, at time.Time, e audit.Event) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE users SET delete_after = NULL WHERE id = $1 AND delete_after IS NOT NULL`, by.UserID)
		if err := changed(result, err, auth.ErrConflict); err != nil {
			return err
		}
		if err := onTheWordOf(ctx, tx, by, at, 0); err != nil {
			return err
		}
		return addEvents(ctx, tx, e)
	})
}

func (s *Store) DeleteAccounts(ctx context.Context, due time.Time, limit int) ([]string, error) {
	return s.deleteMarked(ctx, "delete_after", due, limit)
}

// deleteMarked deletes accounts whose time is up, by the column of users that says when. It deletes one at a time, so that
// none waits long for its lock and two instances that sweep at once cannot block each other.
func (s *Store) deleteMarked(ctx context.Context, mark string, due time.Time, limit int) (deleted []string, err error) {
	ids, err := s.ids(ctx, `SELECT id FROM users WHERE `+mark+` <= $1 ORDER BY `+mark+` LIMIT $2`, due, limit)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		err := s.tx(ctx, func(tx *sql.Tx) error { return deleteAccount(ctx, tx, id, mark, due) })
		if errors.Is(err, audit.ErrNotFound) { // its owner keeps it at this moment, or another instance was first
			continue
		}
		if err != nil {
			return deleted, err
		}
		deleted = append(deleted, id)
	}
	return deleted, nil
}

// deleteAccount deletes an account with everything that refers to it. What others change before they write the event of it
// goes first: PostgreSQL locks the account's row against events for its deletion, and somebody who has just ended a
// session, used a recovery code or heard of a payment has yet to write one.
func deleteAccount(ctx context.Context, tx *sql.Tx, id, mark string, due time.Time) error {
	result, err := tx.ExecContext(ctx, `UPDATE users SET epoch = epoch + 1 WHERE id = $1 AND `+mark+` <= $2`, id, due)
	if err := changed(result, err, audit.ErrNotFound); err != nil {
		return err
	}
	for _, statement := range []string{
		`DELETE FROM sessions WHERE user_id = $1`,
		`DELETE FROM recovery_codes WHERE user_id = $1`,
		`DELETE FROM payments WHERE user_id = $1`,
		`DELETE FROM users WHERE id = $1`,
	} {
		if _, err := tx.ExecContext(ctx, statement, id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) ids(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	return readAll(rows, err, itself[string])
}

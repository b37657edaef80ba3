package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

func (s *Store) MarkForDeletion(ctx context.Context, d account.Deletion) ([]session.Session, error) {
	var ended []session.Session
	err := s.tx(ctx, func(tx *sql.Tx) error {
		role, err := roleLocked(ctx, tx, d.By.UserID)
		if err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `
			UPDATE users
			SET delete_after = $1
			WHERE id = $2 AND epoch = $3 AND disabled_at IS NULL AND delete_after IS NULL`, d.After, d.By.UserID, d.Epoch)
		if err := changed(result, err, auth.ErrConflict); err != nil {
			return err
		}
		if err := requireLiveSession(ctx, tx, d.By, d.At, 1); err != nil {
			return err
		}
		if err := requireAdministrator(ctx, tx, role); err != nil {
			return err
		}
		if ended, err = s.endMany(ctx, tx, `user_id = $4`, d.At, session.ReasonAccountDeleted, "", d.By.UserID); err != nil {
			return err
		}
		return finish(ctx, tx, d.Act, d.Spend, append(session.EndEvents(ended, d.By.Client), d.Events...)...)
	})
	if err != nil {
		return nil, err
	}
	return ended, nil
}

// cancelDeletionSince cancels a deletion that was asked for then or later, and reports whether there was one.
func cancelDeletionSince(ctx context.Context, tx *sql.Tx, userID string, asked time.Time) (bool, error) {
	result, err := tx.ExecContext(ctx, `UPDATE users SET delete_after = NULL WHERE id = $1 AND delete_after >= $2`, userID, asked.Add(account.DeletionGrace))
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

func (s *Store) KeepAccount(ctx context.Context, by audit.Actor, at time.Time, press *act.Record, e audit.Event) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE users SET delete_after = NULL WHERE id = $1 AND delete_after IS NOT NULL`, by.UserID)
		if err := changed(result, err, auth.ErrConflict); err != nil {
			return err
		}
		if err := requireLiveSession(ctx, tx, by, at, 0); err != nil {
			return err
		}
		return finish(ctx, tx, press, auth.Spend{}, e)
	})
}

func (s *Store) DeleteAccounts(ctx context.Context, due time.Time, limit int) ([]string, error) {
	return s.deleteDue(ctx, "delete_after", due, limit)
}

// deleteDue deletes accounts whose time is up, by the given column of users. It deletes one at a time, so that
// none waits long for its lock and two instances that sweep at once cannot block each other.
func (s *Store) deleteDue(ctx context.Context, column string, due time.Time, limit int) (deleted []string, err error) {
	ids, err := s.ids(ctx, `SELECT id FROM users WHERE `+column+` <= $1 ORDER BY `+column+` LIMIT $2`, due, limit)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		err := s.tx(ctx, func(tx *sql.Tx) error { return s.deleteAccount(ctx, tx, id, column, due) })
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

// deleteAccount deletes an account with everything that refers to it. Sessions, recovery codes and payments are deleted
// first: another transaction that has just changed one of them still has to write its event, and PostgreSQL refuses events
// of an account whose row is being deleted.
func (s *Store) deleteAccount(ctx context.Context, tx *sql.Tx, id, column string, due time.Time) error {
	result, err := tx.ExecContext(ctx, `UPDATE users SET epoch = epoch + 1 WHERE id = $1 AND `+column+` <= $2`, id, due)
	if err := changed(result, err, audit.ErrNotFound); err != nil {
		return err
	}
	if err := addNewsOfDeletion(ctx, tx, id); err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, `DELETE FROM sessions WHERE user_id = $1 RETURNING token_hash`, id)
	keys, err := readAll(rows, err, itself[string])
	if err != nil {
		return err
	}
	s.noteBags(tx, keys...)
	for _, statement := range []string{
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

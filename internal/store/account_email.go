package store

import (
	"context"
	"database/sql"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

func (s *Store) RequestEmailChange(ctx context.Context, a account.RequestEmailChangeParams) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := requireLiveSession(ctx, tx, a.By, a.AskedAt, 0); err != nil {
			return err
		}
		if err := addPress(ctx, tx, a.Press); err != nil {
			return err
		}
		err := replaceOneTimeToken(ctx, tx, account.OneTimeToken{
			TokenHash: a.ConfirmHash, UserID: a.UserID, Purpose: account.PurposeEmail, CreatedAt: a.AskedAt, ExpiresAt: a.ConfirmUntil,
		})
		if err != nil {
			return err
		}
		err = addSent(ctx, tx, account.SentToken{TokenHash: a.StopHash, Purpose: account.PurposeEmailUndo, ExpiresAt: a.UndoUntil})
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO email_changes (id, user_id, email, email_key, old_email, old_email_key, confirm_hash, stop_hash, asked_at, undo_until)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			a.ID, a.UserID, a.Email, a.NormalizedEmail, a.OldEmail, a.OldNormalizedEmail, a.ConfirmHash, a.StopHash, a.AskedAt, a.UndoUntil)
		if err != nil {
			return err
		}
		return addEvents(ctx, tx, a.Event)
	})
}

func (s *Store) PendingEmailChange(ctx context.Context, userID string, at time.Time) (account.EmailChange, error) {
	return emailChange(ctx, s.db, `email_changes.user_id = $1 AND letter_keys.expires_at > $2`, userID, at)
}

func (s *Store) EmailChangeToUndo(ctx context.Context, keyHash string, at time.Time) (account.EmailChange, error) {
	return emailChange(ctx, s.db, `(stop_hash = $1 OR undo_hash = $1) AND undo_until > $2`, keyHash, at)
}

// querier is a transaction or the database itself.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func emailChange(ctx context.Context, db querier, where string, args ...any) (account.EmailChange, error) {
	var c account.EmailChange
	err := db.QueryRowContext(ctx, `
		SELECT email_changes.id, email_changes.user_id, email, email_key, old_email, old_email_key, asked_at, letter_keys.expires_at,
			confirmed_at, undo_until
		FROM email_changes LEFT JOIN letter_keys ON letter_keys.token_hash = confirm_hash
		WHERE `+where, args...).
		Scan(&c.ID, &c.UserID, &c.Email, &c.NormalizedEmail, &c.OldEmail, &c.OldNormalizedEmail, &c.AskedAt, orZero{&c.ConfirmUntil},
			orZero{&c.ConfirmedAt}, &c.UndoUntil)
	return c, found(err)
}

func (s *Store) ConfirmEmailChange(ctx context.Context, c account.ConfirmEmailChangeParams) (ended []session.Session, err error) {
	err = s.txForToken(ctx, c.NewTokenHash, func(tx *sql.Tx) error {
		userID := c.Session.UserID
		result, err := tx.ExecContext(ctx, `UPDATE users SET epoch = epoch + 1 WHERE id = $1 AND disabled_at IS NULL`, userID)
		if err := changed(result, err, audit.ErrNotFound); err != nil {
			return err
		}
		if err := rotate(ctx, tx, c.Rotation); err != nil {
			return err
		}
		change, err := emailChange(ctx, tx, `confirm_hash = $1 AND email_changes.user_id = $2 AND letter_keys.expires_at > $3`,
			c.TokenHash, userID, c.At)
		if err != nil {
			return err
		}
		ended, err = s.endMany(ctx, tx, `user_id = $4 AND id <> $5`, c.At, session.ReasonRevoked, c.Session.ID, userID, c.Session.ID)
		if err != nil {
			return err
		}
		if err := dropPending(ctx, tx, userID); err != nil {
			return err
		}
		if err := confirmed(ctx, tx, change, c); err != nil {
			return err
		}
		return addEvents(ctx, tx, append(session.EndEvents(ended, c.Client), c.Events...)...)
	})
	if isDuplicate(err) {
		err = auth.ErrEmailTaken
	}
	if err != nil {
		return nil, err
	}
	return ended, nil
}

// confirmed replaces the old address by the new one, and writes how that can be undone.
func confirmed(ctx context.Context, tx *sql.Tx, change account.EmailChange, c account.ConfirmEmailChangeParams) error {
	_, err := tx.ExecContext(ctx, `UPDATE email_changes SET confirmed_at = $1, undo_hash = $2, undo_until = $3 WHERE id = $4`,
		c.At, c.UndoHash, c.UndoUntil, change.ID)
	if err != nil {
		return err
	}
	err = addSent(ctx, tx, account.SentToken{TokenHash: c.UndoHash, Purpose: account.PurposeEmailUndo, ExpiresAt: c.UndoUntil})
	if err != nil {
		return err
	}
	err = setUsed(ctx, tx, account.SentToken{
		TokenHash: c.TokenHash, Purpose: account.PurposeEmail, UsedAt: c.At, UserID: change.UserID, Email: change.Email,
	})
	if err != nil {
		return err
	}
	result, err := tx.ExecContext(ctx, `UPDATE users SET email = $1, email_key = $2 WHERE id = $3 AND email_key = $4`,
		change.Email, change.NormalizedEmail, change.UserID, change.OldNormalizedEmail)
	return changed(result, err, audit.ErrNotFound)
}

// UndoEmailChange writes the address last, as ConfirmEmailChange does: for it PostgreSQL locks the account's row against
// the events of other transactions, and one that is ending a session at this moment still has to write its event.
func (s *Store) UndoEmailChange(ctx context.Context, u account.UndoEmailChangeParams) (ended []session.Session, kept bool, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE users SET epoch = epoch + 1 WHERE id = $1 AND disabled_at IS NULL`, u.UserID)
		if err := changed(result, err, audit.ErrNotFound); err != nil {
			return err
		}
		result, err = tx.ExecContext(ctx, `DELETE FROM email_changes WHERE id = $1 AND undo_until > $2`, u.ID, u.At)
		if err := changed(result, err, audit.ErrNotFound); err != nil {
			return err
		}
		// The older address wins: what was changed after this may have been changed by whoever took the account over.
		_, err = tx.ExecContext(ctx, `DELETE FROM email_changes WHERE user_id = $1 AND asked_at >= $2`, u.UserID, u.AskedAt)
		if err != nil {
			return err
		}
		if ended, err = s.endMany(ctx, tx, `user_id = $4`, u.At, session.ReasonRevoked, "", u.UserID); err != nil {
			return err
		}
		events := append(session.EndEvents(ended, u.Client), u.Event)
		if kept, err = cancelDeletionSince(ctx, tx, u.UserID, u.AskedAt); err != nil {
			return err
		} else if kept {
			events = append(events, u.Kept)
		}
		if err := dropFactorsSince(ctx, tx, u.UserID, u.AskedAt); err != nil {
			return err
		}
		if err := dropPending(ctx, tx, u.UserID); err != nil {
			return err
		}
		used := account.SentToken{TokenHash: u.TokenHash, Purpose: account.PurposeEmailUndo, UsedAt: u.At, UserID: u.UserID, Email: u.OldEmail}
		if err := setUsed(ctx, tx, used); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE users SET email = $1, email_key = $2, password_hash = $3 WHERE id = $4`,
			u.OldEmail, u.OldNormalizedEmail, u.PasswordHash, u.UserID)
		if err != nil {
			return err
		}
		return finish(ctx, tx, u.Act, auth.Spend{}, events...)
	})
	if isDuplicate(err) {
		err = auth.ErrEmailTaken
	}
	if err != nil {
		return nil, false, err
	}
	return ended, kept, nil
}

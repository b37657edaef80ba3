package store

import (
	"context"
	"database/sql"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

func (s *Store) UserByID(ctx context.Context, id string) (auth.User, error) {
	var u auth.User
	err := s.db.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users WHERE id = $1`, id).Scan(userFields(&u)...)
	return u, found(err)
}

func (s *Store) ReplaceOneTimeToken(ctx context.Context, k account.OneTimeToken, epoch int64, p account.Press, e audit.Event) error {
	if k.UserID == "" {
		return s.addDecoyToken(ctx, k, p, e)
	}
	return s.tx(ctx, func(tx *sql.Tx) error {
		// Writing the row of the account makes requests for its one-time tokens take turns with each other and with what
		// revokes them.
		result, err := tx.ExecContext(ctx, `UPDATE users SET epoch = epoch WHERE id = $1 AND epoch = $2 AND disabled_at IS NULL`,
			k.UserID, epoch)
		if err := changed(result, err, auth.ErrConflict); err != nil {
			return err
		}
		if err := addPress(ctx, tx, p); err != nil {
			return err
		}
		if err := replaceOneTimeToken(ctx, tx, k); err != nil {
			return err
		}
		return addEvents(ctx, tx, e)
	})
}

func replaceOneTimeToken(ctx context.Context, tx *sql.Tx, k account.OneTimeToken) error {
	if err := deleteOneTimeTokens(ctx, tx, k); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO letter_keys (token_hash, user_id, purpose, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5)`, k.TokenHash, k.UserID, k.Purpose, k.CreatedAt, k.ExpiresAt)
	if err != nil {
		return err
	}
	return addSent(ctx, tx, account.SentToken{TokenHash: k.TokenHash, Purpose: k.Purpose, ExpiresAt: k.ExpiresAt})
}

// deleteOneTimeTokens deletes those of the same account and purpose.
func deleteOneTimeTokens(ctx context.Context, tx *sql.Tx, k account.OneTimeToken) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM letter_keys WHERE user_id = $1 AND purpose = $2`, k.UserID, k.Purpose)
	return err
}

func (s *Store) ResetPassword(ctx context.Context, r account.ResetPasswordParams) ([]session.Session, error) {
	var ended []session.Session
	err := s.tx(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `
			UPDATE users
			SET password_hash = $1, password_changed_at = $2, epoch = epoch + 1
			WHERE id = $3 AND disabled_at IS NULL`, r.PasswordHash, r.At, r.UserID)
		if err := changed(result, err, audit.ErrNotFound); err != nil {
			return err
		}
		// The row above is locked by now, so of several requests with one token a single one still finds it here.
		result, err = tx.ExecContext(ctx, `
			DELETE FROM letter_keys
			WHERE token_hash = $1 AND user_id = $2 AND purpose = 'reset' AND expires_at > $3`, r.TokenHash, r.UserID, r.At)
		if err := changed(result, err, audit.ErrNotFound); err != nil {
			return err
		}
		if ended, err = s.endMany(ctx, tx, `user_id = $4`, r.At, session.ReasonPasswordChanged, "", r.UserID); err != nil {
			return err
		}
		if err := dropPending(ctx, tx, r.UserID); err != nil {
			return err
		}
		used := account.SentToken{TokenHash: r.TokenHash, Purpose: account.PurposeReset, UsedAt: r.At, UserID: r.UserID, Email: r.Email}
		if err := setUsed(ctx, tx, used); err != nil {
			return err
		}
		return finish(ctx, tx, r.Act, auth.Spend{}, append(session.EndEvents(ended, r.Client), r.Event)...)
	})
	if err != nil {
		return nil, err
	}
	return ended, nil
}

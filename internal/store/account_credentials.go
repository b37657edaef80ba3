package store

import (
	"context"
	"database/sql"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

// changeCredentials is one transaction: it raises the epoch, rotates the session that asks, makes the change, ends the
// other sessions, and deletes what is pending with the old credentials. When the epoch is not the given one or the session
// is not live it changes nothing and returns ErrConflict or ErrEnded.
func (s *Store) changeCredentials(ctx context.Context, c account.CredentialsChange, change func(tx *sql.Tx) error) ([]session.Session, error) {
	var ended []session.Session
	userID := c.Session.UserID
	err := s.txForToken(ctx, c.NewTokenHash, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE users SET epoch = epoch + 1 WHERE id = $1 AND epoch = $2 AND disabled_at IS NULL`,
			userID, c.Epoch)
		if err := changed(result, err, auth.ErrConflict); err != nil {
			return err
		}
		if err := rotate(ctx, tx, c.Rotation); err != nil {
			return err
		}
		if err := change(tx); err != nil {
			return err
		}
		if c.Codes != nil {
			if err := setRecoveryCodes(ctx, tx, userID, c.Codes, c.At); err != nil {
				return err
			}
		}
		ended, err = s.endMany(ctx, tx, `user_id = $4 AND id <> $5`, c.At, c.Reason, c.Session.ID, userID, c.Session.ID)
		if err != nil {
			return err
		}
		if err := dropPending(ctx, tx, userID); err != nil {
			return err
		}
		return addEvents(ctx, tx, append(session.EndEvents(ended, c.Client), c.Events...)...)
	})
	if err != nil {
		return nil, err
	}
	return ended, nil
}

// dropPending deletes what was begun with the old credentials of an account and must not be finished with others: sign-ins
// between two factors, one-time tokens that were sent, an authenticator app that was not confirmed.
func dropPending(ctx context.Context, tx *sql.Tx, userID string) error {
	for _, statement := range []string{
		`DELETE FROM pending_sign_ins WHERE user_id = $1`,
		`DELETE FROM letter_keys WHERE user_id = $1`,
		`DELETE FROM totp_enrolments WHERE user_id = $1`,
	} {
		if _, err := tx.ExecContext(ctx, statement, userID); err != nil {
			return err
		}
	}
	return nil
}

// dropFactorsSince deletes the second factors and recovery codes that an account got at the given time or later. Older codes
// stay only if a factor is left that they can replace.
func dropFactorsSince(ctx context.Context, tx *sql.Tx, userID string, since time.Time) error {
	for _, statement := range []string{
		`DELETE FROM totp_secrets WHERE user_id = $1 AND enrolled_at >= $2`,
		`DELETE FROM passkeys WHERE user_id = $1 AND created_at >= $2`,
	} {
		if _, err := tx.ExecContext(ctx, statement, userID, since); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `
		DELETE FROM recovery_codes
		WHERE user_id = $1 AND (made_at >= $2
			OR NOT EXISTS (SELECT 1 FROM totp_secrets WHERE totp_secrets.user_id = recovery_codes.user_id)
			AND NOT EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = recovery_codes.user_id))`, userID, since)
	return err
}

// setRecoveryCodes puts these codes in the place of all others.
func setRecoveryCodes(ctx context.Context, tx *sql.Tx, userID string, hashes []string, at time.Time) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM recovery_codes WHERE user_id = $1`, userID); err != nil {
		return err
	}
	for _, hash := range hashes {
		if _, err := tx.ExecContext(ctx, `INSERT INTO recovery_codes (user_id, code_hash, made_at) VALUES ($1, $2, $3)`, userID, hash, at); err != nil {
			return err
		}
	}
	return nil
}

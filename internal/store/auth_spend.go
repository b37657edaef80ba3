package store

import (
	"context"
	"database/sql"
	"errors"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/auth"
)

// useUp stores the answer of the press that a transaction belongs to, and spends what its proof uses up: each works once, so of
// several requests at the same moment one goes on, and the others have ErrConflict. It comes after what changes sessions:
// all transactions lock the account's row first, then sessions, then what is spent. The events are the caller's to store.
func useUp(ctx context.Context, tx *sql.Tx, press *act.Record, s auth.Spend) error {
	if err := addAct(ctx, tx, press); err != nil {
		return err
	}
	for _, part := range []struct {
		given     bool
		statement string
		args      []any
	}{
		{s.PendingHash != "", `DELETE FROM pending_sign_ins WHERE token_hash = $1 AND user_id = $2 AND expires_at > $3`,
			[]any{s.PendingHash, s.UserID, s.At}},
		// It names the enrolment, so that a code of an app that was replaced meanwhile does not write its secret back.
		{s.App.UserID != "", `UPDATE totp_secrets SET last_step = $1, sealed = $2 WHERE user_id = $3 AND last_step < $1 AND enrolled_at = $4`,
			[]any{s.App.LastStep, s.App.Sealed, s.App.UserID, s.App.EnrolledAt}},
		{s.CodeHash != "", `UPDATE recovery_codes SET used_at = $1 WHERE user_id = $2 AND code_hash = $3 AND used_at IS NULL`,
			[]any{s.At, s.UserID, s.CodeHash}},
		{s.Passkey.ID != "", `
			UPDATE passkeys
			SET sign_count = $1, backup_state = $2, last_used_at = $3
			WHERE id = $4 AND user_id = $5 AND (sign_count < $1 OR sign_count = $6)`,
			[]any{s.Passkey.SignCount, s.Passkey.BackupState, s.Passkey.LastUsedAt, s.Passkey.ID, s.UserID, s.CountBefore}},
		{s.DemoLink != "", `
			UPDATE demo_links SET used_at = $1, opened = $4
			WHERE token_hash = $2 AND user_id = $3 AND used_at IS NULL AND expires_at > $1 AND ` + linkStands,
			[]any{s.At, s.DemoLink, s.UserID, s.Opened}},
	} {
		if !part.given {
			continue
		}
		result, err := tx.ExecContext(ctx, part.statement, part.args...)
		if err := changed(result, err, auth.ErrConflict); err != nil {
			return err
		}
	}
	if s.Challenge.Hash == "" {
		return nil
	}
	err := spendChallenge(ctx, tx, s.Challenge)
	if errors.Is(err, auth.ErrSpent) {
		return auth.ErrConflict
	}
	return err
}

// spendChallenge records that a challenge was answered. Of two concurrent answers, the second waits for the first and finds
// its row.
func spendChallenge(ctx context.Context, tx *sql.Tx, c auth.SpentChallenge) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO spent_challenges (hash, expires_at) VALUES ($1, $2)`, c.Hash, c.ExpiresAt)
	if isDuplicate(err) {
		return auth.ErrSpent
	}
	return err
}

func (s *Store) Answered(ctx context.Context, c auth.SpentChallenge) (answered bool, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM spent_challenges WHERE hash = $1)`, c.Hash).Scan(&answered)
	return answered, err
}

package store

import (
	"context"
	"database/sql"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/session"
)

// removeFactors deletes every second factor of an account and ends its sessions. ErrNotFound for an account without one.
func (s *Store) removeFactors(ctx context.Context, tx *sql.Tx, userID string, at time.Time) ([]session.Session, error) {
	result, err := tx.ExecContext(ctx, `
		UPDATE users
		SET epoch = epoch + 1
		WHERE id = $1 AND (EXISTS (SELECT 1 FROM totp_secrets WHERE totp_secrets.user_id = users.id)
			OR EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = users.id))`, userID)
	if err := changed(result, err, audit.ErrNotFound); err != nil {
		return nil, err
	}
	ended, err := s.endMany(ctx, tx, `user_id = $4`, at, session.ReasonAdmin, "", userID)
	if err != nil {
		return nil, err
	}
	if err := dropFactorsSince(ctx, tx, userID, time.Time{}); err != nil {
		return nil, err
	}
	return ended, dropPending(ctx, tx, userID)
}

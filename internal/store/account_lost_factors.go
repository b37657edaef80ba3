package store

import (
	"context"
	"database/sql"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/session"
)

func (s *Store) RemoveFactors(ctx context.Context, e audit.Event) (ended []session.Session, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `
			UPDATE users
			SET epoch = epoch + 1
			WHERE id = $1 AND (EXISTS (SELECT 1 FROM totp_secrets WHERE totp_secrets.user_id = users.id)
				OR EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = users.id))`, e.UserID)
		if err := changed(result, err, audit.ErrNotFound); err != nil {
			return err
		}
		if ended, err = s.endMany(ctx, tx, `user_id = $4`, e.At, session.ReasonAdmin, "", e.UserID); err != nil {
			return err
		}
		if err := dropFactorsSince(ctx, tx, e.UserID, time.Time{}); err != nil {
			return err
		}
		if err := dropPending(ctx, tx, e.UserID); err != nil {
			return err
		}
		return addEvents(ctx, tx, append(session.EndEvents(ended, e.Client), e)...)
	})
	if err != nil {
		return nil, err
	}
	return ended, nil
}

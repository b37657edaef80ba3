package store

import (
	"cmp"
	"context"
	"database/sql"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/mail"
)

// voided are the tables that are emptied after a copy of an earlier time has become the database, with what that copy cannot know.
// A test asks for every table whether it belongs here.
var voided = []string{
	"letter_keys", "signups", "email_changes", // tokens of emails, which may have been used since
	"pending_sign_ins", "totp_enrolments", "acts", "bags",
	"session_news", "decoys", "demo_links", "demo_emails", "demo_scenes",
}

// Void leaves the emails to everybody once there was a restore: they have no token, and with the same done again, because it ended
// halfway, they are its own, whose readers are not told twice.
func (s *Store) Void(ctx context.Context) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			DELETE FROM `+emailsTable+` WHERE class <> $1 OR NOT EXISTS (SELECT 1 FROM events WHERE kind = $2 AND reason = $3)`,
			mail.ToEverybody, audit.Administered, admin.Restore)
		if err != nil {
			return err
		}
		for _, table := range voided {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table); err != nil {
				return err
			}
		}
		return nil
	})
}

// useUpFactors makes codes void that may have been used since, in a batch of accounts, and returns those that lost recovery codes.
func useUpFactors(ctx context.Context, tx *sql.Tx, b admin.Batch, last string) (lost []string, err error) {
	_, err = tx.ExecContext(ctx, `UPDATE totp_secrets SET last_step = $3 WHERE user_id > $1 AND user_id <= $2 AND last_step < $3`, b.After, last, b.Used)
	rows, errCodes := tx.QueryContext(ctx, `DELETE FROM recovery_codes WHERE user_id > $1 AND user_id <= $2 RETURNING user_id`, b.After, last)
	lost, errCodes = readAll(rows, errCodes, itself[string])
	return lost, cmp.Or(err, errCodes)
}

package store

import (
	"context"

	"example.com/gatehouse/internal/mail"
)

// addToBox puts an email into the mailbox of a demo account, and the oldest out of it beyond those that it keeps.
func addToBox(ctx context.Context, db execer, r mail.Row) error {
	_, err := db.ExecContext(ctx, `INSERT INTO demo_emails (id, user_id, sealed, created_at) VALUES ($1, $2, $3, $4)`, r.ID, r.Box, r.Sealed, r.CreatedAt)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `
		DELETE FROM demo_emails WHERE user_id = $1 AND id NOT IN (
			SELECT id FROM demo_emails WHERE user_id = $1 ORDER BY created_at DESC, id LIMIT $2)`, r.Box, mail.MaxInBox)
	return err
}

func (s *Store) Box(ctx context.Context, box string) ([]mail.Row, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT id, sealed, created_at FROM demo_emails WHERE user_id = $1 ORDER BY created_at DESC, id`, box)
	return readAll(rows, err, func(r *mail.Row) []any { return []any{&r.ID, &r.Sealed, &r.CreatedAt} })
}

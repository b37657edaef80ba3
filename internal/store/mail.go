package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"example.com/gatehouse/internal/mail"
)

var _ mail.Store = (*Store)(nil)

func (s *Store) AddEmail(ctx context.Context, r mail.Row, most int) error {
	return addEmail(ctx, s.db, r, most)
}

func addEmail(ctx context.Context, db execer, r mail.Row, most int) error {
	result, err := db.ExecContext(ctx, `
		INSERT INTO letters (id, sealed, attempts, created_at, due_at, expires_at)
		SELECT $1, $2, $3, $4, $5, $6
		WHERE (SELECT count(*) FROM letters) < $7`,
		r.ID, r.Sealed, r.Attempts, r.CreatedAt, r.DueAt, r.ExpiresAt, most)
	return changed(result, err, mail.ErrFull)
}

// ClaimEmail repeats the condition in the outer query: PostgreSQL selects the row before it waits for another instance
// that is claiming it, and checks only the outer condition again afterwards.
func (s *Store) ClaimEmail(ctx context.Context, at, until time.Time) (mail.Row, error) {
	var r mail.Row
	err := s.db.QueryRowContext(ctx, `
		UPDATE letters
		SET due_at = $1, attempts = attempts + 1
		WHERE due_at <= $2 AND id = (
			SELECT id FROM letters
			WHERE due_at <= $3
			ORDER BY due_at, id
			LIMIT 1)
		RETURNING id, sealed, attempts, created_at, due_at, expires_at`, until, at, at).
		Scan(&r.ID, &r.Sealed, &r.Attempts, &r.CreatedAt, &r.DueAt, &r.ExpiresAt)
	if errors.Is(err, sql.ErrNoRows) {
		err = mail.ErrNoneDue
	}
	return r, err
}

func (s *Store) PostponeEmail(ctx context.Context, r mail.Row, due time.Time) error {
	_, err := s.db.ExecContext(ctx, `UPDATE letters SET due_at = $1 WHERE id = $2 AND attempts = $3`, due, r.ID, r.Attempts)
	return err
}

func (s *Store) DeleteEmail(ctx context.Context, id string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM letters WHERE id = $1`, id)
	return err
}

func (s *Store) CountEmails(ctx context.Context) (int, error) {
	var n int
	err := s.db.QueryRowContext(ctx, `SELECT count(*) FROM letters`).Scan(&n)
	return n, err
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"example.com/gatehouse/internal/mail"
)

var _ mail.Store = (*Store)(nil)

// emailsTable is the name of the outbox, for whoever goes through several tables.
const emailsTable = "letters"

func (s *Store) AddEmail(ctx context.Context, r mail.Row, most int) error {
	return addEmail(ctx, s.db, r, most)
}

func addEmail(ctx context.Context, db execer, r mail.Row, most int) error {
	if r.Box != "" {
		return addToBox(ctx, db, r)
	}
	first, each := r.Place()
	result, err := db.ExecContext(ctx, `
		INSERT INTO letters (id, sealed, attempts, created_at, due_at, expires_at, class, sender, place)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $11 + of_sender.n * $12
		FROM (SELECT count(*) AS n FROM letters WHERE sender = $8 AND sender <> '') AS of_sender
		WHERE (SELECT count(*) FROM letters) < $9 AND of_sender.n < $10`,
		r.ID, r.Sealed, r.Attempts, r.CreatedAt, r.DueAt, r.ExpiresAt, r.Class, r.Sender, most, r.MostOfSender(), first, each)
	return changed(result, err, mail.ErrFull)
}

// ClaimEmail asks again when another instance was first with the email that it chose: that one may be one of many.
func (s *Store) ClaimEmail(ctx context.Context, at, until time.Time) (mail.Row, error) {
	for {
		var due bool
		if err := s.db.QueryRowContext(ctx, DueQuery, at).Scan(&due); err != nil {
			return mail.Row{}, err
		}
		if !due {
			return mail.Row{}, mail.ErrNoneDue
		}
		r, err := s.claimEmail(ctx, at, until)
		if !errors.Is(err, sql.ErrNoRows) {
			return r, err
		}
	}
}

// DueQuery is asked first: with none due ClaimQuery would read all that are postponed, and most polls find none.
const DueQuery = `SELECT EXISTS (SELECT 1 FROM letters WHERE due_at <= $1)`

// claimEmail repeats the condition in the outer query: PostgreSQL selects the row before it waits for another instance
// that is claiming it, and checks only the outer condition again afterwards.
func (s *Store) claimEmail(ctx context.Context, at, until time.Time) (r mail.Row, err error) {
	err = s.db.QueryRowContext(ctx, ClaimQuery, until, at, at, mail.PlaceOf(until)).
		Scan(&r.ID, &r.Sealed, &r.Attempts, &r.CreatedAt, &r.DueAt, &r.ExpiresAt, &r.Class, &r.Sender)
	return r, err
}

// ClaimQuery reads the index in its order. Those that are not due stand behind all that are, but for what lets others pass. CASE
// keeps PostgreSQL from reading all that are due by their own index and sorting them.
const ClaimQuery = `
	UPDATE letters
	SET due_at = $1, attempts = attempts + 1, place = $4
	WHERE due_at <= $2 AND id = (
		SELECT id FROM letters
		WHERE CASE WHEN due_at <= $3 THEN 1 ELSE 0 END = 1
		ORDER BY place, id
		LIMIT 1)
	RETURNING id, sealed, attempts, created_at, due_at, expires_at, class, sender`

func (s *Store) PostponeEmail(ctx context.Context, r mail.Row, due time.Time) error {
	_, err := s.db.ExecContext(ctx, `UPDATE letters SET due_at = $1, place = $4 WHERE id = $2 AND attempts = $3`, due, r.ID, r.Attempts, mail.PlaceOf(due))
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

func (s *Store) CountEmailsOf(ctx context.Context, sender string) (all, ofSender int, err error) {
	err = s.db.QueryRowContext(ctx, `
		SELECT (SELECT count(*) FROM letters), (SELECT count(*) FROM letters WHERE sender = $1)`, sender).Scan(&all, &ofSender)
	return all, ofSender, err
}

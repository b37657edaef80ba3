package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/draft"
)

var _ draft.Store = (*Store)(nil)

func (s *Store) AddDraft(ctx context.Context, r draft.Row, perSession, perUser int) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		// Writing the account's row makes the drafts of one account take turns, so that each counts all others.
		result, err := tx.ExecContext(ctx, `
			UPDATE users
			SET epoch = epoch
			WHERE id = $1 AND disabled_at IS NULL AND (demo_until IS NULL OR demo_until > $2)`, r.UserID, r.CreatedAt)
		if err := changed(result, err, draft.ErrNotFound); err != nil {
			return err
		}
		if err := addDraft(ctx, tx, r); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			DELETE FROM held_forms
			WHERE user_id = $1 AND session_id = $2 AND id NOT IN (
				SELECT id FROM held_forms
				WHERE user_id = $1 AND session_id = $2
				ORDER BY created_at DESC, id
				LIMIT $3)`, r.UserID, r.SessionID, perSession)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			DELETE FROM held_forms
			WHERE user_id = $1 AND session_id <> '' AND id NOT IN (
				SELECT id FROM held_forms
				WHERE user_id = $1 AND session_id <> ''
				ORDER BY created_at DESC, id
				LIMIT $2)`, r.UserID, perUser)
		return err
	})
}

func addDraft(ctx context.Context, tx *sql.Tx, r draft.Row) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO held_forms (id, user_id, session_id, route, sealed, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		r.ID, r.UserID, r.SessionID, r.Route, r.Sealed, r.CreatedAt, r.ExpiresAt)
	return err
}

func (s *Store) ReplaceDraft(ctx context.Context, r draft.Row, by audit.Actor) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		// Writing the account's row makes these changes of one account take turns. A session that another request gives a
		// new token at this moment lives.
		result, err := tx.ExecContext(ctx, `
			UPDATE users
			SET epoch = epoch
			WHERE id = $1 AND EXISTS (
				SELECT 1 FROM sessions WHERE id = $2 AND user_id = $1 AND ended_at IS NULL AND idle_expires_at > $3)`,
			by.UserID, by.SessionID, r.CreatedAt)
		if err := changed(result, err, auth.ErrConflict); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM held_forms WHERE user_id = $1 AND session_id = '' AND route = $2`, r.UserID, r.Route)
		if err != nil {
			return err
		}
		return addDraft(ctx, tx, r)
	})
}

func (s *Store) DraftOfAccount(ctx context.Context, userID, route string, at time.Time) (draft.Row, error) {
	r := draft.Row{UserID: userID, Route: route}
	err := s.db.QueryRowContext(ctx, `
		SELECT id, sealed, created_at, expires_at
		FROM held_forms
		WHERE user_id = $1 AND session_id = '' AND route = $2 AND expires_at > $3`, userID, route, at).
		Scan(&r.ID, &r.Sealed, &r.CreatedAt, &r.ExpiresAt)
	if errors.Is(err, sql.ErrNoRows) {
		err = draft.ErrNotFound
	}
	return r, err
}

func (s *Store) Draft(ctx context.Context, id string, at time.Time) (draft.Row, error) {
	r := draft.Row{ID: id}
	err := s.db.QueryRowContext(ctx, `
		SELECT user_id, session_id, route, sealed, created_at, expires_at
		FROM held_forms
		WHERE id = $1 AND expires_at > $2`, id, at).
		Scan(&r.UserID, &r.SessionID, &r.Route, &r.Sealed, &r.CreatedAt, &r.ExpiresAt)
	if errors.Is(err, sql.ErrNoRows) {
		err = draft.ErrNotFound
	}
	return r, err
}

func (s *Store) DeleteDraft(ctx context.Context, id, userID string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM held_forms WHERE id = $1 AND user_id = $2`, id, userID)
	return err
}

func (s *Store) PruneDrafts(ctx context.Context, at time.Time) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM held_forms WHERE expires_at <= $1`, at)
	return err
}

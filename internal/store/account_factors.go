package store

import (
	"context"
	"database/sql"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

func (s *Store) ChangeRecoveryCodes(ctx context.Context, c account.CredentialsChange) ([]session.Session, error) {
	return s.changeCredentials(ctx, c, func(*sql.Tx) error { return nil })
}

func (s *Store) RecoveryCodes(ctx context.Context, userID string) ([]string, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT code_hash FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL ORDER BY code_hash`, userID)
	return readAll(rows, err, itself[string])
}

func (s *Store) TOTPSecret(ctx context.Context, userID string) (auth.TOTPSecret, error) {
	t := auth.TOTPSecret{UserID: userID}
	err := s.db.QueryRowContext(ctx, `SELECT sealed, last_step, enrolled_at FROM totp_secrets WHERE user_id = $1`, userID).
		Scan(&t.Sealed, &t.LastStep, &t.EnrolledAt)
	return t, found(err)
}

func (s *Store) Factors(ctx context.Context, userID string, at time.Time) (account.Factors, error) {
	var f account.Factors
	err := s.db.QueryRowContext(ctx, `
		SELECT totp_secrets.enrolled_at,
			(SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL),
			(SELECT count(*) FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND idle_expires_at > $2)
		FROM users LEFT JOIN totp_secrets ON totp_secrets.user_id = users.id
		WHERE users.id = $1`, userID, at).
		Scan(orZero{&f.TOTPSince}, &f.CodesLeft, &f.Sessions)
	return f, found(err)
}

func (s *Store) SetTOTPEnrolment(ctx context.Context, e account.TOTPEnrolment) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO totp_enrolments (session_id, user_id, sealed, expires_at)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT (session_id) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at`,
		e.SessionID, e.UserID, e.Sealed, e.ExpiresAt)
	return err
}

func (s *Store) TOTPEnrolment(ctx context.Context, sessionID string, at time.Time) (account.TOTPEnrolment, error) {
	e := account.TOTPEnrolment{SessionID: sessionID}
	err := s.db.QueryRowContext(ctx, `SELECT user_id, sealed, expires_at FROM totp_enrolments WHERE session_id = $1 AND expires_at > $2`,
		sessionID, at).Scan(&e.UserID, &e.Sealed, &e.ExpiresAt)
	return e, found(err)
}

func (s *Store) EnrolTOTP(ctx context.Context, c account.CredentialsChange, t auth.TOTPSecret) ([]session.Session, error) {
	return s.changeCredentials(ctx, c, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO totp_secrets (user_id, sealed, last_step, enrolled_at)
			VALUES ($1, $2, $3, $4)
			ON CONFLICT (user_id) DO UPDATE
			SET sealed = excluded.sealed, last_step = excluded.last_step, enrolled_at = excluded.enrolled_at`,
			t.UserID, t.Sealed, t.LastStep, t.EnrolledAt)
		return err
	})
}

func (s *Store) RemoveTOTP(ctx context.Context, c account.CredentialsChange) ([]session.Session, error) {
	return s.changeCredentials(ctx, c, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `DELETE FROM totp_secrets WHERE user_id = $1`, c.Session.UserID)
		return changed(result, err, audit.ErrNotFound)
	})
}

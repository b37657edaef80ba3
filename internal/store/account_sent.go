package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"example.com/gatehouse/internal/account"
)

// What a token may do is stored elsewhere, so a row of sent_tokens opens nothing. It is written with the token, but for a
// sign-up with the end of the token: a sign-up costs no statement more than one with an address that is known.

// SentToken returns what became of a token.
func (s *Store) SentToken(ctx context.Context, tokenHash, purpose string) (account.SentToken, error) {
	t := account.SentToken{TokenHash: tokenHash, Purpose: purpose}
	err := s.db.QueryRowContext(ctx, `
		SELECT expires_at, used_at, COALESCE(user_id, ''), email
		FROM sent_tokens
		WHERE token_hash = $1 AND purpose = $2`, tokenHash, purpose).
		Scan(&t.ExpiresAt, orZero{&t.UsedAt}, &t.UserID, &t.Email)
	if errors.Is(err, sql.ErrNoRows) && purpose == account.PurposeSignUp {
		err = s.db.QueryRowContext(ctx, `SELECT expires_at FROM signups WHERE token_hash = $1`, tokenHash).Scan(&t.ExpiresAt)
	}
	return t, found(err)
}

// addSent writes that a token was sent.
func addSent(ctx context.Context, tx *sql.Tx, t account.SentToken) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO sent_tokens (token_hash, purpose, expires_at, email)
		VALUES ($1, $2, $3, '')
		ON CONFLICT (token_hash) DO NOTHING`, t.TokenHash, t.Purpose, t.ExpiresAt)
	return err
}

// setUsed writes, in the transaction that uses a token up, when and for whom. A token that an older program made has no row.
func setUsed(ctx context.Context, tx *sql.Tx, t account.SentToken) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO sent_tokens (token_hash, purpose, expires_at, used_at, user_id, email)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (token_hash) DO UPDATE
		SET used_at = excluded.used_at, user_id = excluded.user_id, email = excluded.email`,
		t.TokenHash, t.Purpose, t.UsedAt, t.UsedAt, t.UserID, t.Email)
	return err
}

// pruneSignUps deletes the sign-ups that have expired, and keeps that their tokens were sent.
func (s *Store) pruneSignUps(ctx context.Context, at time.Time) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		// In one order, so that two instances that do this at the same moment wait for each other and no more.
		_, err := tx.ExecContext(ctx, `
			INSERT INTO sent_tokens (token_hash, purpose, expires_at, email)
			SELECT token_hash, 'sign-up', expires_at, '' FROM signups WHERE expires_at <= $1 ORDER BY token_hash
			ON CONFLICT (token_hash) DO NOTHING`, at)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM signups WHERE expires_at <= $1`, at)
		return err
	})
}

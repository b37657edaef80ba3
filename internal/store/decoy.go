package store

import (
	"context"
	"database/sql"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
)

// A token for nobody is a row that nothing reads, written by as many statements as the token of an account, to as many tables
// and indexes: whoever asks about an address learns nothing from how long that takes.

// maxDecoys is how many a sweep leaves, so that nobody can fill the table.
const maxDecoys = 10_000

func addDecoy(ctx context.Context, db execer, k account.OneTimeToken, standsFor string) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO decoys (token_hash, stands_for, purpose, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5)`, k.TokenHash, standsFor, k.Purpose, k.CreatedAt, k.ExpiresAt)
	return err
}

// addDecoyToken does what ReplaceOneTimeToken does, statement by statement.
func (s *Store) addDecoyToken(ctx context.Context, k account.OneTimeToken, p account.Press, e audit.Event) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := addDecoy(ctx, tx, k, "users"); err != nil {
			return err
		}
		if err := addPress(ctx, tx, p); err != nil {
			return err
		}
		if err := deleteOneTimeTokens(ctx, tx, k); err != nil {
			return err
		}
		for _, standsFor := range []string{"letter_keys", "sent_tokens"} {
			if err := addDecoy(ctx, tx, k, standsFor); err != nil {
				return err
			}
		}
		return addStrayEvent(ctx, tx, e)
	})
}

func (s *Store) pruneDecoys(ctx context.Context, at time.Time) error {
	_, err := s.db.ExecContext(ctx, `
		DELETE FROM decoys
		WHERE expires_at <= $1 OR expires_at <= (SELECT expires_at FROM decoys ORDER BY expires_at DESC LIMIT 1 OFFSET $2)`, at, maxDecoys)
	return err
}

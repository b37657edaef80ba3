package store

import (
	"context"
	"database/sql"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
)

const pendingColumns = `pending_sign_ins.token_hash, pending_sign_ins.user_id, pending_sign_ins.epoch, pending_sign_ins.remember,
	pending_sign_ins.next, pending_sign_ins.attempts_left, pending_sign_ins.created_at, pending_sign_ins.expires_at`

func pendingFields(p *auth.PendingSignIn) []any {
	return []any{&p.TokenHash, &p.UserID, &p.Epoch, &p.Remember, &p.Next, &p.AttemptsLeft, &p.CreatedAt, &p.ExpiresAt}
}

// usable is the condition of every use of a pending sign-in: $1 the hash of its token, $2 the time.
const usable = `token_hash = $1 AND attempts_left > 0 AND expires_at > $2 AND EXISTS (
	SELECT 1 FROM users
	WHERE users.id = pending_sign_ins.user_id AND users.epoch = pending_sign_ins.epoch AND users.disabled_at IS NULL)`

// maxPending is how many sign-ins of one account from one network wait for their second step, the newest: whoever has the
// password pushes out none of the owner's. How many networks there may be follows from the limits of guard.
const maxPending = 20

func (s *Store) AddPendingSignIn(ctx context.Context, p auth.PendingSignIn, press *act.Record, e audit.Event) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO pending_sign_ins (token_hash, user_id, epoch, remember, next, attempts_left, created_at, expires_at, network)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			p.TokenHash, p.UserID, p.Epoch, p.Remember, p.Next, p.AttemptsLeft, p.CreatedAt, p.ExpiresAt, p.Network)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			DELETE FROM pending_sign_ins
			WHERE user_id = $1 AND network = $2 AND token_hash NOT IN (
				SELECT token_hash FROM pending_sign_ins WHERE user_id = $1 AND network = $2 ORDER BY created_at DESC, token_hash LIMIT $3)`,
			p.UserID, p.Network, maxPending)
		if err != nil {
			return err
		}
		return finish(ctx, tx, press, auth.Spend{}, e)
	})
}

func (s *Store) PendingSignIn(ctx context.Context, tokenHash string, at time.Time) (auth.PendingSignIn, auth.User, error) {
	var (
		p auth.PendingSignIn
		u auth.User
	)
	err := s.db.QueryRowContext(ctx, `
		SELECT `+pendingColumns+`, `+userColumns+`
		FROM pending_sign_ins JOIN users ON users.id = pending_sign_ins.user_id
		WHERE `+usable, tokenHash, at).Scan(append(pendingFields(&p), userFields(&u)...)...)
	return p, u, found(err)
}

func (s *Store) TakePendingAttempt(ctx context.Context, tokenHash string, at time.Time) (p auth.PendingSignIn, u auth.User, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `
			UPDATE pending_sign_ins
			SET attempts_left = attempts_left - 1
			WHERE `+usable+`
			RETURNING `+pendingColumns, tokenHash, at).Scan(pendingFields(&p)...)
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users WHERE id = $1`, p.UserID).Scan(userFields(&u)...)
	})
	return p, u, found(err)
}

func (s *Store) HasPendingSignIn(ctx context.Context, tokenHash string) error {
	var one int
	return found(s.db.QueryRowContext(ctx, `SELECT 1 FROM pending_sign_ins WHERE token_hash = $1`, tokenHash).Scan(&one))
}

func (s *Store) DeletePendingSignIn(ctx context.Context, tokenHash string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM pending_sign_ins WHERE token_hash = $1`, tokenHash)
	return err
}

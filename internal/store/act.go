package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/mail"
)

var _ act.Store = (*Store)(nil)

func (s *Store) Act(ctx context.Context, key string, at time.Time) (r act.Record, c act.Holder, err error) {
	err = s.db.QueryRowContext(ctx, `
		SELECT acts.key, acts.came_hash, acts.token_hash, acts.answer, acts.expires_at,
			sessions.expires_at, COALESCE(sessions.remembered, FALSE),
			COALESCE(sessions.ended_at IS NOT NULL OR sessions.idle_expires_at <= $2 OR users.disabled_at IS NOT NULL, FALSE)
		FROM acts LEFT JOIN sessions ON sessions.token_hash = acts.token_hash LEFT JOIN users ON users.id = sessions.user_id
		WHERE acts.key = $1 AND acts.expires_at > $2`, key, at).
		Scan(&r.Key, &r.CameHash, &r.TokenHash, &r.Answer, &r.ExpiresAt, orZero{&c.Expires}, &c.Remembered, &c.Over)
	return r, c, found(err)
}

func (s *Store) DeleteAct(ctx context.Context, key string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM acts WHERE key = $1`, key)
	return err
}

func (s *Store) PruneActs(ctx context.Context, at time.Time) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM acts WHERE expires_at <= $1`, at)
	return err
}

func (s *Store) AddPress(ctx context.Context, p account.Press, events ...audit.Event) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if p.By.SessionID != "" {
			if err := requireLiveSession(ctx, tx, p.By, events[0].At, 0); err != nil {
				return err
			}
		}
		if err := addPress(ctx, tx, p); err != nil {
			return err
		}
		return addEvents(ctx, tx, events...)
	})
}

// addPress stores an act with what is spent and its emails.
func addPress(ctx context.Context, tx *sql.Tx, p account.Press) error {
	if err := finish(ctx, tx, p.Act, p.Spend, p.Spend.Events...); err != nil {
		return err
	}
	for _, email := range p.Emails {
		if err := addEmail(ctx, tx, email, email.Most()); err != nil {
			return err
		}
	}
	return nil
}

// addAct stores the answer of an act, and its notices, in the transaction of what it changes. Two presses at the same moment
// cannot both write the key, so only one of them changes anything; the other has ErrConflict. A row whose time is up is none.
func addAct(ctx context.Context, tx *sql.Tx, r *act.Record) error {
	if r == nil {
		return nil
	}
	if err := addNotices(ctx, tx, r.Notices); err != nil || r.Key == "" {
		return err
	}
	result, err := tx.ExecContext(ctx, `
		INSERT INTO acts (key, came_hash, token_hash, answer, expires_at)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (key) DO UPDATE
		SET came_hash = excluded.came_hash, token_hash = excluded.token_hash, answer = excluded.answer, expires_at = excluded.expires_at
		WHERE acts.expires_at <= $6`, r.Key, r.CameHash, r.TokenHash, r.Answer, r.ExpiresAt, r.ExpiresAt.Add(-act.Valid))
	return changed(result, err, auth.ErrConflict)
}

// addNotices stores what there is room for, and marks what it left out. A full outbox ends the transaction for what is needed
// alone.
func addNotices(ctx context.Context, tx *sql.Tx, notices []mail.Notice) error {
	for i, n := range notices {
		err := addEmail(ctx, tx, n.Row, n.Row.Most())
		if notices[i].Full = errors.Is(err, mail.ErrFull) && !n.Needed; err != nil && !notices[i].Full {
			return err
		}
	}
	return nil
}

// finish stores what a change leaves behind in its transaction: the answer of its press, what its proof uses up, and its events,
// those of the spend among them.
func finish(ctx context.Context, tx *sql.Tx, press *act.Record, spend auth.Spend, events ...audit.Event) error {
	if err := useUp(ctx, tx, press, spend); err != nil {
		return err
	}
	return addEvents(ctx, tx, events...)
}

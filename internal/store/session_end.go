package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

func (s *Store) OpenSession(ctx context.Context, o session.OpenParams) (ended []session.Session, err error) {
	x := o.Session
	err = s.txForToken(ctx, x.TokenHash, func(tx *sql.Tx) error {
		ended = nil
		// Writing the account's row makes sign-ins and sign-outs everywhere of one account take turns.
		result, err := tx.ExecContext(ctx, `UPDATE users SET epoch = epoch WHERE id = $1 AND epoch = $2 AND disabled_at IS NULL`,
			x.UserID, o.Epoch)
		if err := changed(result, err, auth.ErrConflict); err != nil {
			return err
		}
		if instead := o.Instead.ID; instead != "" {
			ended, err = s.endMany(ctx, tx, `id = $4`, x.CreatedAt, session.ReasonSignedOut, instead, instead)
		}
		lost, errLost := s.endMany(ctx, tx, `user_id = $4 AND prev_token_hash = $5 AND unclaimed_since IS NOT NULL`, x.CreatedAt,
			session.ReasonUnclaimed, x.ID, x.UserID, o.ReplacedHash)
		surplus, errSurplus := s.makeRoom(ctx, tx, x, o.Limit)
		if err := cmp.Or(err, errLost, errSurplus); err != nil { // after one that failed, PostgreSQL refuses the others
			return err
		}
		if err := addSession(ctx, tx, x, o.ReplacedHash); err != nil {
			return err
		}
		ended = slices.Concat(ended, lost, surplus)
		return finish(ctx, tx, o.Act, o.Spend.Opening(x.ID), append(session.EndEvents(ended, o.Client), o.Events...)...)
	})
	return ended, err
}

// makeRoom ends the oldest live sessions beyond limit-1. Sessions that timed out unnoticed do not count; they end with
// their own reason when they are noticed. The LIMIT is there because SQLite allows OFFSET only after one.
func (s *Store) makeRoom(ctx context.Context, tx *sql.Tx, x session.Session, limit int) ([]session.Session, error) {
	return s.endMany(ctx, tx, `id IN (
			SELECT id FROM sessions
			WHERE user_id = $4 AND ended_at IS NULL AND idle_expires_at > $5
			ORDER BY created_at DESC, id
			LIMIT 1000000 OFFSET $6)`,
		x.CreatedAt, session.ReasonReplaced, x.ID, x.UserID, x.CreatedAt, limit-1)
}

// ending ends sessions: $1 the time, $2 the reason, $3 the handle of the session they are ended from.
const ending = `
	UPDATE sessions SET ended_at = $1, end_reason = $2, ended_by = $3
	WHERE `

// endMany ends the live sessions that match, and returns them as they are afterwards. The condition starts at $4. All of
// them end in one statement, so that none can be used meanwhile. The reason of those that had timed out is corrected after
// it.
func (s *Store) endMany(ctx context.Context, tx *sql.Tx, where string, at time.Time, reason session.Reason, by string, args ...any) ([]session.Session, error) {
	rows, err := tx.QueryContext(ctx, ending+`ended_at IS NULL AND `+where+`
		RETURNING `+sessionColumns, append([]any{at, string(reason), by}, args...)...)
	ended, err := readAll(rows, err, sessionFields)
	for i, x := range ended {
		ended[i] = x.Over(at, reason, by)
		if x = ended[i]; err == nil && x.EndReason != reason {
			_, err = tx.ExecContext(ctx, ending+`id = $4`, x.EndedAt, string(x.EndReason), x.EndedBy, x.ID)
		}
	}
	s.noteEnded(tx, ended, by)
	return ended, err
}

// EndSession: only a timeout depends on the idle limit, which another request may have moved since x was read.
func (s *Store) EndSession(ctx context.Context, x session.Session, by audit.Actor, press *act.Record) (over session.Session, err error) {
	timeout := x.EndReason == session.ReasonIdle || x.EndReason == session.ReasonAbsolute || x.EndReason == session.ReasonUnclaimed
	err = s.tx(ctx, func(tx *sql.Tx) error {
		if by.SessionID != "" && by.SessionID != x.ID {
			if err := requireLiveSession(ctx, tx, by, x.EndedAt, 0); err != nil {
				return err
			}
		}
		ended, err := s.endMany(ctx, tx, `id = $4 AND (idle_expires_at <= $5 OR NOT $6)`, x.EndedAt, x.EndReason, x.EndedBy, x.ID, x.EndedAt, timeout)
		if err != nil || len(ended) == 0 {
			return cmp.Or(err, auth.ErrEnded)
		}
		over = ended[0]
		return finish(ctx, tx, press, auth.Spend{}, session.EndEvents(ended, by.Client)...)
	})
	return over, err
}

func (s *Store) EndSessions(ctx context.Context, m session.EndManyParams) (ended []session.Session, err error) {
	err = s.txForToken(ctx, m.Elevation.NewTokenHash, func(tx *sql.Tx) error {
		err := requireLiveSession(ctx, tx, m.By, m.At, 1)
		if m.Elevation.NewTokenHash != "" && (err == nil || errors.Is(err, auth.ErrConflict)) { // with its own answer for who is late
			err = rotate(ctx, tx, m.Elevation.Rotation)
		}
		if err != nil {
			return err
		}
		ended, err = s.endMany(ctx, tx, `user_id = $4 AND id <> $5`, m.At, session.ReasonRevoked, m.By.SessionID, m.By.UserID, m.Except)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM pending_sign_ins WHERE user_id = $1`, m.By.UserID); err != nil {
			return err
		}
		return finish(ctx, tx, m.Act, auth.Spend{}, append(m.Elevation.Events, session.EndEvents(ended, m.By.Client)...)...)
	})
	return ended, err
}

// requireLiveSession raises the epoch of the account of the session by the given number, which makes the endings of
// one account take turns, and returns auth.ErrConflict when the session that asks is over, or not elevated where it has to be.
func requireLiveSession(ctx context.Context, tx *sql.Tx, by audit.Actor, at time.Time, raise int) error {
	if _, err := tx.ExecContext(ctx, `UPDATE users SET epoch = epoch + $1 WHERE id = $2`, raise, by.UserID); err != nil {
		return err
	}
	var one int
	err := tx.QueryRowContext(ctx, `SELECT 1 FROM sessions WHERE `+live+` AND ($4 = FALSE OR elevated_until > $3)`, by.SessionID, by.TokenHash, at, by.InWindow).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return auth.ErrConflict
	}
	return err
}

func (s *Store) PruneSessions(ctx context.Context, endedBefore time.Time) error {
	return s.prune(ctx, "sessions", "ended_at", endedBefore)
}

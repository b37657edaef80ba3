package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/internal/session"
)

func (s *Store) Scene(ctx context.Context, userID, name string) (demo.Scene, error) {
	scene, told := demo.Scene{}, ""
	err := s.db.QueryRowContext(ctx, `SELECT told FROM demo_scenes WHERE user_id = $1 AND scene = $2`, userID, name).Scan(&told)
	if err == nil {
		err = json.Unmarshal([]byte(told), &scene)
	}
	scene.UserID, scene.Name = userID, name
	return scene, found(err)
}

func (s *Store) RenewInScene(ctx context.Context, r session.Rotation, scene demo.Scene, events ...audit.Event) error {
	return s.txForToken(ctx, r.NewTokenHash, func(tx *sql.Tx) error {
		if err := lockAccount(ctx, tx, r.Session.UserID); err != nil {
			return err
		}
		if err := rotate(ctx, tx, r); err != nil {
			return err
		}
		return finishScene(ctx, tx, scene, nil, events)
	})
}

func (s *Store) ShortenInScene(ctx context.Context, x session.Session, used, ends time.Time, scene demo.Scene, press *act.Record,
	events ...audit.Event) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := lockAccount(ctx, tx, x.UserID); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `
			UPDATE sessions SET
				last_seen_at = CASE WHEN last_seen_at < $4 THEN last_seen_at ELSE $4 END,
				idle_expires_at = CASE WHEN idle_expires_at < $5 THEN idle_expires_at ELSE $5 END
			WHERE `+live, x.ID, x.TokenHash, scene.At, used, ends)
		if err := changed(result, err, auth.ErrEnded); err != nil {
			return err
		}
		return finishScene(ctx, tx, scene, press, events)
	})
}

// lockAccount makes the transactions of one account take turns.
func lockAccount(ctx context.Context, tx *sql.Tx, userID string) error {
	_, err := tx.ExecContext(ctx, `UPDATE users SET epoch = epoch WHERE id = $1`, userID)
	return err
}

// finishScene stores the press of a scene, the scene in place of its run before, and its events.
func finishScene(ctx context.Context, tx *sql.Tx, scene demo.Scene, press *act.Record, events []audit.Event) error {
	if err := addAct(ctx, tx, press); err != nil {
		return err
	}
	told, err := json.Marshal(scene)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO demo_scenes (user_id, scene, at, told) VALUES ($1, $2, $3, $4)
		ON CONFLICT (user_id, scene) DO UPDATE SET at = excluded.at, told = excluded.told`, scene.UserID, scene.Name, scene.At, string(told))
	if err != nil {
		return err
	}
	return addEvents(ctx, tx, events...)
}

func (s *Store) FinishScene(ctx context.Context, scene demo.Scene) error {
	told, err := json.Marshal(scene)
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `UPDATE demo_scenes SET told = $4 WHERE user_id = $1 AND scene = $2 AND at = $3`,
		scene.UserID, scene.Name, scene.At, string(told))
	return err
}

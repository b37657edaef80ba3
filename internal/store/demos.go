package store

import (
	"context"
	"database/sql"
	"time"

	"example.com/gatehouse/internal/auth"
)

func (s *Store) CreateDemo(ctx context.Context, d auth.Demo) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := createUser(ctx, tx, d.User, d.Events...); err != nil {
			return err
		}
		for _, x := range d.Sessions {
			if err := addSession(ctx, tx, x, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) CountDemos(ctx context.Context) (int, error) {
	var n int
	err := s.db.QueryRowContext(ctx, `SELECT count(*) FROM users WHERE demo_until IS NOT NULL`).Scan(&n)
	return n, err
}

// DeleteDemos deletes one account at a time, so that none waits long for its lock and two instances that sweep at once
// cannot block each other. Everything that refers to an account goes with it.
func (s *Store) DeleteDemos(ctx context.Context, over time.Time, limit int) (int, error) {
	ids, err := s.demosOver(ctx, over, limit)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if _, err := s.db.ExecContext(ctx, `DELETE FROM users WHERE id = $1`, id); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

func (s *Store) demosOver(ctx context.Context, over time.Time, limit int) ([]string, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT id FROM users
		WHERE demo_until <= $1
		ORDER BY demo_until
		LIMIT $2`, over, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

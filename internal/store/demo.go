package store

import (
	"context"
	"database/sql"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/demo"
)

func (s *Store) CreateDemo(ctx context.Context, d demo.Demo) error {
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

func (s *Store) DeleteDemo(ctx context.Context, u auth.User) error {
	return s.tx(ctx, func(tx *sql.Tx) error { return s.deleteAccount(ctx, tx, u.ID, "demo_until", u.DemoUntil) })
}

func (s *Store) DeleteDemos(ctx context.Context, over time.Time, limit int) (int, error) {
	deleted, err := s.deleteDue(ctx, "demo_until", over, limit)
	return len(deleted), err
}

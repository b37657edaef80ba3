package demo

import (
	"context"
	"time"

	"example.com/gatehouse/internal/auth"
)

// Store keeps demo accounts.
type Store interface {
	// CreateDemo stores a demo account with everything in it.
	CreateDemo(ctx context.Context, d Demo) error
	CountDemos(ctx context.Context) (int, error)
	// DeleteDemos deletes up to limit demo accounts that were over at that time, each with everything of theirs, and
	// returns how many.
	DeleteDemos(ctx context.Context, over time.Time, limit int) (int, error)
	// DeleteDemo deletes one demo account with everything in it. ErrNotFound when it is gone.
	DeleteDemo(ctx context.Context, u auth.User) error
	// UserByID returns ErrNotFound for an unknown id.
	UserByID(ctx context.Context, id string) (auth.User, error)
}

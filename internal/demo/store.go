package demo

import (
	"context"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
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

	// Scene returns the latest run of a scene. ErrNotFound.
	Scene(ctx context.Context, userID, name string) (Scene, error)
	// RenewInScene rotates a session and stores a scene and its events. ErrEnded when the session is over or was rotated by
	// another request first; ErrConflict when the press was answered before, as in the next two.
	RenewInScene(ctx context.Context, r session.Rotation, scene Scene, events ...audit.Event) error
	// ShortenInScene does so with an earlier end of the session and an earlier use to fit it. ErrEnded likewise.
	ShortenInScene(ctx context.Context, x session.Session, used, ends time.Time, scene Scene, press *act.Record, events ...audit.Event) error
	// OfferLink does so with a demo link. ErrConflict when the session of by is over.
	OfferLink(ctx context.Context, l auth.DemoLink, scene Scene, by audit.Actor, press *act.Record, events ...audit.Event) error
	// OpenedOnSecondScreen returns the handle of the session that the latest link of an account for a second screen has opened, ""
	// before that. ErrNotFound for no link.
	OpenedOnSecondScreen(ctx context.Context, userID string) (handle string, err error)
	// AddDemoLink stores a demo link, and deletes those of the account and its purpose that expired a while ago.
	AddDemoLink(ctx context.Context, l auth.DemoLink) error
	// FinishScene stores what came of a scene that has not begun again since.
	FinishScene(ctx context.Context, scene Scene) error
}

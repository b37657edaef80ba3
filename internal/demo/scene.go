package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// The scenes that a press begins.
const (
	SceneDevices      = "devices"
	SceneSecondDevice = "second-device"
	SceneThief        = "thief"
	SceneWarning      = "warning"
	SceneExpire       = "expire"
)

// LastMinute is what the scene of the warning leaves of a session.
const LastMinute = time.Minute

// ReasonScene is why a scene gave a session its next token.
const ReasonScene = "demo_scene"

// A Scene is the latest run of one scene: what its page shows.
type Scene struct {
	UserID    string `json:"-"`
	Name      string `json:"-"`
	At        time.Time
	Session   string // handle of the session that it is about
	Before    Row
	After     Row // zero while the scene goes on, and where the row is read when it is shown
	Exchanges []Exchange
	Done      bool
}

// A Row is what a page may show of a session's row.
type Row struct {
	Token, Previous          string // beginnings of hashes; the latter of one that this scene has replaced, else ""
	RotatedAt, LastSeenAt    time.Time
	IdleExpiresAt, ExpiresAt time.Time
	Unclaimed                bool
	Flag                     string
	EndedAt                  time.Time
	EndReason, EndedBy       string
}

// An Exchange is a request that the portal made to itself, and its answer.
type Exchange struct {
	At           time.Time
	From, Agent  string
	Method, Path string
	Token        string // beginning of the hash of the token that it brought
	Status       int
	Location     string
	Cookie       string // what the answer did to the cookie: "", "set" or "deleted"
}

// hashShown is how much of a hash is shown: enough to see it change, too little to find it by.
const hashShown = 8

// Shown is the beginning of a hash.
func Shown(hash string) string { return hash[:min(hashShown, len(hash))] }

// RowOf is what may be shown of a session.
func RowOf(x session.Session) Row {
	return Row{
		Token: Shown(x.TokenHash), RotatedAt: x.RotatedAt, LastSeenAt: x.LastSeenAt, IdleExpiresAt: x.IdleExpiresAt, ExpiresAt: x.ExpiresAt,
		Unclaimed: !x.UnclaimedSince.IsZero(), Flag: x.Flag, EndedAt: x.EndedAt, EndReason: string(x.EndReason), EndedBy: x.EndedBy,
	}
}

// SceneOf begins a scene about a session.
func SceneOf(name string, x session.Session) Scene {
	return Scene{UserID: x.UserID, Name: name, At: audit.Now(), Session: x.ID, Before: RowOf(x)}
}

// begun is the event of a scene.
func begun(s Scene, by audit.Actor) audit.Event { return by.Event(audit.DemoScene).Because(s.Name) }

// Scene returns the latest run of a scene in that account. ErrNotFound when there is none.
func (s *Service) Scene(ctx context.Context, userID, name string) (Scene, error) {
	return s.store.Scene(ctx, userID, name)
}

// Finish stores what came of a scene, unless it was begun again since.
func (s *Service) Finish(ctx context.Context, scene Scene) error {
	scene.Done = true
	return s.store.FinishScene(ctx, scene)
}

// Renew gives the session of a demo account its next token without a confirmation, so that the one before it can be stolen.
// ErrEnded when the session ended or was rotated by another request first.
func (s *Service) Renew(ctx context.Context, x session.Session, next session.NewToken, c device.Client) (Scene, error) {
	scene := SceneOf(SceneThief, x)
	r := session.Rotation{Session: x, NewToken: next, At: scene.At}
	return scene, s.begin(ctx, scene, x.By(c), func(events ...audit.Event) error {
		return s.store.RenewInScene(ctx, r, scene, events...)
	}, x.By(c).Event(audit.SessionRenewed).Because(ReasonScene))
}

// Shorten leaves the session as if it had not been used for so long that this much time is left, never more than it had. Nothing
// left is the end of it, which the next request finds. ErrEnded as for Renew.
func (s *Service) Shorten(ctx context.Context, name string, x session.Session, left time.Duration, press *act.Record, c device.Client) (Scene, error) {
	scene := SceneOf(name, x)
	ends := scene.At.Add(left)
	used := ends.Add(-s.policy.For(x.Remembered).Idle)
	return scene, s.begin(ctx, scene, x.By(c), func(events ...audit.Event) error {
		return s.store.ShortenInScene(ctx, x, used, ends, scene, press, events...)
	})
}

// begin stores a scene with its events, and logs them.
func (s *Service) begin(ctx context.Context, scene Scene, by audit.Actor, do func(events ...audit.Event) error, more ...audit.Event) error {
	events := slices.Concat(more, []audit.Event{begun(scene, by)})
	if err := do(events...); err != nil {
		return fmt.Errorf("begin scene %s: %w", scene.Name, err)
	}
	s.audit.Log(ctx, events...)
	return nil
}

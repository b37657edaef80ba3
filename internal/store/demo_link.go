package store

import (
	"context"
	"database/sql"
	"time"

	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/demo"
)

// linkStands says of a demo link whether the session that made it is as its purpose demands: alive for a second screen, and for the
// way back over for want of use or by its own browser, not by anybody else.
const linkStands = `EXISTS (
	SELECT 1 FROM sessions
	WHERE sessions.id = demo_links.session_id AND (
		demo_links.purpose = 'phone' AND sessions.ended_at IS NULL OR
		demo_links.purpose = 'back' AND sessions.end_reason IN ('idle', 'absolute', 'unclaimed', 'signed_out')))`

func (s *Store) DemoLink(ctx context.Context, tokenHash, purpose string) (l auth.DemoLink, u auth.User, err error) {
	err = s.db.QueryRowContext(ctx, `
		SELECT demo_links.token_hash, demo_links.user_id, demo_links.purpose, demo_links.session_id, demo_links.epoch, demo_links.password, demo_links.created_at,
			demo_links.expires_at, demo_links.used_at, `+linkStands+`, `+userColumns+`
		FROM demo_links JOIN users ON users.id = demo_links.user_id
		WHERE demo_links.token_hash = $1 AND demo_links.purpose = $2`, tokenHash, purpose).
		Scan(append([]any{&l.TokenHash, &l.UserID, &l.Purpose, &l.SessionID, &l.Epoch, &l.Sealed, &l.CreatedAt, &l.ExpiresAt, orZero{&l.UsedAt}, &l.Stands}, userFields(&u)...)...)
	return l, u, found(err)
}

func (s *Store) OfferLink(ctx context.Context, l auth.DemoLink, scene demo.Scene, by audit.Actor, press *act.Record, events ...audit.Event) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := requireLiveSession(ctx, tx, by, scene.At, 0); err != nil {
			return err
		}
		if err := finishScene(ctx, tx, scene, press, events); err != nil {
			return err
		}
		return addDemoLink(ctx, tx, l)
	})
}

func (s *Store) AddDemoLink(ctx context.Context, l auth.DemoLink) error {
	return s.tx(ctx, func(tx *sql.Tx) error { return addDemoLink(ctx, tx, l) })
}

// keepLinks is how long a link that is over can still be told from one that never was.
const keepLinks = 10 * time.Minute

func (s *Store) OpenedOnSecondScreen(ctx context.Context, userID string) (handle string, err error) {
	err = s.db.QueryRowContext(ctx, `
		SELECT opened FROM demo_links WHERE user_id = $1 AND purpose = 'phone'
		ORDER BY created_at DESC LIMIT 1`, userID).Scan(&handle)
	return handle, found(err)
}

// addDemoLink also takes back the links of that purpose that the same session made before. Those of the other purpose stay: the
// latest link for a second screen says which session it has opened.
func addDemoLink(ctx context.Context, tx *sql.Tx, l auth.DemoLink) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM demo_links WHERE user_id = $1 AND purpose = $3 AND expires_at <= $2`, l.UserID, l.CreatedAt.Add(-keepLinks), l.Purpose)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE demo_links SET expires_at = $4
		WHERE user_id = $1 AND purpose = $2 AND session_id = $3 AND expires_at > $4`, l.UserID, l.Purpose, l.SessionID, l.CreatedAt)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO demo_links (token_hash, user_id, purpose, session_id, epoch, password, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, l.TokenHash, l.UserID, l.Purpose, l.SessionID, l.Epoch, l.Sealed, l.CreatedAt, l.ExpiresAt)
	return err
}

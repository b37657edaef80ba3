package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"example.com/gatehouse/internal/audit"
	hub "example.com/gatehouse/internal/live"
	"example.com/gatehouse/internal/session"
)

var _ hub.Store = (*Store)(nil)

// newsOf is what an event says to open pages. Every ending, flag and rotation of a session has its event.
var newsOf = map[audit.Kind]hub.News{
	audit.SessionExpired:     {Kind: hub.Ended},
	audit.SessionFlagged:     {Kind: hub.Flagged, Reason: session.FlagClientChanged},
	audit.SessionTokenReused: {Kind: hub.Flagged, Reason: session.FlagTokenReused},
	audit.SessionRenewed:     {Kind: hub.Rotated},
}

// noNews is how long ago an event is news to nobody: streams end with their session. It spares the history of a demo account.
const noNews = time.Hour

// addNews writes what the events say to open pages, in the transaction of the events.
func addNews(ctx context.Context, db execer, events []audit.Event) error {
	at := audit.Now()
	var news []hub.News
	for _, e := range events {
		n, is := newsOf[e.Kind]
		if !is || at.Sub(e.At) > noNews {
			continue
		}
		if n.ID, n.Session = e.ID, e.SessionID; n.Kind == hub.Ended {
			n.Reason = e.Reason
		}
		news = append(news, n)
	}
	return insertNews(ctx, db, news, at)
}

func insertNews(ctx context.Context, db execer, news []hub.News, at time.Time) error {
	if len(news) == 0 {
		return nil
	}
	var (
		rows []string
		args []any
	)
	for _, n := range news {
		from := len(args)
		args = append(args, n.ID, n.Session, string(n.Kind), n.Reason, at)
		rows = append(rows, placeholders(from+1, len(args)))
	}
	_, err := db.ExecContext(ctx, `INSERT INTO session_news (id, session_id, kind, reason, at) VALUES `+strings.Join(rows, ", ")+` ON CONFLICT (id) DO NOTHING`, args...)
	if err != nil {
		return fmt.Errorf("add %d news: %w", len(news), err)
	}
	return nil
}

// addNewsOfDeletion is for the sessions that are deleted with their account, without events.
func addNewsOfDeletion(ctx context.Context, db execer, userID string) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO session_news (id, session_id, kind, reason, at)
		SELECT id, id, $1, $2, $3 FROM sessions WHERE user_id = $4 AND ended_at IS NULL`,
		string(hub.Ended), string(session.ReasonAccountDeleted), audit.Now(), userID)
	return err
}

func (s *Store) AddNews(ctx context.Context, n hub.News, at time.Time) error {
	return insertNews(ctx, s.db, []hub.News{n}, at)
}

func (s *Store) News(ctx context.Context, since time.Time, limit int) ([]hub.News, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT id, session_id, kind, reason
		FROM session_news
		WHERE at > $1
		ORDER BY at
		LIMIT $2`, since, limit)
	news, err := readAll(rows, err, func(n *hub.News) []any { return []any{&n.ID, &n.Session, &n.Kind, &n.Reason} })
	if err != nil {
		return nil, fmt.Errorf("news: %w", err)
	}
	return news, nil
}

func (s *Store) PruneNews(ctx context.Context, before time.Time) error {
	return s.prune(ctx, "session_news", "at", before)
}

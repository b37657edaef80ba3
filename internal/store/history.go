package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"example.com/gatehouse/internal/auth"
)

// SignInHistory need not read everything at one moment: a sign-in beside it is a sign-in of its own.
func (s *Store) SignInHistory(ctx context.Context, userID string) (auth.History, error) {
	var (
		h    auth.History
		last time.Time
	)
	err := s.db.QueryRowContext(ctx, `
		SELECT at FROM events
		WHERE user_id = $1 AND kind = $2
		ORDER BY at DESC
		LIMIT 1`, userID, string(auth.LoginSuccess)).Scan(&last)
	h.SignedIn = err == nil
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return h, err
	}
	err = s.db.QueryRowContext(ctx, `
		SELECT count(*) FROM (
			SELECT 1 FROM events
			WHERE user_id = $1 AND kind = $2 AND at > $3
			LIMIT $4) AS refused`, userID, string(auth.LoginFail), last, auth.MaxFailures).Scan(&h.Failures)
	if err != nil {
		return h, err
	}
	rows, err := s.db.QueryContext(ctx, `
		SELECT DISTINCT known_clients FROM sessions
		WHERE user_id = $1 AND end_reason <> $2`, userID, string(auth.ReasonRevoked))
	if err != nil {
		return h, err
	}
	defer rows.Close()
	for rows.Next() {
		var known auth.Clients
		if err := rows.Scan(&known); err != nil {
			return h, err
		}
		h.Known = append(h.Known, known)
	}
	return h, rows.Err()
}

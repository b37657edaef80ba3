package store

import (
	"context"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/session"
)

// SignInHistory need not read everything at one moment: a sign-in that happens meanwhile is another sign-in.
func (s *Store) SignInHistory(ctx context.Context, userID string) (session.History, error) {
	var h session.History
	err := s.db.QueryRowContext(ctx, `
		WITH success AS (
			SELECT (SELECT at FROM events WHERE user_id = $1 AND kind = $2 ORDER BY at DESC LIMIT 1) AS at)
		SELECT success.at IS NOT NULL, (
			SELECT CAST(COALESCE(sum(times), 0) AS BIGINT) FROM (
				SELECT times FROM events
				WHERE user_id = $1 AND kind = $3 AND events.at > COALESCE(success.at, $4)
				LIMIT $5) AS refused)
		FROM success`, userID, string(audit.LoginSuccess), string(audit.LoginFail), time.Time{}, session.MaxFailures).Scan(&h.SignedIn, &h.Failures)
	if err != nil {
		return h, err
	}
	h.Failures = min(h.Failures, session.MaxFailures)
	rows, err := s.db.QueryContext(ctx, `
		SELECT DISTINCT known_clients FROM sessions
		WHERE user_id = $1 AND end_reason <> $2`, userID, string(session.ReasonRevoked))
	h.Known, err = readAll(rows, err, itself[device.Set])
	return h, err
}

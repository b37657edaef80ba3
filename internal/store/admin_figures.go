package store

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
)

func (s *Store) AllEvents(ctx context.Context, f admin.EventFilter) ([]admin.Event, error) {
	query, args := allEventsQuery(f)
	rows, err := s.db.QueryContext(ctx, query, args...)
	return readAll(rows, err, func(e *admin.Event) []any { return append(eventFields(&e.Event), &e.Name) })
}

func allEventsQuery(f admin.EventFilter) (query string, args []any) {
	var where []string
	arg := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	if f.UserID != "" {
		where = append(where, `user_id = `+arg(f.UserID))
	}
	switch {
	case f.Kind != "" && f.UserID != "": // written so that no database reads all events of the kind to find those of the account
		where = append(where, `kind || '' = `+arg(string(f.Kind)))
	case f.Kind != "":
		where = append(where, `kind = `+arg(string(f.Kind)))
	}
	if !f.BeforeAt.IsZero() {
		where = append(where, `(at, id) < (`+arg(f.BeforeAt)+`, `+arg(f.BeforeID)+`)`)
	}
	query = `SELECT ` + eventsRead + `, COALESCE((SELECT users.name FROM users WHERE users.id = events.user_id), '') FROM events`
	if len(where) > 0 {
		query += ` WHERE ` + strings.Join(where, ` AND `)
	}
	return query + ` ORDER BY at DESC, id DESC LIMIT ` + arg(f.Limit), args
}

func (s *Store) Figures(ctx context.Context, now time.Time, hours []time.Time) (f admin.Figures, err error) {
	f.SignedIn, f.Flagged, err = s.LiveSessions(ctx, now)
	signIns, errSignIns := s.perHour(ctx, `events`, audit.LoginSuccess, hours)
	failures, errFailures := s.perHour(ctx, `events`, audit.LoginFail, hours)
	unknown, errUnknown := s.perHour(ctx, `stray_events`, audit.LoginFail, hours)
	if err := cmp.Or(err, errSignIns, errFailures, errUnknown); err != nil {
		return f, err
	}
	for i, begins := range hours[:len(hours)-1] {
		f.Hours = append(f.Hours, admin.Hour{Begins: begins, SignIns: signIns[i], Failures: failures[i] + unknown[i]})
	}
	rows, err := s.db.QueryContext(ctx, `
		SELECT end_reason, count(*) FROM sessions
		WHERE ended_at > $1
		GROUP BY end_reason
		ORDER BY count(*) DESC, end_reason`, hours[0])
	f.Endings, err = readAll(rows, err, func(e *admin.Ending) []any { return []any{&e.Reason, &e.Count} })
	return f, err
}

// LiveSessions counts the sessions that live, as far as admin.MaxSignedIn, and those of them that are flagged.
func (s *Store) LiveSessions(ctx context.Context, now time.Time) (live, flagged int, err error) {
	err = s.db.QueryRowContext(ctx, `
		SELECT
			(SELECT count(*) FROM (SELECT 1 FROM sessions WHERE ended_at IS NULL AND idle_expires_at > $1 LIMIT $2) AS live),
			(SELECT count(*) FROM sessions WHERE flag <> '' AND ended_at IS NULL AND idle_expires_at > $1)`,
		now, admin.MaxSignedIn).Scan(&live, &flagged)
	return live, flagged, err
}

// perHour counts the events of a kind between each time and the next.
func (s *Store) perHour(ctx context.Context, table string, kind audit.Kind, hours []time.Time) ([]int, error) {
	counts, args := make([]int, len(hours)-1), []any{string(kind), hours[0]}
	columns, to := make([]string, len(counts)), make([]any, len(counts))
	for i := range counts {
		args = append(args, hours[i+1])
		columns[i] = fmt.Sprintf(`(SELECT CAST(COALESCE(sum(times), 0) AS BIGINT) FROM %s WHERE kind = $1 AND at >= $%d AND at < $%d)`, table, i+2, i+3)
		to[i] = &counts[i]
	}
	return counts, s.db.QueryRowContext(ctx, `SELECT `+strings.Join(columns, `, `), args...).Scan(to...)
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/gatehouse/internal/audit"
)

// execer is a transaction or the database itself.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// addEvents inserts many events with one statement, because a change often has several. A repeat is counted in the line that it
// repeats, by the same statement, so none is lost when two arrive at once.
func addEvents(ctx context.Context, db execer, events ...audit.Event) error {
	for some := range slices.Chunk(audit.Merge(events), 100) { // a statement has room for some thousands of values
		var (
			rows []string
			args []any
		)
		for _, e := range some {
			from := len(args) + 1
			args = append(args, e.ID, e.UserID, e.SessionID, string(e.Kind), e.Reason, e.Client.IP, e.Client.UserAgent, e.At, e.Other, e.Role,
				e.Note, e.Count())
			rows = append(rows, `(`+numbered(from, len(args))+`, `+lineOf(`events`, e.Kind, len(args)+1)+`)`)
			args = append(args, repeat(e)...)
		}
		_, err := db.ExecContext(ctx, `INSERT INTO events (`+eventColumns+`, same, minute) VALUES `+strings.Join(rows, ", ")+counted("events"), args...)
		if err != nil {
			return fmt.Errorf("add %d events from %s: %w", len(some), some[0].Kind, err)
		}
		if err := addNews(ctx, db, some); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) AddEvent(ctx context.Context, e audit.Event) error {
	if e.UserID == "" {
		return addStrayEvent(ctx, s.db, e)
	}
	return addEvents(ctx, s.db, e)
}

// addStrayEvent looks for an account too: the row of an event that has one is checked to refer to it.
func addStrayEvent(ctx context.Context, db execer, e audit.Event) error {
	args := append([]any{e.ID, string(e.Kind), e.Reason, e.Client.IP, e.Client.UserAgent, e.At}, repeat(e)...)
	_, err := db.ExecContext(ctx, `
		INSERT INTO stray_events (id, kind, reason, ip, user_agent, at, same, minute)
		SELECT $1, $2, $3, $4, $5, $6, `+lineOf(`stray_events`, e.Kind, 7)+` WHERE NOT EXISTS (SELECT 1 FROM users WHERE id = $1)`+counted("stray_events"), args...)
	if err != nil {
		return fmt.Errorf("add event %s: %w", e.Kind, err)
	}
	return nil
}

// maxAnonymous is how many events without an account a sweep leaves, so that nobody can fill the table.
const maxAnonymous = 10_000

// pruneBatch bounds one deletion of old rows, so that it holds nobody up, and what was deleted stays so when a sweep runs out of
// time.
const pruneBatch = 2000

// prune deletes the rows of a table whose column is before a time, the oldest first.
func (s *Store) prune(ctx context.Context, table, column string, before time.Time) error {
	for {
		result, err := s.db.ExecContext(ctx, `
			DELETE FROM `+table+`
			WHERE id IN (SELECT id FROM `+table+` WHERE `+column+` < $1 ORDER BY `+column+` LIMIT $2)`, before, pruneBatch)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n < pruneBatch {
			return err
		}
	}
}

func (s *Store) PruneEvents(ctx context.Context, before, anonymousBefore time.Time) error {
	events := s.prune(ctx, "events", "at", before)
	_, anonymous := s.db.ExecContext(ctx, `
		DELETE FROM stray_events
		WHERE at < $1 OR at <= (SELECT at FROM stray_events ORDER BY at DESC LIMIT 1 OFFSET $2)`, anonymousBefore, maxAnonymous)
	return errors.Join(events, anonymous)
}

const eventColumns = `id, user_id, session_id, kind, reason, ip, user_agent, at, other_id, by_role, note, times`

// eventsRead is eventColumns with the name that the other account has now.
const eventsRead = eventColumns + `, 
	CASE WHEN other_id = '' THEN '' ELSE COALESCE((SELECT users.name FROM users WHERE users.id = events.other_id), '') END`

// asGiven stands behind a placeholder that is a limit, where the statement stays prepared: SQLite would look at the value of the
// placeholder to plan, and so parse and plan anew each time that it is set.
const asGiven = ` + 0`

func eventFields(e *audit.Event) []any {
	return []any{
		&e.ID, &e.UserID, &e.SessionID, &e.Kind, &e.Reason, &e.Client.IP, &e.Client.UserAgent, &e.At, &e.Other, &e.Role, &e.Note, &e.Times, &e.OtherName,
	}
}

// placeholders is a list of those from one number to another, "($3, $4)".
func placeholders(from, to int) string { return "(" + numbered(from, to) + ")" }

func numbered(from, to int) string {
	list := make([]string, 0, to-from+1)
	for n := from; n <= to; n++ {
		list = append(list, fmt.Sprintf("$%d", n))
	}
	return strings.Join(list, ", ")
}

func (s *Store) Event(ctx context.Context, userID, id string) (audit.Event, error) {
	var e audit.Event
	err := s.db.QueryRowContext(ctx, `SELECT `+eventsRead+` FROM events WHERE id = $1 AND user_id = $2`, id, userID).Scan(eventFields(&e)...)
	return e, found(err)
}

func (s *Store) Events(ctx context.Context, userID string, f audit.Filter) ([]audit.Event, error) {
	where, live, args := `user_id = $1`, `FALSE`, []any{userID}
	arg := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	if len(f.Kinds) > 0 {
		first := len(args) + 1
		for _, kind := range f.Kinds {
			arg(string(kind))
		}
		where += ` AND kind IN ` + placeholders(first, len(args))
	}
	if f.Session != "" {
		where += ` AND session_id = ` + arg(f.Session)
	}
	if !f.BeforeAt.IsZero() {
		where += ` AND (at, id) < (` + arg(f.BeforeAt) + `, ` + arg(f.BeforeID) + `)`
	}
	if !f.LiveAt.IsZero() {
		live = `EXISTS (
			SELECT 1 FROM sessions
			WHERE sessions.id = events.session_id AND sessions.user_id = events.user_id AND ended_at IS NULL AND idle_expires_at > ` + arg(f.LiveAt) + `)`
	}
	rows, err := s.db.QueryContext(ctx, `
		SELECT `+eventsRead+`, `+live+`
		FROM events
		WHERE `+where+`
		ORDER BY at DESC, id DESC
		LIMIT `+arg(f.Limit)+asGiven, args...)
	events, err := readAll(rows, err, func(e *audit.Event) []any { return append(eventFields(e), &e.Live) })
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return events, nil
}

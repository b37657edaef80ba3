package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
)

var _ admin.Store = (*Store)(nil)

const personColumns = userColumns + `, EXISTS (
		SELECT 1 FROM sessions WHERE sessions.user_id = users.id AND sessions.flag <> '' AND sessions.ended_at IS NULL)`

// termEnd is behind every term that begins with a prefix: "g" comes after the hexadecimal digits.
const termEnd = "g"

// People asks for each kind of list with a query of its own, which one index answers in its order.
func (s *Store) People(ctx context.Context, q admin.Query) ([]admin.Person, error) {
	query, args := peopleQuery(q)
	rows, err := s.db.QueryContext(ctx, query, args...)
	people, err := readAll(rows, err, func(p *admin.Person) []any {
		return append(userFields(&p.User), &p.Flagged, &p.Key)
	})
	if q.Prefix == "" && q.Show != admin.ShowFlagged {
		for i, p := range people {
			people[i].Key = p.CreatedAt.UTC().Format(time.RFC3339Nano)
		}
	}
	return people, err
}

// peopleQuery is the query of a list and its arguments.
func peopleQuery(q admin.Query) (query string, args []any) {
	arg := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	var where []string
	if len(q.Emails) > 0 {
		for _, key := range q.Emails {
			where = append(where, arg(key))
		}
		return `SELECT ` + personColumns + `, '' FROM users WHERE users.email_key IN (` + strings.Join(where, `, `) + `) LIMIT ` + arg(q.Limit), args
	}
	if q.Prefix != "" {
		return `
			SELECT ` + personColumns + `, user_terms.term
			FROM user_terms JOIN users ON users.id = user_terms.user_id
			WHERE user_terms.term >= $1 AND user_terms.term < $2 AND (user_terms.term, user_terms.user_id) > ($3, $4)
			ORDER BY user_terms.term, user_terms.user_id
			LIMIT $5`, []any{q.Prefix, q.Prefix + termEnd, q.AfterKey, q.AfterID, q.Limit}
	}
	if q.Show == admin.ShowFlagged {
		return `
			SELECT ` + personColumns + `, ''
			FROM users
			WHERE users.id IN (
				SELECT DISTINCT user_id FROM sessions
				WHERE flag <> '' AND ended_at IS NULL AND user_id > $1
				ORDER BY user_id
				LIMIT $2)
			ORDER BY users.id`, []any{q.AfterID, q.Limit}
	}
	switch q.Show {
	case admin.ShowDisabled:
		where = append(where, `users.disabled_at IS NOT NULL`)
	case admin.ShowDeleting:
		where = append(where, `users.delete_after IS NOT NULL`)
	case admin.ShowMembers, admin.ShowSupport, admin.ShowAdmins:
		where = append(where, `users.role = `+arg(q.Show))
	}
	if before, err := time.Parse(time.RFC3339Nano, q.AfterKey); err == nil {
		where = append(where, `(users.created_at, users.id) < (`+arg(before)+`, `+arg(q.AfterID)+`)`)
	}
	query = `SELECT ` + personColumns + `, '' FROM users`
	if len(where) > 0 {
		query += ` WHERE ` + strings.Join(where, ` AND `)
	}
	return query + ` ORDER BY users.created_at DESC, users.id DESC LIMIT ` + arg(q.Limit), args
}

// addTerms writes what an account is found by that has nothing yet.
func addTerms(ctx context.Context, tx *sql.Tx, userID, name string) error {
	var rows []string
	args := []any{userID}
	for _, term := range admin.Terms(name) {
		args = append(args, term)
		rows = append(rows, fmt.Sprintf(`($%d, $1)`, len(args)))
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO user_terms (term, user_id) VALUES `+strings.Join(rows, `, `)+` ON CONFLICT DO NOTHING`, args...)
	return err
}

// termsOfUser replaces what an account is found by whose name is written already, in the transaction of every change of a name.
func termsOfUser(ctx context.Context, tx *sql.Tx, userID string) error {
	var name string
	if err := tx.QueryRowContext(ctx, `SELECT name FROM users WHERE id = $1`, userID).Scan(&name); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM user_terms WHERE user_id = $1`, userID); err != nil {
		return err
	}
	return addTerms(ctx, tx, userID, name)
}

// AddMissingTerms takes one account at a time, as deleteDue does, so that two instances cannot block each other.
func (s *Store) AddMissingTerms(ctx context.Context, limit int) (int, error) {
	ids, err := s.ids(ctx, `SELECT id FROM users WHERE NOT has_terms ORDER BY id LIMIT $1`, limit)
	for _, id := range ids {
		err := s.tx(ctx, func(tx *sql.Tx) error {
			result, err := tx.ExecContext(ctx, `UPDATE users SET has_terms = TRUE WHERE id = $1 AND NOT has_terms`, id)
			if err := changed(result, err, audit.ErrNotFound); err != nil {
				return err
			}
			return termsOfUser(ctx, tx, id)
		})
		if err != nil && !errors.Is(err, audit.ErrNotFound) {
			return 0, err
		}
	}
	return len(ids), err
}

func (s *Store) EmailChanges(ctx context.Context, userID string, limit int) ([]account.EmailChange, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT id, user_id, email, old_email, asked_at, confirmed_at, undo_until
		FROM email_changes
		WHERE user_id = $1
		ORDER BY asked_at DESC
		LIMIT $2`, userID, limit)
	return readAll(rows, err, func(c *account.EmailChange) []any {
		return []any{&c.ID, &c.UserID, &c.Email, &c.OldEmail, &c.AskedAt, orZero{&c.ConfirmedAt}, &c.UndoUntil}
	})
}

// revealedQuery reads the few events of one account, not all of a kind, see allEventsQuery.
const revealedQuery = `
	SELECT EXISTS (
		SELECT 1 FROM events
		WHERE user_id = $1 AND at > $7 AND COALESCE(latest, at) > $2 AND session_id = $3 AND other_id = $4 AND kind || '' = $5 AND reason = $6)`

func (s *Store) Revealed(ctx context.Context, by audit.Actor, userID string, since time.Time) (revealed bool, err error) {
	err = s.db.QueryRowContext(ctx, revealedQuery, by.UserID, since, by.SessionID, userID, string(audit.Administered), string(admin.RevealAddress),
		since.Add(-audit.RepeatWithin)).Scan(&revealed)
	return revealed, err
}

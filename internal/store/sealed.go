package store

import (
	"context"
	"database/sql"
	"strings"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/draft"
	"example.com/gatehouse/internal/mail"
)

// A SealedTable is a table that has a sealed value in each row.
type SealedTable struct {
	Name, What  string // what it keeps, for an operator
	key, column string
	columns     string // that the place of a value is made of
	place       func(columns []string) string
}

// SealedTables are all of them: a test compares them with the schema.
var SealedTables = []SealedTable{
	{"totp_secrets", "authenticator apps", "user_id", "sealed", `user_id`, func(c []string) string { return auth.TOTPSecret{UserID: c[0]}.SealPlace() }},
	{"totp_enrolments", "authenticator apps that wait for their first code", "session_id", "sealed", `session_id, user_id`, func(c []string) string {
		return account.TOTPEnrolment{SessionID: c[0], UserID: c[1]}.SealPlace()
	}},
	{"held_forms", "drafts", "id", "sealed", `id, user_id, session_id, route`, func(c []string) string {
		return draft.Row{ID: c[0], UserID: c[1], SessionID: c[2], Route: c[3]}.SealPlace()
	}},
	{emailsTable, "waiting emails", "id", "sealed", `id`, func(c []string) string { return mail.Row{ID: c[0]}.SealPlace() }},
	{"acts", "answers of the last half minute", "key", "answer", `key`, func(c []string) string { return act.SealPlace(c[0]) }},
	{"demo_links", "passwords of links to demo accounts", "token_hash", "password", `token_hash`, func(c []string) string { return auth.DemoLink{TokenHash: c[0]}.SealPlace() }},
	{"demo_emails", "mailboxes of demo accounts", "id", "sealed", `id`, func(c []string) string { return mail.Row{ID: c[0]}.SealPlace() }},
	{"bags", "bags", "key", "sealed", `key`, func(c []string) string { return c[0] }},
}

// SealedApps are those whose loss keeps people from signing in.
var SealedApps = SealedTables[0]

// SealedByKey counts the values of a table, by their first bytes.
func (s *Store) SealedByKey(ctx context.Context, t SealedTable, bytes int) ([]SealedCount, error) {
	begin := `substr(` + t.column + `, 1, CAST($1 AS INTEGER))`
	rows, err := s.db.QueryContext(ctx, `SELECT `+begin+`, count(*) FROM `+t.Name+` WHERE length(`+t.column+`) > 0 GROUP BY `+begin, bytes)
	return readAll(rows, err, func(c *SealedCount) []any { return []any{&c.Header, &c.Count} })
}

// A SealedValue is one value of a table.
type SealedValue struct {
	Key    string // of its row
	Place  string // that it is sealed for
	Sealed []byte
}

// SealedBatch returns up to limit values behind a row that do not begin with the header, in the order of their rows.
func (s *Store) SealedBatch(ctx context.Context, t SealedTable, header []byte, after string, limit int) ([]SealedValue, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT `+t.columns+`, `+t.key+`, `+t.column+` FROM `+t.Name+`
		WHERE `+t.key+` > $1 AND length(`+t.column+`) > 0 AND substr(`+t.column+`, 1, CAST($2 AS INTEGER)) <> $3
		ORDER BY `+t.key+`
		LIMIT $4`, after, len(header), header, limit)
	columns := make([]string, strings.Count(t.columns, ",")+1)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []SealedValue
	for rows.Next() {
		var v SealedValue
		to := make([]any, 0, len(columns)+2)
		for i := range columns {
			to = append(to, &columns[i])
		}
		if err := rows.Scan(append(to, &v.Key, &v.Sealed)...); err != nil {
			return nil, err
		}
		v.Place = t.place(columns)
		all = append(all, v)
	}
	return all, rows.Err()
}

// Reseal replaces values that are still what they were, in one transaction, and returns how many. sealed is in the order of old.
func (s *Store) Reseal(ctx context.Context, t SealedTable, old []SealedValue, sealed [][]byte) (n int, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		n = 0
		for i, v := range old {
			result, err := tx.ExecContext(ctx, `UPDATE `+t.Name+` SET `+t.column+` = $1 WHERE `+t.key+` = $2 AND `+t.column+` = $3`, sealed[i], v.Key, v.Sealed)
			if err != nil {
				return err
			}
			one, err := result.RowsAffected()
			if err != nil {
				return err
			}
			n += int(one)
		}
		return nil
	})
	return n, err
}

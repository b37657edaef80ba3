package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
)

// An exported table is one whose rows belong to a person, with the columns that the person is given. A test compares the
// lists with the schema: every column is in one of them or named below.
type exported struct {
	table, name string
	person      string // column that says whose row it is
	order       string
	columns     []string
}

var exports = []exported{
	{"users", "account", "id", "id", []string{
		"id", "email", "name", "role", "password_changed_at", "created_at", "disabled_at", "demo_until", "delete_after"}},
	{"sessions", "sessions", "user_id", "created_at, id", []string{
		"id", "rotated_at", "method", "remembered", "user_agent", "ip", "last_ip", "created_at", "last_seen_at", "idle_expires_at",
		"expires_at", "elevated_until", "known_clients", "known_agent", "flag", "flag_client", "ended_at", "end_reason", "ended_by"}},
	{"events", "events", "user_id", "at, id", []string{
		"id", "session_id", "kind", "reason", "ip", "user_agent", "at", "times", "latest", "by_role", "note"}},
	{"totp_secrets", "authenticator app", "user_id", "enrolled_at", []string{"enrolled_at"}},
	{"recovery_codes", "recovery codes", "user_id", "used_at, code_hash", []string{"made_at", "used_at"}},
	{"passkeys", "passkeys", "user_id", "created_at, id", []string{
		"id", "name", "transports", "sign_count", "backup_eligible", "backup_state", "created_at", "last_used_at"}},
	{"email_changes", "changes of address", "user_id", "asked_at, id", []string{
		"email", "old_email", "asked_at", "confirmed_at", "undo_until"}},
	{"payment_methods", "payment method", "user_id", "changed_at", []string{"instrument", "name", "address", "changed_at"}},
	{"payments", "payments", "user_id", "created_at, id", []string{
		"id", "session_id", "plan", "amount", "currency", "payee", "instrument", "last_four", "name", "address", "state", "created_at",
		"settled_at"}},
}

// notExported says why a table, or a column of one that is exported, is left out.
var notExported = map[string]string{
	"users.email_key":             "the address again, in the form it is looked up by",
	"users.password_hash":         "a secret: whoever has it can try passwords against it",
	"users.epoch":                 "a counter of ours",
	"users.has_terms":             "whether the account can be found by its name yet",
	"sessions.user_id":            "the account itself",
	"sessions.token_hash":         "a secret",
	"sessions.prev_token_hash":    "a secret",
	"sessions.unclaimed_since":    "whether an answer with a cookie is on its way",
	"sessions.answer_lost":        "an event says it",
	"events.user_id":              "the account itself",
	"events.other_id":             "another account",
	"events.same":                 "a digest of the other columns",
	"events.minute":               "the same as at",
	"totp_secrets.user_id":        "the account itself",
	"totp_secrets.sealed":         "a secret",
	"totp_secrets.last_step":      "a counter of ours",
	"recovery_codes.user_id":      "the account itself",
	"recovery_codes.code_hash":    "a secret",
	"passkeys.user_id":            "the account itself",
	"passkeys.credential_id":      "a name between us and the passkey, of no use elsewhere",
	"passkeys.public_key":         "a key to check the passkey by, of no use elsewhere",
	"email_changes.id":            "a number of ours",
	"email_changes.user_id":       "the account itself",
	"email_changes.email_key":     "the address again, in the form it is looked up by",
	"email_changes.old_email_key": "the address again, in the form it is looked up by",
	"email_changes.confirm_hash":  "a secret",
	"email_changes.stop_hash":     "a secret",
	"email_changes.undo_hash":     "a secret",
	"payment_methods.user_id":     "the account itself",
	"payments.user_id":            "the account itself",
	"user_terms":                  "the name and the address again, in the form an administrator finds the account by",
	"totp_enrolments":             "a secret that waits ten minutes for its first code",
	"pending_sign_ins":            "a sign-in that waits ten minutes for its second step",
	"demo_scenes":                 "what the guide of a demo shows, of the rows of its sessions",
	"demo_emails":                 "the mailbox of a demo, which has a page",
	"demo_links":                  "secrets that live as long as the demo",
	"letter_keys":                 "secrets that live for a day at most",
	"sent_tokens":                 "which links of emails were used in the last weeks; the events say the same",
	"held_forms":                  "text that waits for its form, or in the basket, for a week at most, sealed, and is shown there",
}

// Export reads everything and has the file made before the transaction that stores the event and the press: SQLite has one
// writer at a time, and a big file takes a while. The session is checked first, because PostgreSQL locks the account's row with
// it, and all transactions lock that before what a proof uses up.
func (s *Store) Export(ctx context.Context, by audit.Actor, e audit.Event, write func([]account.Table) (account.Press, error)) error {
	tables, err := s.exportTables(ctx, e)
	if err != nil {
		return err
	}
	press, err := write(tables)
	if err != nil {
		return err
	}
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := requireLiveSession(ctx, tx, by, e.At, 0); err != nil {
			return err
		}
		if err := addPress(ctx, tx, press); err != nil {
			return err
		}
		return addEvents(ctx, tx, e)
	})
}

// exportTables reads everything at one moment. The event of the export is stored later, so its row is added here.
func (s *Store) exportTables(ctx context.Context, e audit.Event) ([]account.Table, error) {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return nil, err
	}
	defer func() { _ = rollback(tx) }() // it has changed nothing
	tables := make([]account.Table, len(exports))
	for i, x := range exports {
		rows, err := exportTable(ctx, tx, x, e.UserID)
		if err != nil {
			return nil, fmt.Errorf("export %s: %w", x.table, err)
		}
		if x.table == "events" {
			rows = append(rows, map[string]any{"id": e.ID, "session_id": e.SessionID, "kind": string(e.Kind), "reason": e.Reason,
				"ip": e.Client.IP, "user_agent": e.Client.UserAgent, "at": e.At, "times": 1, "latest": nil, "by_role": e.Role, "note": e.Note})
		}
		tables[i] = account.Table{Name: x.name, Rows: rows}
	}
	return tables, nil
}

// A reader is the database, or a transaction of it.
type reader interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func exportTable(ctx context.Context, from reader, x exported, userID string) ([]map[string]any, error) {
	rows, err := from.QueryContext(ctx, `SELECT `+strings.Join(x.columns, `, `)+` FROM `+x.table+` WHERE `+x.person+` = $1 ORDER BY `+x.order, userID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	found := []map[string]any{} // an empty list in the file, not null
	for rows.Next() {
		cells := make([]any, len(x.columns))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			return nil, err
		}
		row := make(map[string]any, len(cells))
		for i, column := range x.columns {
			row[column] = *cells[i].(*any)
			if n, ok := row[column].(int64); ok && types[i].DatabaseTypeName() == "BOOLEAN" { // SQLite has none
				row[column] = n != 0
			}
		}
		found = append(found, row)
	}
	return found, rows.Err()
}

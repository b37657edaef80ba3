package store_test

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/store"
)

// keptByRestore are the tables that stay as they are in a copy of an earlier time, with the reason.
var keptByRestore = map[string]string{
	"users":            "accounts; their epochs are raised",
	"sessions":         "ended, and kept to say why",
	"totp_secrets":     "the present step is used up",
	"recovery_codes":   "deleted with the batch of their account, whose owner is told",
	"passkeys":         "a counter that is behind refuses nothing that is right, and a challenge is good for minutes",
	"spent_challenges": "what is in it stays spent",
	store.EmailsTable:  "emptied, but for what a restore that ended halfway has written",
	"events":           "history",
	"stray_events":     "history",
	"sent_tokens":      "says of links that they are over",
	"held_forms":       "text that people typed",
	"payment_methods":  "what people chose",
	"payments":         "history; each is confirmed once, by its key",
	"key_samples":      "which keys there were",
	"development_keys": "the key of the rest",
	"user_terms":       "what accounts are found by",
}

// TestRestoreKnowsEveryTable: a table is either emptied after a restore, or there is a reason why not.
func TestRestoreKnowsEveryTable(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		for _, table := range tablesOf(t, s) {
			if _, kept := keptByRestore[table]; kept == slices.Contains(store.Voided, table) {
				t.Errorf("%s: emptied after a restore and kept: both are %t", table, kept)
			}
		}
	})
}

// What may have been used up since a copy was made is used up after it, in every batch.
func TestUsedUpAfterRestore(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		for _, id := range []string{"ada", "bea", "eve"} {
			newUser(t, s, id)
			for _, statement := range []string{
				`INSERT INTO totp_secrets (user_id, sealed, last_step, enrolled_at) SELECT id, '', 7, created_at FROM users WHERE id = $1`,
				`INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, 'unused')`,
			} {
				if _, err := s.DB().ExecContext(t.Context(), statement, id); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := s.DB().ExecContext(t.Context(), `UPDATE totp_secrets SET last_step = 200 WHERE user_id = 'eve'`); err != nil {
			t.Fatal(err)
		}
		told := map[string]int{}
		b := admin.Batch{Size: 2, Used: 100, At: time.Now().UTC(), Tell: tellTo(told)}
		for more := true; more; more = b.After != "" {
			var err error
			if _, _, b.After, err = s.EndBatch(t.Context(), b); err != nil {
				t.Fatal(err)
			}
		}
		var codes, least, most int
		err := s.DB().QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM recovery_codes), min(last_step), max(last_step) FROM totp_secrets`).Scan(&codes, &least, &most)
		if err != nil || codes != 0 || least != 100 || most != 200 {
			t.Errorf("%d codes, steps from %d to %d, %v, want none, 100 and 200", codes, least, most, err)
		}
		if len(told) != 3 || told["ada"] != 1 {
			t.Errorf("told %v, want everybody who lost codes, once", told)
		}
	})
}

// tellTo counts how often each account is told.
func tellTo(told map[string]int) func(auth.User) (audit.Event, *mail.Row, error) {
	return func(u auth.User) (audit.Event, *mail.Row, error) {
		told[u.ID]++
		return audit.NewEvent(audit.Administered, u.ID, "", device.Client{}), nil, nil
	}
}

// A restore that ended halfway is done again: who was told already is not told again, so those emails stay. Emails of the copy go.
func TestRestoreAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		newUser(t, s, "ada")
		open(t, s, newSession("of-ada", "ada"))
		if _, err := s.DB().ExecContext(t.Context(), `UPDATE sessions SET idle_expires_at = $1, expires_at = $1`, time.Now().UTC().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		for id, class := range map[string]mail.Class{"awaited": mail.Awaited, "to everybody": mail.ToEverybody} {
			r := newEmail(id, at)
			r.Class = class
			if err := s.AddEmail(t.Context(), r, mail.MaxQueued); err != nil {
				t.Fatal(err)
			}
		}
		service := admin.New(s, audit.NewTrail(s, slog.New(slog.DiscardHandler)))
		write := func(u auth.User, _ string) (mail.Row, error) {
			r := newEmail("told "+u.ID, time.Now().UTC())
			r.Class = mail.ToEverybody
			return r, nil
		}
		for range 2 {
			if _, err := service.AfterRestore(t.Context(), admin.Order{Operator: "ada", Reason: "why"}, write); err != nil {
				t.Fatal(err)
			}
			var all, told int
			err := s.DB().QueryRowContext(t.Context(), `SELECT count(*), count(CASE WHEN id = 'told ada' THEN 1 END) FROM `+store.EmailsTable).Scan(&all, &told)
			if err != nil || all != 1 || told != 1 {
				t.Errorf("%d emails, %d that tell, %v, want the one that tells", all, told, err)
			}
		}
	})
}

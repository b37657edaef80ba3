package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What SQLite left beside a database that is lost or damaged belongs to that one: in the restored one it would undo the backup.
func TestRestoreLeavesNothingOfTheOldOne(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(t *testing.T, place string){
		"lost": func(t *testing.T, place string) {
			if err := os.Remove(place); err != nil {
				t.Fatal(err)
			}
		},
		"damaged": func(t *testing.T, place string) {
			if err := os.WriteFile(place, slices.Repeat([]byte("x"), 1<<16), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := onSQLite(t)
			place, file := strings.TrimPrefix(data[0], "--database-url=sqlite:"), filepath.Join(t.TempDir(), "copy.db")
			p := start(t, data)
			early := p.account(t, "Ada Lovelace")
			if _, err := p.operate(t, "backup", file); err != nil {
				t.Fatal(err)
			}
			late := p.account(t, "Too Late")
			left, err := os.ReadFile(place + "-wal")
			if err != nil || len(left) == 0 {
				t.Fatalf("%d bytes beside the database, %v", len(left), err)
			}
			_ = p.db.Close()
			if err := p.Stop(); err != nil {
				t.Fatal(err)
			}
			lose(t, place)
			if err := os.WriteFile(place+"-wal", left, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := p.operate(t, slices.Concat([]string{"restore", file, "--replace"}, whyFlags)...); err != nil {
				t.Fatal(err)
			}
			wantNothingOf(t, &program{db: open(t, data)}, early, late)
		})
	}
}

// wantNothingOf fails unless the database is whole and has the one account, and not the other.
func wantNothingOf(t *testing.T, p *program, early, late string) {
	t.Helper()
	var whole string
	p.ask(t, `PRAGMA integrity_check`, nil, &whole)
	var there, gone, live int
	p.ask(t, `SELECT count(*) FROM users WHERE email = $1`, []any{early}, &there)
	p.ask(t, `SELECT count(*) FROM users WHERE email = $1`, []any{late}, &gone)
	p.ask(t, `SELECT count(*) FROM sessions WHERE ended_at IS NULL`, nil, &live)
	if whole != "ok" || there != 1 || gone != 0 || live != 0 {
		t.Errorf("integrity %q, %d of the backup, %d from after it, %d sessions, want it as it was backed up", whole, there, gone, live)
	}
}

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/webtest"
)

// usedUp are what a copy cannot know to be used up: each table is to be empty after a restore.
var usedUp = []string{"letter_keys", "signups", "pending_sign_ins", "recovery_codes", "totp_enrolments", "acts", "email_changes"}

// withUsables gives the account of somebody who is signed in all that works once, and returns who is signed in.
func (p *program) withUsables(t testing.TB) (email string, c *webtest.Client) {
	t.Helper()
	email = p.account(t, "Ada Lovelace")
	c = p.Client(t)
	c.SignIn(email, webtest.Password)
	p.Client(t).Post("/signup", "name", "Otto Berg", "email", webtest.Email(), "password", webtest.Password)
	p.Client(t).Post("/password/forgot", "email", email)
	for _, statement := range []string{
		`INSERT INTO totp_secrets (user_id, sealed, last_step, enrolled_at) SELECT id, '', 0, created_at FROM users WHERE email = $1`,
		`INSERT INTO recovery_codes (user_id, code_hash) SELECT id, 'unused' FROM users WHERE email = $1`,
		`INSERT INTO totp_enrolments (session_id, user_id, sealed, expires_at) SELECT 'x', id, '', created_at FROM users WHERE email = $1`,
		`INSERT INTO email_changes (id, user_id, email, email_key, old_email, old_email_key, confirm_hash, stop_hash, asked_at, undo_until)
			SELECT 'x', id, 'b', 'b', 'a', 'a', 'x', 'y', created_at, created_at FROM users WHERE email = $1`,
	} {
		p.change(t, statement, email)
	}
	p.Client(t).Post("/login", "email", email, "password", webtest.Password).Leads("/login/verify")
	webtest.Until(t, "the sign-up and the reset", func() bool {
		var n int
		p.ask(t, `SELECT (SELECT count(*) FROM signups) + (SELECT count(*) FROM letter_keys)`, nil, &n)
		return n == 2
	})
	return email, c
}

// wantUsedUp fails unless nothing of withUsables works any more.
func wantUsedUp(t testing.TB, data []string) {
	t.Helper()
	p := &program{db: open(t, data)}
	for _, table := range usedUp {
		var n int
		if p.ask(t, `SELECT count(*) FROM `+table, nil, &n); n != 0 {
			t.Errorf("%d rows in %s", n, table)
		}
	}
	var live, step, told int64
	p.ask(t, `SELECT count(*) FROM sessions WHERE ended_at IS NULL`, nil, &live)
	p.ask(t, `SELECT last_step FROM totp_secrets`, nil, &step)
	p.ask(t, `SELECT count(*) FROM events WHERE reason = 'restore' AND other_id = 'operator:ada'`, nil, &told)
	if now := time.Now().Unix() / 30; live != 0 || step < now || told != 1 {
		t.Errorf("%d sessions live, step %d of %d, %d events, want none, used up, one", live, step, now, told)
	}
}

// A backup is made while the portal serves. Restored, it is the portal of that moment, in which nobody is signed in and nothing works
// that works once.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	data := onSQLite(t)
	place, file := strings.TrimPrefix(data[0], "--database-url=sqlite:"), filepath.Join(t.TempDir(), "copy.db")
	p := start(t, data)
	email, c := p.withUsables(t)
	out, err := p.operate(t, "backup", file, "--json")
	if err != nil {
		t.Fatal(err)
	}
	if got := jsonLines[backup](t, out)[0]; got.File != file || got.Bytes == 0 {
		t.Errorf("got %+v", got)
	}
	wantPrivate(t, file)
	wantAlone(t, file)
	if _, err := p.operate(t, "backup", file); err == nil {
		t.Error("a file that exists was written over")
	}
	late := p.account(t, "Too Late")

	restore := func(args ...string) (string, error) {
		return p.operate(t, slices.Concat([]string{"restore", file}, args, whyFlags)...)
	}
	if _, err := restore(); err == nil || !strings.Contains(err.Error(), "--replace") {
		t.Errorf("a database that is there: got %v, want a refusal", err)
	}
	if _, err := restore("--replace"); err == nil || !strings.Contains(err.Error(), "stop the portal") {
		t.Errorf("a portal that serves: got %v, want a refusal", err)
	}
	if !c.Alive() {
		t.Error("what was refused ended a session")
	}
	_ = p.db.Close()
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	out, err = restore("--replace", "--json")
	if err != nil {
		t.Fatal(err)
	}
	got := jsonLines[restored](t, out)[0]
	if got.Ended != 1 || got.Kept == "" || got.Operator != "ada" {
		t.Errorf("got %+v", got)
	}
	wantPrivate(t, place)
	wantPrivate(t, got.Kept)
	wantUsedUp(t, data)

	again := start(t, data)
	c.Origin = again.Origin
	if c.Alive() {
		t.Error("somebody is signed in")
	}
	c.Get("/dev/mail").Says("restored a backup of the portal")
	again.change(t, `DELETE FROM totp_secrets`)
	c.SignIn(email, webtest.Password)
	c.Get("/account/activity").Says("An operator restored a backup of the portal")
	var n int
	if again.ask(t, `SELECT count(*) FROM users WHERE email = $1`, []any{late}, &n); n != 0 {
		t.Error("the account that was made after the backup is there")
	}
}

// wantAlone fails unless nothing was left beside the file.
func wantAlone(t testing.TB, file string) {
	t.Helper()
	names, err := filepath.Glob(file + "?*")
	if err != nil || len(names) != 0 {
		t.Errorf("beside the file: %q, %v", names, err)
	}
}

// TestBackupSaysWhereTheKeysAre: the key for development is in the database, and so in the file.
func TestBackupSaysWhereTheKeysAre(t *testing.T) {
	t.Parallel()
	for flag, want := range map[string]string{"--keys=" + config.NewKey(): "The keys are not in it.", "--keys=": "The key for development"} {
		data := append(onSQLite(t), flag)
		if _, _, err := command(t, "", append([]string{"user", "create", "--email=a@example.net", "--name=A"}, data...)...); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "copy.db")
		out, _, err := command(t, "", append([]string{"backup", file}, data...)...)
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("got %v and %q, want %q", err, out, want)
		}
		var keys int
		copied := &program{db: open(t, []string{"--database-url=sqlite:" + file})}
		if copied.ask(t, `SELECT count(*) FROM development_keys`, nil, &keys); (keys > 0) != (flag == "--keys=") {
			t.Errorf("%d keys in the file, and it says %q", keys, out)
		}
	}
}

// What is no backup is not restored, and nothing is left of the attempt.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	others, newer := filepath.Join(folder, "others.db"), filepath.Join(folder, "newer.db")
	for path, statement := range map[string]string{
		others: `CREATE TABLE x (y INTEGER)`,
		newer:  `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)`,
	} {
		s := open(t, []string{"--database-url=sqlite:" + path})
		if path == newer {
			if _, err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.DB().ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct{ file, want string }{
		"nothing":       {filepath.Join(folder, "missing"), "no such file"},
		"no database":   {file("text", []byte(strings.Repeat("x", 4096))), "not a database"},
		"another one's": {others, "no database of this program"},
		"a newer one":   {newer, store.ErrNewer.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			place := filepath.Join(t.TempDir(), "test.db")
			_, _, err := command(t, "", append([]string{"restore", c.file, "--database-url=sqlite:" + place}, whyFlags...)...)
			if err == nil || !strings.Contains(err.Error(), c.want) && runtime.GOOS != "windows" {
				t.Errorf("got %v, want %q", err, c.want)
			}
			wantAlone(t, strings.TrimSuffix(place, "test.db"))
		})
	}
	_, _, err := command(t, "", append([]string{"restore", "--database-url=sqlite:" + filepath.Join(folder, "x.db")}, whyFlags...)...)
	wantCode(t, err, codeUsage)
}

// Of PostgreSQL the commands are printed, without the password. They are those that work, where there is a pg_dump for the server.
func TestBackupOfPostgres(t *testing.T) {
	t.Parallel()
	data := onServers(t)
	p := start(t, data)
	p.withUsables(t)
	file := filepath.Join(t.TempDir(), "it's a copy")
	out, _, err := command(t, "", "backup", file, strings.Replace(data[0], "postgres@", "postgres:sesame-and-barley@", 1))
	if err != nil || strings.Contains(out, "sesame") || !strings.Contains(out, "pg_dump") {
		t.Fatalf("got %v and %q, want a command without the password", err, out)
	}
	out, _, err = command(t, "", append([]string{"restore", file, data[0]}, whyFlags...)...)
	if err != nil || !strings.Contains(out, "pg_restore") {
		t.Fatalf("got %v and %q", err, out)
	}
	if _, err := exec.LookPath("pg_dump"); err == nil {
		p.loadDump(t, file, out)
	}
	if out, err := p.operate(t, append([]string{"restore", "--loaded"}, whyFlags...)...); err != nil || !strings.Contains(out, "Sessions ended: 1.") {
		t.Fatalf("got %v and %q", err, out)
	}
	wantUsedUp(t, data)
}

// loadDump makes the backup and loads it by those commands, as after an upgrade that has added tables since.
func (p *program) loadDump(t *testing.T, file, load string) {
	t.Helper()
	made, err := p.operate(t, "backup", file)
	if err != nil {
		t.Fatal(err)
	}
	said, err := exec.CommandContext(t.Context(), "sh", "-c", strings.TrimSpace(made)).CombinedOutput()
	if err != nil && strings.Contains(string(said), "server version mismatch") {
		return
	}
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	wantPrivate(t, file)
	p.change(t, `CREATE TABLE added_since (user_id TEXT NOT NULL REFERENCES users (id))`)
	late := p.account(t, "Too Late")
	if said, err := exec.CommandContext(t.Context(), "sh", "-c", strings.TrimSpace(load)).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	wantAlone(t, file)
	var accounts, tables int
	p.ask(t, `SELECT count(*) FROM users WHERE email = $1`, []any{late}, &accounts)
	p.ask(t, `SELECT count(*) FROM pg_tables WHERE tablename = 'added_since' AND schemaname = current_schema()`, nil, &tables)
	if accounts != 0 || tables != 0 {
		t.Errorf("%d accounts and %d tables from after the backup", accounts, tables)
	}
	if said, err := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(strings.TrimSpace(load), quoted(file), quoted(file+" missing"))).CombinedOutput(); err == nil {
		t.Errorf("a file that is missing was loaded: %s", said)
	}
}

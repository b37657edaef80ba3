//go:build unix

package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const narrowedWarning = "others on this machine had rights to the database until now"

// TestDatabaseFileIsItsOwnersAlone: sessions, password hashes and in development the key are in the file, and what was
// written last is in those beside it.
func TestDatabaseFileIsItsOwnersAlone(t *testing.T) {
	data := onSQLite(t)
	file := strings.TrimPrefix(data[0], "--database-url=sqlite:")
	p := start(t, data)
	wantRights(t, file, 0o600) // before a command looks at the file, which would narrow it
	p.account(t, "Ada Lovelace")
	if warning := p.Log.String(); strings.Contains(warning, narrowedWarning) {
		t.Errorf("a file that was never anybody else's: %s", warning)
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}

	for _, name := range filesBeside(t, file) { // as an earlier version has left them
		if err := os.Chmod(name, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	for n, want := range []int{1, 0} {
		p := start(t, []string{"--database-url=sqlite:" + link})
		wantRights(t, file, 0o600)
		if got := strings.Count(p.Log.String(), narrowedWarning); got != want {
			t.Errorf("start %d warned %d times, want %d", n, got, want)
		}
		if err := p.Stop(); err != nil {
			t.Fatal(err)
		}
	}

	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	_, log, err := command(t, "", "migrate", data[0])
	if err != nil || strings.Count(log, narrowedWarning) != 1 {
		t.Errorf("migrate: %v, %q, want one warning", err, log)
	}
	wantRights(t, file, 0o600)
}

// filesBeside are the database file and those that SQLite keeps beside it while somebody has it open, as the test does.
func filesBeside(t *testing.T, file string) []string {
	t.Helper()
	names, err := filepath.Glob(file + "*")
	if err != nil || len(names) != 3 {
		t.Fatalf("got %q (%v), want the file and two beside it", names, err)
	}
	return names
}

func wantRights(t *testing.T, file string, want fs.FileMode) {
	t.Helper()
	for _, name := range filesBeside(t, file) {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has the rights %o, want %o", filepath.Base(name), got, want)
		}
	}
}

//go:build unix

package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// Copying may take long, and somebody may start the portal meanwhile: its database is not replaced.
func TestRestoreAsksAgain(t *testing.T) {
	t.Parallel()
	data := onSQLite(t)
	if _, _, err := command(t, "", "migrate", data[0]); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	copied, pipe := filepath.Join(folder, "copy.db"), filepath.Join(folder, "pipe")
	if _, _, err := command(t, "", "backup", copied, data[0]); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, _, err := command(t, "", slices.Concat([]string{"restore", pipe, "--replace"}, data, whyFlags)...)
		ended <- err
	}()
	to, err := os.OpenFile(pipe, os.O_WRONLY, 0) // waits until somebody reads
	if err != nil {
		t.Fatal(err)
	}
	var accounts int
	(&program{db: open(t, data)}).ask(t, `SELECT count(*) FROM users`, nil, &accounts)
	from, err := os.Open(copied)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "stop the portal") {
		t.Errorf("got %v, want a refusal", err)
	}
}

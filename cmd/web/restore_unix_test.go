//go:build unix

package main

import (
	"errors"
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

// What root restores is the portal's to open, and a link goes on leading to the database.
func TestRestoreKeepsTheOwner(t *testing.T) {
	t.Parallel()
	portal := os.Geteuid()
	if portal == 0 { // who alone can give a file away
		portal = 4711
	}
	folder := t.TempDir()
	place, link, copied := filepath.Join(folder, "test.db"), filepath.Join(t.TempDir(), "link.db"), filepath.Join(t.TempDir(), "copy.db")
	data := "--database-url=sqlite:" + link
	if err := errors.Join(os.Symlink(place, link), os.Chown(folder, portal, -1)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := command(t, "", "migrate", "--database-url=sqlite:"+place); err != nil {
		t.Fatal(err)
	}
	if _, _, err := command(t, "", "backup", copied, data); err != nil {
		t.Fatal(err)
	}
	for _, before := range []string{"there", "lost"} {
		if before == "lost" {
			if err := os.Remove(place); err != nil {
				t.Fatal(err)
			}
		} else if err := os.Chown(place, portal, -1); err != nil {
			t.Fatal(err)
		}
		if _, _, err := command(t, "", slices.Concat([]string{"restore", copied, "--replace", data}, whyFlags)...); err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(place)
		if err != nil || info.Sys().(*syscall.Stat_t).Uid != uint32(portal) || info.Mode() != 0o600 {
			t.Errorf("%s: got %+v, %v, want a file of the portal's", before, info, err)
		}
		if to, err := os.Readlink(link); err != nil || to != place {
			t.Errorf("%s: the link leads to %q, %v", before, to, err)
		}
	}
}

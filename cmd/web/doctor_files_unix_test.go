//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/store"
)

// Files that others on the machine may read are named.
func TestDoctorFiles(t *testing.T) {
	t.Parallel()
	data, key := onSQLite(t), filepath.Join(t.TempDir(), "keys")
	db := open(t, data)
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	file, _ := store.File(strings.TrimPrefix(data[0], "--database-url="))
	for name, text := range map[string]string{key: config.NewKey(), file: ""} {
		if text != "" {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(name, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	findings, _ := examined(t, data[0], "--keys-file="+key, "--addr=127.0.0.1:1")
	wantFinding(t, findings, "files", problem, "GATEHOUSE_KEYS_FILE: others on this machine have rights")
	wantFinding(t, findings, "files", problem, "GATEHOUSE_DATABASE_URL: others on this machine have rights")
}

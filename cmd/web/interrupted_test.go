package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A command that is told to stop before it was done has failed, or a script would go on with what relies on it. Only the portal,
// told to stop while it starts, has done what it was told.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	data := onSQLite(t)
	if _, _, err := command(t, "", "migrate", data[0]); err != nil {
		t.Fatal(err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for name, args := range map[string][]string{
		"migrate": {"migrate"},
		"keys":    {"keys", "rotate"},
		"user":    {"user", "list"},
		"events":  {"events", "export"},
		"backup":  {"backup", filepath.Join(t.TempDir(), "copy.db")},
		"restore": slices.Concat([]string{"restore", "--loaded"}, whyFlags),
		"serve":   {"serve", "--addr=127.0.0.1:0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := run(surroundings{stopped, strings.NewReader(""), &strings.Builder{}, &strings.Builder{}}, append(args, data...))
			if name != "serve" {
				wantCode(t, err, codeFailed)
			} else if err != nil {
				t.Errorf("got %v, want nil", err)
			}
		})
	}
}

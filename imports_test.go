// Package gatehouse_test holds what is true of the project as a whole. It knows no package from the inside.
package gatehouse_test

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// mayImport names every package and what of ours it may import. Imports go down only: a package never knows who uses
// it, sign-in rules never know HTTP or SQL, and what a session is does not depend on where it is kept.
var mayImport = map[string][]string{
	"cmd/web": {
		"internal/account", "internal/act", "internal/admin", "internal/audit", "internal/auth", "internal/bag", "internal/billing", "internal/brand", "internal/config", "internal/demo", "internal/device",
		"internal/draft", "internal/forwarded", "internal/geo", "internal/guard", "internal/handlers", "internal/lab", "internal/live", "internal/mail", "internal/ratelimit", "internal/redispool", "internal/seal", "internal/session",
		"internal/store", "migrations", "ui",
	},
	"cmd/sessioncheck": {"internal/sessioncheck"},
	"internal/handlers": {
		"internal/account", "internal/act", "internal/admin", "internal/audit", "internal/auth", "internal/bag", "internal/billing", "internal/brand", "internal/demo", "internal/device",
		"internal/draft", "internal/forwarded", "internal/guard", "internal/lab", "internal/learn", "internal/live", "internal/mail", "internal/session", "ui",
	},
	"internal/store": {
		"internal/account", "internal/act", "internal/admin", "internal/audit", "internal/auth", "internal/billing", "internal/demo", "internal/device",
		"internal/draft", "internal/live", "internal/mail", "internal/session", "migrations",
	},

	"internal/admin":   {"internal/account", "internal/act", "internal/audit", "internal/auth", "internal/device", "internal/mail", "internal/session"},
	"internal/demo":    {"internal/act", "internal/audit", "internal/auth", "internal/device", "internal/session"},
	"internal/billing": {"internal/act", "internal/audit", "internal/auth", "internal/brand"},
	"internal/account": {"internal/act", "internal/audit", "internal/auth", "internal/device", "internal/mail", "internal/session"},
	"internal/session": {"internal/act", "internal/audit", "internal/auth", "internal/device"},
	"internal/guard":   {"internal/audit", "internal/auth", "internal/device", "internal/ratelimit"},
	"internal/auth":    {"internal/act", "internal/audit", "internal/brand", "internal/device"},
	"internal/act":     {"internal/audit", "internal/mail"},
	"internal/draft":   {"internal/audit"},
	"internal/live":    {"internal/audit"},
	"internal/bag":     {"internal/auth", "internal/brand", "internal/redispool", "internal/seal", "internal/session"},
	"internal/audit":   {"internal/device"},

	// They look at portals from outside, or are one to look at: neither may share a mistake with the one above.
	"internal/sessioncheck": {},
	"internal/twin":         {},

	"internal/brand":     {},
	"internal/config":    {"internal/brand"},
	"internal/device":    {},
	"internal/forwarded": {},
	"internal/geo":       {},
	"internal/lab":       {"internal/twin"},
	"internal/learn":     {},
	"internal/mail":      {"internal/brand"},
	"internal/ratelimit": {"internal/brand"},
	"internal/redispool": {},
	"internal/seal":      {},

	// For tests alone: they open the servers those run on, and add pages to a portal.
	"internal/geo/geotest":     {},
	"internal/mail/mailtest":   {},
	"internal/store/storetest": {"internal/mail", "internal/redispool", "internal/store", "migrations", "webtest"},
	"internal/probe":           {"internal/auth", "internal/bag"},

	"migrations": {},
	"proof":      {},
	"ui":         {},
	"webtest":    {},
}

type goPackage struct {
	Dir        string
	ImportPath string
	Doc        string
	GoFiles    []string
	Imports    []string
	Module     struct{ Path string }
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=Dir,ImportPath,Doc,GoFiles,Imports,Module", "./...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		if len(p.GoFiles) > 0 {
			packages = append(packages, p)
		}
	}
}

func TestImportsGoDownOnly(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range listPackages(t) {
		root := p.Module.Path + "/"
		name := strings.TrimPrefix(p.ImportPath, root)
		seen[name] = true

		allowed, known := mayImport[name]
		if !known {
			t.Errorf("%s: a package that mayImport does not name", name)
			continue
		}
		if p.Doc == "" {
			t.Errorf("%s: no package comment saying what it does and what it does not know", name)
		}
		for _, imported := range p.Imports {
			if ours, ok := strings.CutPrefix(imported, root); ok && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s, want at most %v", name, ours, allowed)
			}
		}
	}
	for name := range mayImport {
		if !seen[name] {
			t.Errorf("%s: named in mayImport, but there is no such package", name)
		}
	}
}

// TestProgramHasNoProbes: what exists for tests alone is in no program that people run.
func TestProgramHasNoProbes(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "./cmd/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for _, name := range []string{"internal/probe", "webtest", "internal/store/storetest", "internal/mail/mailtest", "testing"} {
		for line := range strings.Lines(string(out)) {
			if path := strings.TrimSpace(line); path == name || strings.HasSuffix(path, "/"+name) {
				t.Errorf("the program contains %s", path)
			}
		}
	}
}

// TestProgramListsItsModules: the session library and its store for Redis are in the program that people run, where `go
// version -m` shows them to whoever checks it for known faults.
func TestProgramListsItsModules(t *testing.T) {
	program := filepath.Join(t.TempDir(), "web")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", program, "./cmd/web").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	built, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"github.com/alexedwards/scs/v2", "github.com/alexedwards/scs/redisstore", "github.com/go-chi/chi/v5"} {
		if !slices.ContainsFunc(built.Deps, func(m *debug.Module) bool { return m.Path == want }) {
			t.Errorf("the program has no %s", want)
		}
	}
}

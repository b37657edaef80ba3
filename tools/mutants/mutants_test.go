package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// TestListIsCurrent keeps the list from rotting between two rounds: what is to be replaced is where the entry says, and
// the test that is to notice exists.
func TestListIsCurrent(t *testing.T) {
	all, err := readList("list.txt")
	if err != nil {
		t.Fatal(err)
	}
	if err := checkTexts(root, all); err != nil {
		t.Error(err)
	}
	promises := map[string]bool{}
	for _, m := range all {
		if promises[m.promise] || !strings.HasSuffix(m.promise, ".") {
			t.Errorf("%q: want a sentence that no other entry has", m.promise)
		}
		promises[m.promise] = true
		name, _, _ := strings.Cut(m.test, "/")
		if !hasTest(t, m.dir, name) {
			t.Errorf("%s: no test %s in %s", m.promise, name, m.dir)
		}
	}
}

func hasTest(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(content, []byte("func "+name+"(t *testing.T)"))
	})
}

func TestReadBlock(t *testing.T) {
	m, err := readBlock("Two is two.\nfile: a.go\ntest: ./a TestA/sub\n- \treturn 2\n- }\n+ \treturn 3\n+ }")
	want := mutant{"", "Two is two.", "a.go", "\treturn 2\n}", "\treturn 3\n}", "./a", "TestA/sub"}
	if m != want || err != nil {
		t.Errorf("got %+v, %v", m, err)
	}
	for _, broken := range []string{
		"P.\nfile: a.go\ntest: ./a TestA", "P.\nfile: a.go\n- x\n+ y", "P.\ntest: ./a TestA\n- x\n+ y",
		"P.\nfile: a.go\ntest: ./a TestA\n- x\n+ x", "P.\nfile: a.go\ntest: ./a TestA\nx\n- x\n+ y", "P.\nfile: a.go\ntest: ./a\n- x",
	} {
		if m, err := readBlock(broken); err == nil {
			t.Errorf("%q was read as %+v, want an error", broken, m)
		}
	}
}

func inGit(t *testing.T, dir string, args ...string) {
	t.Helper()
	args = append([]string{"-C", dir, "-c", "user.name=Ada", "-c", "user.email=ada@example.org"}, args...)
	if out, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput(); err != nil {
		t.Fatalf("git: %v\n%s", err, out)
	}
}

func TestParseList(t *testing.T) {
	const entry = "file: a.go\ntest: ./a TestA\n- x\n+ y"
	all, err := parseList("# First\n\nA.\n" + entry + "\n\n# Second\nB.\n" + entry + "\n\nC.\n" + entry + "\n\n")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range all {
		got = append(got, m.area+" "+m.promise)
	}
	if want := []string{"First A.", "Second B.", "Second C."}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

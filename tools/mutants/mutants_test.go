package main

import (
	"bytes"
	"errors"
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

// TestRound runs the tool on a module with one function, which has one test.
func TestRound(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const source = "package a\n\nfunc Two() int {\n\tunused := 1\n\treturn 2 + 0*unused\n}\n"
	write("go.mod", "module a\n\ngo 1.26\n")
	write("a.go", source)
	write("a_test.go", "package a\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestTwo(t *testing.T) {\n\tif Two() != 2 {\n\t\tt.Fatal(Two())\n\t}\n}\n\n"+
		"func TestSkipped(t *testing.T) { t.Skip() }\n\nfunc TestRed(t *testing.T) { t.Fatal() }\n\n"+
		"func TestAtSecondSight(t *testing.T) {\n\t_, err := os.ReadFile(\"seen\")\n\tif Two() != 2 && err == nil {\n\t\tt.Fatal(Two())\n\t}\n"+
		"\tif Two() != 2 {\n\t\t_ = os.WriteFile(\"seen\", nil, 0o600)\n\t}\n}\n")
	write("untracked.go", "this is not Go")
	inGit(t, dir, "init", "--quiet")
	inGit(t, dir, "add", "go.mod", "a.go", "a_test.go")
	entry := func(old, replacement, test string) mutant {
		return mutant{promise: "Two is two.", file: "a.go", old: old, new: replacement, dir: ".", test: test}
	}
	caught := entry("2 +", "3 +", "TestTwo")
	for _, tt := range []struct {
		name    string
		mutants []mutant
		want    error
		says    string
	}{
		{"caught", []mutant{caught, caught, caught}, nil, ""},
		{"caught at second sight", []mutant{entry("2 +", "3 +", "TestAtSecondSight")}, nil, ""},
		{"survived", []mutant{caught, entry("unused := 1", "unused := 7", "TestTwo"), caught}, errSurvived, "Two is two."},
		{"does not compile", []mutant{entry(" + 0*unused", "", "TestTwo")}, errNotBuilt, "declared and not used"},
		{"no such test", []mutant{entry("2 +", "3 +", "TestThree")}, nil, "has no test TestThree"},
		{"a subtest that is not there", []mutant{entry("2 +", "3 +", "TestTwo/sub")}, nil, "has no test TestTwo/sub"},
		{"skipped", []mutant{entry("2 +", "3 +", "TestSkipped")}, nil, "or skips it"},
		{"red as things are", []mutant{entry("2 +", "3 +", "TestRed")}, nil, "fail as things are"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := round(t.Context(), dir, tt.mutants, 2, 0)
			switch {
			case tt.says == "" && err != nil, tt.says != "" && err == nil, tt.want != nil && !errors.Is(err, tt.want):
				t.Fatalf("got %v, want %v", err, tt.want)
			case err != nil && !strings.Contains(err.Error(), tt.says):
				t.Errorf("got %v, want it to say %q", err, tt.says)
			}
			if content, err := os.ReadFile(filepath.Join(dir, "a.go")); err != nil || string(content) != source {
				t.Errorf("the working tree was written to: %q, %v", content, err)
			}
		})
	}
	if err := checkTexts(dir, []mutant{entry("unused", "x", "TestTwo")}); err == nil {
		t.Error("a text that is there twice was accepted")
	}
	got, err := round(t.Context(), dir, []mutant{caught, caught, caught}, 1, 1)
	if got.tried != 1 || err != nil {
		t.Errorf("without time: %d tried, %v, want the first", got.tried, err)
	}
}

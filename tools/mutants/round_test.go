package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

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
	write("a_test.go", roundTests)
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
		{"in a subtest", []mutant{entry("2 +", "3 +", "TestParts/red"), entry("2 +", "3 +", "TestParts")}, nil, ""},
		{"before its subtest", []mutant{entry("2 +", "3 +", "TestBefore/sub")}, errElsewhere, "not the test"},
		{"panics", []mutant{entry("2 +", "3 +", "TestPanic/sub")}, nil, ""},
		{"dies of another goroutine", []mutant{entry("2 +", "3 +", "TestDies")}, nil, ""},
		{"leaves", []mutant{entry("2 +", "3 +", "TestLeaves")}, errElsewhere, "not the test"},
		{"is skipped by it", []mutant{entry("2 +", "3 +", "TestSkips")}, errLeftOut, "skips"},
		{"skipped", []mutant{entry("2 +", "3 +", "TestSkipped"), entry("2 +", "3 +", "TestSkipped/sub")}, nil, "skips TestSkipped"},
		{"red as things are", []mutant{entry("2 +", "3 +", "TestRed")}, nil, "fail as things are"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("CI", "true")
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
	t.Run("hangs", func(t *testing.T) {
		testTimeout = time.Second
		defer func() { testTimeout = 5 * time.Minute }()
		if _, err := round(t.Context(), dir, []mutant{entry("2 +", "3 +", "TestHangs")}, 1, 0); !errors.Is(err, errUnfinished) {
			t.Errorf("got %v, want %v", err, errUnfinished)
		}
	})
	t.Run("left out", func(t *testing.T) {
		t.Setenv("CI", "")
		got, err := round(t.Context(), dir, []mutant{
			entry("2 +", "3 +", "TestSkipped"), entry("2 +", "3 +", "TestSkipped/sub"), entry("2 +", "3 +", "TestSkips"),
			entry("unused := 1", "unused := 7", "TestParts"), caught,
		}, 2, 0)
		if got.tried != 1 || len(got.leftOut) != 4 || len(got.missed) != 0 || err != nil {
			t.Errorf("got %+v, %v, want 4 left out and one caught", got, err)
		}
	})
	if err := checkTexts(dir, []mutant{entry("unused", "x", "TestTwo")}); err == nil {
		t.Error("a text that is there twice was accepted")
	}
	got, err := round(t.Context(), dir, []mutant{caught, caught, caught}, 1, 1)
	if got.tried != 1 || err != nil {
		t.Errorf("without time: %d tried, %v, want the first", got.tried, err)
	}
}

// roundTests are what may happen to a test when Two is not 2.
const roundTests = `package a

import (
	"os"
	"testing"
	"time"
)

func TestTwo(t *testing.T) {
	if Two() != 2 {
		t.Fatal(Two())
	}
}

func TestSkipped(t *testing.T) { t.Skip() }

func TestRed(t *testing.T) { t.Fatal() }

func TestAtSecondSight(t *testing.T) {
	_, err := os.ReadFile("seen")
	if Two() != 2 && err == nil {
		t.Fatal(Two())
	}
	if Two() != 2 {
		_ = os.WriteFile("seen", nil, 0o600)
	}
}

func TestParts(t *testing.T) {
	t.Run("red", TestTwo)
	t.Run("skipped", TestSkipped)
}

func TestBefore(t *testing.T) {
	TestTwo(t)
	t.Run("sub", func(*testing.T) {})
}

func TestPanic(t *testing.T) {
	t.Run("sub", func(*testing.T) { _ = make([]int, 2)[Two()-1] })
}

func TestDies(t *testing.T) {
	over := make(chan int)
	go func() { over <- make([]int, 2)[Two()-1] }()
	<-over
}

func TestLeaves(t *testing.T) {
	if Two() != 2 {
		os.Exit(1)
	}
}

func TestSkips(t *testing.T) {
	if Two() != 2 {
		t.Skip()
	}
}

func TestHangs(t *testing.T) {
	if Two() != 2 {
		time.Sleep(time.Hour)
	}
}
`

// TestJudge has what no sabotage of one line brings about when everything compiles.
func TestJudge(t *testing.T) {
	failed := exec.CommandContext(t.Context(), "go", "vet", "./nothing").Run()
	m := mutant{test: "TestA/x"}
	for out, want := range map[string]error{
		"FAIL\ta [setup failed]\nFAIL\n": errNotBuilt,
		"FAIL\ta [build failed]\nFAIL\n": errNotBuilt,
		"=== RUN   TestA/x\n    --- FAIL: TestA/x (0.10s)\npanic: test timed out after 5m0s\n": errUnfinished,
		"    --- FAIL: TestA/xy (0.10s)\n":                     errElsewhere,
		"    --- FAIL: TestA/x (0.10s)\n":                      nil,
		"    a_test.go:1: panic: no\n":                         errElsewhere,
		"fatal error: all goroutines are asleep - deadlock!\n": nil,
	} {
		if err := m.judge(out, failed); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", out, err, want)
		}
	}
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestChoose changes a file, a test and the list, one by one, after a commit that has nine entries.
func TestChoose(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list := "# Digits\n"
	for i := range 9 {
		write(fmt.Sprintf("a/f%d.go", i), "package a\n")
		write(fmt.Sprintf("a/f%d_test.go", i), fmt.Sprintf("package a\n\nfunc Test%d(t *testing.T) {}\n", i))
		list += fmt.Sprintf("\nPromise %[1]d.\nfile: a/f%[1]d.go\ntest: ./a Test%[1]d/sub\n- package a\n+ package b\n", i)
	}
	write(listFile, list)
	inGit(t, dir, "init", "--quiet")
	inGit(t, dir, "add", ".")
	inGit(t, dir, "commit", "--quiet", "--message=first")
	chosen := func(o options) (digits string) {
		t.Helper()
		all, err := readList(filepath.Join(dir, listFile))
		if err != nil {
			t.Fatal(err)
		}
		some, err := choose(t.Context(), dir, all, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range some {
			digits += strings.Trim(m.promise, "Promise .")
		}
		return digits
	}
	want := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: entries %q, want %q", what, got, want)
		}
	}
	since := options{since: "HEAD"}
	want("no flags", chosen(options{}), "012345678")
	want("-only", chosen(options{only: "a/f3.go,a/f5.go"}), "35")
	want("-at-most", chosen(options{atMost: 3}), "036")
	want("as committed", chosen(since), "")
	write("a/f2.go", "package a // changed\n")
	want("a file", chosen(since), "2")
	write("a/f4_test.go", "package a\n\nfunc Test4(t *testing.T) { t.Log() }\n")
	want("a test", chosen(since), "24")
	write(listFile, strings.Replace(list, "file: a/f7.go\ntest: ./a Test7/sub\n- package", "file: a/f7.go\ntest: ./a Test7/sub\n- kage", 1))
	want("an entry", chosen(since), "247")
	want("too many", chosen(options{since: "HEAD", atMost: 2}), "24")
	filled := chosen(options{since: "HEAD", atMost: 6, fill: true})
	if digits := strings.Split(filled, ""); len(slices.Compact(slices.Sorted(slices.Values(digits)))) != 6 || filled[:3] != "247" {
		t.Errorf("filled up: entries %q, want 2, 4, 7 and three others", filled)
	}
	want("filled up again", chosen(options{since: "HEAD", atMost: 6, fill: true}), filled)
	if all := chosen(options{since: "HEAD", atMost: 20, fill: true}); len(all) != 9 {
		t.Errorf("filled up from a short list: entries %q, want all", all)
	}
}

// TestWriteResult replaces what the page says of the round before, and nothing else.
func TestWriteResult(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	all := []mutant{{area: "First", promise: "A."}, {area: "Second", promise: "B.", file: "b.go"}, {area: "First", promise: "C."}}
	if err := os.WriteFile(page, []byte("before\n"+resultBegins+"stale\n"+resultEnds+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeResult(page, all, outcome{tried: 3, missed: all[1:2], jobs: 2}); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	for _, want := range []string{"3 broken, 2 caught, 1 not:", "| First | 2 | 2 |\n| Second | 1 | 0 |\n", "- `b.go`: B.\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "stale") || !strings.HasPrefix(text, "before\n"+resultBegins) || !strings.HasSuffix(text, resultEnds+"after\n") {
		t.Errorf("got\n%s", text)
	}
	placeless := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(placeless, []byte("before\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeResult(placeless, all, outcome{}); err == nil {
		t.Error("a page without a place for the result was written")
	}
}

package gatehouse_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A promise is a row of docs/promises.md.
type promise struct {
	text        string
	code, tests []string
	mutant      string
}

// mutantTests returns which test is to notice each entry of tools/mutants/list.txt, by the entry's first line. The list is
// read as text because tools is a module of its own.
func mutantTests(t *testing.T) map[string]string {
	t.Helper()
	const path = "tools/mutants/list.txt"
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{}
	entry := regexp.MustCompile(`(?m)^(.+)\nfile: .+\ntest: \./(\S+) (\w+)`)
	for _, m := range entry.FindAllStringSubmatch(string(content), -1) {
		tests[m[1]] = m[2][strings.LastIndex(m[2], "/")+1:] + "." + m[3]
	}
	if len(tests) == 0 {
		t.Fatalf("%s: no entry can be read", path)
	}
	return tests
}

// rowsOf returns the cells of the table under that header in a page.
func rowsOf(t *testing.T, path, header string) (rows [][]string) {
	t.Helper()
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(page), header+"\n")
	if !found {
		t.Fatalf("%s has no table that begins with %q", path, header)
	}
	columns := strings.Count(header, "|") - 1
	for line := range strings.Lines(table) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if strings.HasPrefix(line, "| ---") {
			continue
		}
		if len(cells) != columns {
			t.Fatalf("%s: %d cells, want %d as in %q: %s", path, len(cells), columns, header, line)
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows
}

var quoted = regexp.MustCompile("`([^`]+)`")

// inCode returns what a cell has between backquotes.
func inCode(cell string) (names []string) {
	for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
		names = append(names, m[1])
	}
	return names
}

// mistakes says what is wrong with a row, and what to write in its place.
func (p promise) mistakes(t *testing.T, refs *codeRefs, mutants map[string]string) (wrong []string) {
	t.Helper()
	add := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if len(p.code) == 0 {
		add("it names no code: write `package.Function` or `package.Type.Method` of what keeps it")
	}
	if len(p.tests) == 0 {
		add("it names no test: write `package.TestName` of one that fails when it is broken")
	}
	for _, name := range p.code {
		if !refs.hasCode(t, name) {
			add("there is no %s: write `package.Function`, `package.Type.Method` or a path from the root", name)
		}
	}
	for _, name := range p.tests {
		if !refs.hasTest(t, name) {
			add("there is no test %s: write `package.TestName` of one that fails when it is broken", name)
		}
	}
	test, known := mutants[p.mutant]
	if !known {
		add("tools/mutants/list.txt has no entry %q: write the first line of one that breaks this promise", p.mutant)
	} else if !slices.Contains(p.tests, test) {
		add("its mutant is caught by %s: add that test to the row, or choose a mutant that one of %v catches", test, p.tests)
	}
	return wrong
}

// Each promise of docs/promises.md has code that keeps it, tests that hold it, and a mutant that shows that they do.
func TestPromises(t *testing.T) {
	refs, mutants, seen := &codeRefs{}, mutantTests(t), map[string]bool{}
	for _, cells := range rowsOf(t, "docs/promises.md", "| promise | code | test | mutant |") {
		p := promise{text: cells[0], code: inCode(cells[1]), tests: inCode(cells[2]), mutant: cells[3]}
		if seen[p.text] {
			t.Errorf("docs/promises.md: %q stands there twice: delete one", p.text)
		}
		seen[p.text] = true
		for _, wrong := range p.mistakes(t, refs, mutants) {
			t.Errorf("docs/promises.md: %q: %s", p.text, wrong)
		}
	}
}

// Each mistake in a row is reported, alone.
func TestPromiseMistakes(t *testing.T) {
	refs, mutants := &codeRefs{}, map[string]string{"It swaps.": "session.TestSwaps", "It rests.": "bag.TestRests"}
	right := promise{"P", []string{"session.Service.Resume"}, []string{"handlers.TestSignOut"}, "It signs out."}
	mutants[right.mutant] = right.tests[0]
	for want, change := range map[string]func(*promise){
		"":                                      func(*promise) {},
		"it names no code":                      func(p *promise) { p.code = nil },
		"there is no session.Service.X":         func(p *promise) { p.code = []string{"session.Service.X"} },
		"there is no nowhere.New":               func(p *promise) { p.code = []string{"nowhere.New"} },
		"there is no ui/static/x.js":            func(p *promise) { p.code = []string{"ui/static/x.js"} },
		"there is no test handlers.TestNothing": func(p *promise) { p.tests = append(p.tests, "handlers.TestNothing") },
		"there is no test handlers.New":         func(p *promise) { p.tests = append(p.tests, "handlers.New") },
		"tools/mutants/list.txt has no entry":   func(p *promise) { p.mutant = "It does something." },
		"its mutant is caught by bag.TestRests": func(p *promise) { p.mutant = "It rests." },
	} {
		p := right
		p.tests = slices.Clone(right.tests)
		change(&p)
		got := strings.Join(p.mistakes(t, refs, mutants), "; ")
		if (want == "") != (got == "") || !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

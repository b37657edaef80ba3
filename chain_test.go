package gatehouse_test

import (
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/internal/learn"
)

const chainFile = "docs/chain.md"

var updateChain = flag.Bool("update", false, "write "+chainFile+" anew")

// TestChain holds that nothing between an attack and the line that defends is missing: each lesson names both, with the test
// and the mutant, and each promise and each hazard has a lesson.
func TestChain(t *testing.T) {
	c := newChain(t)
	for _, l := range c.lessons {
		for _, wrong := range c.mistakes(t, l) {
			t.Errorf("internal/learn/lessons: %s: %s", l.Slug, wrong)
		}
	}
	for _, wrong := range c.gaps() {
		t.Error(wrong)
	}
	if *updateChain {
		if err := os.WriteFile(chainFile, []byte(c.table()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if written, err := os.ReadFile(chainFile); err != nil || string(written) != c.table() {
		t.Errorf("%s differs from the lessons (%v): go test . -run TestChain -update", chainFile, err)
	}
}

// untaught are the promises, by their mutants, that no lesson is about.
var untaught = map[string]string{
	"An account is kept until its time.":                        "about accounts, and no session",
	"A column of people is exported or left out with a reason.": "about accounts, and no session",
	"A demo that is over is deleted whole.":                     "about the demo",
}

// scannerChecks are what the scanner of sessions calls its checks.
var scannerChecks = strings.Fields(`cookie-httponly cookie-secure cookie-samesite cookie-scope cookie-shadowing token-strength
	fixation rotation-signin rotation-old-token signout-server signout-by-get signout-everywhere password-change-others resurrection
	absolute-limit idle-limit polling-keeps-alive one-use id-in-url csrf login-csrf cache-private open-redirect enumeration
	throttling second-factor-skip headers tls`)

// A chain is the lessons, and what they refer to.
type chain struct {
	lessons  []learn.Lesson
	mutants  map[string]listedMutant // by their first line
	promises []string                // the mutants of docs/promises.md
	hazards  map[string][]string     // the figures of docs/evidence/hazards.md, by the name of the hazard
	refs     *codeRefs
}

type listedMutant struct{ file, text, test string }

func newChain(t *testing.T) chain {
	t.Helper()
	c := chain{lessons: learn.All(), mutants: map[string]listedMutant{}, hazards: map[string][]string{}, refs: &codeRefs{}}
	tests := mutantTests(t)
	list, err := os.ReadFile("tools/mutants/list.txt")
	if err != nil {
		t.Fatal(err)
	}
	entry := regexp.MustCompile(`(?m)^(.+)\nfile: (.+)\ntest: .+\n((?:- .*\n)+)`)
	for _, m := range entry.FindAllStringSubmatch(string(list), -1) {
		text := strings.TrimSuffix(strings.ReplaceAll("\n"+m[3], "\n- ", "\n"), "\n")
		c.mutants[m[1]] = listedMutant{m[2], text[1:], tests[m[1]]}
	}
	for _, cells := range rowsOf(t, "docs/promises.md", "| promise | code | test | mutant |") {
		c.promises = append(c.promises, cells[3])
	}
	header := "| hazard: `TestHazards/...` | what happens the stock way | stock | Gatehouse | what prevents it here |"
	for _, cells := range rowsOf(t, "docs/evidence/hazards.md", header) {
		c.hazards[cells[0]] = cells[2:4]
	}
	return c
}

// mistakes says what is wrong with a lesson, and what to write in its place.
func (c chain) mistakes(t *testing.T, l learn.Lesson) (wrong []string) {
	t.Helper()
	add := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if (l.Attack == "") == (l.NoAttack == "") {
		add(`it names no attack, or two answers: write "attack: ...", or "no attack: ..." with the reason`)
	}
	if (len(l.Defences) == 0) == (l.NoDefence == "") {
		add(`it names no defence, or two answers: write "defence: ...", or "no defence: ..." with the reason`)
	}
	for _, d := range l.Defences {
		wrong = append(wrong, c.mistakesOf(t, d)...)
	}
	for _, h := range l.Hazards {
		if c.hazards[h] == nil {
			add("docs/evidence/hazards.md has no row %q", h)
		}
	}
	for _, figure := range regexp.MustCompile(`\d+ of \d+ (?:tries|cases)`).FindAllString(l.Markdown, -1) {
		if !slices.ContainsFunc(l.Hazards, func(h string) bool {
			return slices.Contains(c.hazards[h], strings.Join(strings.Fields(figure)[:3], " "))
		}) {
			add("its figure %q is in no row of docs/evidence/hazards.md that it names", figure)
		}
	}
	for _, check := range l.Checks {
		if !slices.Contains(scannerChecks, check) {
			add("the scanner has no check %q", check)
		}
	}
	for list, form := range map[*[]string]string{&l.ASVS: `^\d+\.\d+\.\d+$`, &l.WSTG: `^WSTG-[A-Z]{4}-\d\d$`, &l.CWE: `^\d+$`} {
		for _, id := range *list {
			if !regexp.MustCompile(form).MatchString(id) {
				add("%q is no id of a standard: want the form %s", id, form)
			}
		}
	}
	if len(l.ASVS) == 0 || len(l.CWE) == 0 {
		add("it has no id of the ASVS, or none of the CWE")
	}
	return wrong
}

// mistakesOf says what is wrong with one defence. That the mutant's text stands in the function shows that it is this function
// that defends.
func (c chain) mistakesOf(t *testing.T, d learn.Defence) (wrong []string) {
	t.Helper()
	add := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	source := sourceOf(t, d.File, d.Name)
	if source == "" {
		add("there is no %s in %s: write Function or Type.Method", d.Name, d.File)
	}
	if !c.refs.hasTest(t, d.Test) {
		add("there is no test %s: write `package.TestName`", d.Test)
	}
	switch m, listed := c.mutants[d.Mutant]; {
	case !listed:
		add("tools/mutants/list.txt has no entry %q", d.Mutant)
	case m.test != d.Test:
		add("its mutant %q is caught by %s, not by %s", d.Mutant, m.test, d.Test)
	case m.file != d.File || source != "" && !strings.Contains(source, m.text):
		add("its mutant %q takes nothing out of %s in %s", d.Mutant, d.Name, d.File)
	}
	return wrong
}

// sourceOf returns the text of what a file declares under that name, of the whole file for a file that is no Go, and "" for
// none.
func sourceOf(t *testing.T, path, name string) string {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	if !strings.HasSuffix(path, ".go") {
		return string(source)
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		if slices.Contains(declared(decl), name) {
			return string(source[set.Position(decl.Pos()).Offset:set.Position(decl.End()).Offset])
		}
	}
	return ""
}

// gaps are the defences and the hazards without a lesson.
func (c chain) gaps() (wrong []string) {
	taught, measured := map[string]bool{}, map[string]bool{}
	for _, l := range c.lessons {
		for _, d := range l.Defences {
			taught[d.Mutant] = true
		}
		for _, h := range l.Hazards {
			measured[h] = true
		}
	}
	for _, mutant := range c.promises {
		if reason := untaught[mutant]; taught[mutant] == (reason != "") {
			wrong = append(wrong, fmt.Sprintf("docs/promises.md: the promise with the mutant %q has no lesson, or one and a reason for none: "+
				"write it as a defence into a lesson, or into untaught", mutant))
		}
	}
	for hazard := range c.hazards {
		if !measured[hazard] {
			wrong = append(wrong, fmt.Sprintf("docs/evidence/hazards.md: no lesson names the hazard %q", hazard))
		}
	}
	return wrong
}

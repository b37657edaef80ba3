package gatehouse_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// How much there may be to read, in words: of the first page, and of all pages that people write.
const (
	readmeMost = 900
	proseMost  = 12_000
)

// notProse are what is written to be read one piece at a time, or by a test: lessons have a bound of their own each, a course is
// for whoever teaches it, and the chain is generated.
var notProse = []string{"internal/learn/lessons", "docs/course.md", chainFile}

// pages returns the Markdown of the project that people write and everybody is to read: not what commands measured, not the
// notices of others, and not notProse.
func pages(t *testing.T) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != "." && (strings.HasPrefix(entry.Name(), ".") || path == filepath.Join("docs", "evidence")) {
			return fs.SkipDir
		}
		if slices.Contains(notProse, filepath.ToSlash(path)) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(path) == ".md" && entry.Name() != "NOTICE.md" {
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// wordsIn counts what has a letter or a digit in it, so that the lines of a table are no words.
func wordsIn(text string) (n int) {
	for word := range strings.FieldsSeq(text) {
		if strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			n++
		}
	}
	return n
}

// A page that nobody finishes tells nobody anything, so the words are counted.
func TestProse(t *testing.T) {
	all := 0
	for _, path := range pages(t) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		n := wordsIn(string(content))
		if path == "README.md" && n > readmeMost {
			t.Errorf("README.md has %d words, at most %d: move what a first visit does not need to docs/", n, readmeMost)
		}
		t.Logf("%5d %s", n, path)
		all += n
	}
	if all > proseMost {
		t.Errorf("all pages outside docs/evidence have %d words, at most %d: cut what is said twice (-v lists the pages)", all, proseMost)
	}
}

// Links between pages lead somewhere, those of docs/evidence included.
func TestLinks(t *testing.T) {
	evidence, err := filepath.Glob("docs/evidence/*.md")
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	for _, path := range append(append(pages(t), chainFile), evidence...) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(content), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", path, m[1])
			}
		}
	}
}

// The last column of docs/glossary.md says where each word lives in the code.
func TestGlossary(t *testing.T) {
	refs := &codeRefs{}
	for _, cells := range rowsOf(t, "docs/glossary.md", "| word | what it means | in the code |") {
		names := inCode(cells[2])
		if len(names) == 0 {
			t.Errorf("docs/glossary.md: %s: no code: write `package.Name` of what it is", cells[0])
		}
		for _, name := range names {
			if !refs.hasCode(t, name) {
				t.Errorf("docs/glossary.md: %s: there is no %s: write `package.Name` or `package.Type.Method`", cells[0], name)
			}
		}
	}
}

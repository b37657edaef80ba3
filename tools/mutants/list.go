package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A mutant is one deliberate defect.
type mutant struct {
	area     string // of the list
	promise  string // that it breaks
	file     string // in the repository, with slashes
	old, new string
	dir      string // of the package whose test notices, as "./internal/auth"
	test     string // its name, with subtests behind slashes
}

// listFile is where the list is in the repository.
const listFile = "tools/mutants/list.txt"

// readList reads blocks of lines with an empty line between them; a line that begins with # names the area of
// those below. A block is
//
//	the promise
//	file: where the text is
//	test: package and test
//	- the text, which may be part of a line or several lines
//	+ what takes its place, nothing for none
func readList(path string) ([]mutant, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseList(string(content))
}

func parseList(content string) (all []mutant, err error) {
	area := ""
	for block := range strings.SplitSeq(content, "\n\n") {
		if heading, ok := strings.CutPrefix(block, "# "); ok {
			area, block, _ = strings.Cut(heading, "\n")
		}
		if strings.TrimSpace(block) == "" {
			continue
		}
		m, err := readBlock(block)
		if err != nil {
			return nil, fmt.Errorf("%s: %w in:\n%s", listFile, err, block)
		}
		m.area = area
		all = append(all, m)
	}
	return all, nil
}

func readBlock(block string) (m mutant, err error) {
	var before, after []string
	for line := range strings.Lines(block) {
		line = strings.TrimSuffix(line, "\n")
		key, value, _ := strings.Cut(line, " ")
		switch {
		case line == "":
		case m.promise == "":
			m.promise = line
		case key == "file:":
			m.file = value
		case key == "test:":
			m.dir, m.test, _ = strings.Cut(value, " ")
		case key == "-":
			before = append(before, value)
		case key == "+":
			after = append(after, value)
		default:
			return mutant{}, fmt.Errorf("the line %q means nothing", line)
		}
	}
	m.old, m.new = strings.Join(before, "\n"), strings.Join(after, "\n")
	if m.file == "" || m.test == "" || m.old == "" || m.old == m.new {
		return mutant{}, errors.New("something is missing")
	}
	return m, nil
}

// checkTexts reports every entry whose text is not in its file exactly once.
func checkTexts(root string, all []mutant) error {
	var stale []error
	for _, m := range all {
		content, err := os.ReadFile(filepath.Join(root, m.file))
		if err != nil {
			stale = append(stale, err)
			continue
		}
		if n := strings.Count(string(content), m.old); n != 1 {
			stale = append(stale, fmt.Errorf("%s: %s: the text is there %d times, not once:\n%s", m.file, m.promise, n, m.old))
		}
	}
	return errors.Join(stale...)
}

package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

//go:embed exercises/*.txt
var files embed.FS

// An exercise is a file of exercises/, and the entry of the list of mutants that it names.
type exercise struct {
	name, title, lesson, mutant string
	task                        string
	hints                       []string
	solution                    string

	file, old, new string // of the entry
	dir, test      string
}

func readExercises(list string) ([]exercise, error) {
	mutants, err := os.ReadFile(list)
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "exercises/*.txt")
	if err != nil {
		return nil, err
	}
	var all []exercise
	for _, name := range names {
		source, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		e, err := readExercise(string(source))
		if err == nil {
			err = e.takeEntry(string(mutants))
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		_, e.name, _ = strings.Cut(strings.TrimSuffix(path.Base(name), ".txt"), "-")
		all = append(all, e)
	}
	return all, nil
}

// readExercise reads three lines in front, and then the task, the hints and the solution, with a line "---" between them.
func readExercise(source string) (e exercise, err error) {
	front, text, _ := strings.Cut(source, "\n\n")
	for line := range strings.SplitSeq(front, "\n") {
		switch key, value, _ := strings.Cut(line, ": "); key {
		case "title":
			e.title = value
		case "lesson":
			e.lesson = value
		case "mutant":
			e.mutant = value
		default:
			return e, fmt.Errorf("the line %q means nothing", line)
		}
	}
	parts := strings.Split(strings.TrimSpace(text), "\n\n---\n\n")
	if len(parts) != 5 || e.title == "" || e.lesson == "" || e.mutant == "" {
		return e, errors.New("want a title, a lesson, a mutant, a task, three hints and a solution")
	}
	e.task, e.hints, e.solution = parts[0], parts[1:4], parts[4]
	return e, nil
}

// takeEntry reads the entry of tools/mutants/list.txt, whose form is explained in tools/mutants.
func (e *exercise) takeEntry(list string) error {
	_, block, found := strings.Cut("\n"+list, "\n"+e.mutant+"\n")
	if !found {
		return fmt.Errorf("tools/mutants/list.txt has no entry %q", e.mutant)
	}
	block, _, _ = strings.Cut(block, "\n\n")
	var before, after []string
	for line := range strings.SplitSeq(block, "\n") {
		switch key, value, _ := strings.Cut(line, " "); key {
		case "file:":
			e.file = value
		case "test:":
			e.dir, e.test, _ = strings.Cut(value, " ")
		case "-":
			before = append(before, value)
		case "+":
			after = append(after, value)
		}
	}
	e.old, e.new = strings.Join(before, "\n"), strings.Join(after, "\n")
	return nil
}

// swap writes one text in the place of the other, which has to be there once.
func (e exercise) swap(root, from, to string) error {
	name := filepath.Join(root, filepath.FromSlash(e.file))
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	done := strings.Contains(to, from) && strings.Contains(string(content), to)
	if from == "" || done || strings.Count(string(content), from) != 1 {
		return fmt.Errorf("%s is not as it has to be for this: git checkout -- %s brings it back", e.file, e.file)
	}
	return os.WriteFile(name, []byte(strings.Replace(string(content), from, to, 1)), 0o600)
}

var errUnsolved = errors.New("not yet: the test fails")

// check runs the test, and returns errUnsolved when it fails. A test that is skipped has checked nothing.
func (e exercise) check(ctx context.Context, out io.Writer, root string, flags ...string) error {
	pattern := "^" + strings.ReplaceAll(e.test, "/", "$/^") + "$"
	args := append([]string{"test", "-count=1", "-v", "-run", pattern}, append(flags, e.dir)...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = root
	said, err := cmd.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case bytes.Contains(said, []byte("[build failed]")):
		return fmt.Errorf("it does not compile:\n%s", said)
	case err != nil:
		_, _ = fmt.Fprintf(out, "%s\n", said)
		return fmt.Errorf("%w: %s in %s", errUnsolved, e.test, e.dir)
	case bytes.Contains(said, []byte("--- SKIP: ")) || !bytes.Contains(said, []byte("--- PASS: ")):
		return fmt.Errorf("the test was not run, or only a part of it:\n%s", said)
	}
	_, _ = fmt.Fprintf(out, "Solved: %s passes. The thinking behind it: go -C tools run ./learn solution %s, and the lesson /learn/%s\n", e.test, e.name, e.lesson)
	return nil
}

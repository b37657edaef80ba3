// Learn gives exercises to people with an editor: a line that defends is gone. Which test fails, what does an attacker get,
// and how is it mended?
//
// An exercise is an entry of tools/mutants/list.txt with a question, hints and an answer. Start takes the line out of the
// working tree, check runs the test of the entry, and solution says the answer and can put the line back. It knows neither Go's
// syntax nor what the defences are, and judges by the test alone.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
)

const usage = `usage: go -C tools run ./learn COMMAND

  list              the exercises
  start NAME        take the line out of the working tree
  check NAME        run the test that has to pass again
  hint NAME [1-3]   a hint, each says more
  solution NAME     the answer; with -write it puts the line back
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "learn:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, args []string) error {
	top, err := exec.CommandContext(ctx, "git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return fmt.Errorf("find the repository: %w", err)
	}
	root := strings.TrimSpace(string(top))
	all, err := readExercises(filepath.Join(root, "tools", "mutants", "list.txt"))
	if err != nil {
		return err
	}
	if len(args) == 1 && args[0] == "list" {
		for _, e := range all {
			_, _ = fmt.Fprintf(out, "%-18s %s (lesson: /learn/%s)\n", e.name, e.title, e.lesson)
		}
		return nil
	}
	if len(args) < 2 {
		return errors.New(usage)
	}
	e, err := find(all, args[1])
	if err != nil {
		return err
	}
	return e.do(ctx, out, root, args[0], args[2:])
}

func find(all []exercise, name string) (exercise, error) {
	for _, e := range all {
		if e.name == name {
			return e, nil
		}
	}
	return exercise{}, fmt.Errorf("there is no exercise %q: go -C tools run ./learn list", name)
}

func (e exercise) do(ctx context.Context, out io.Writer, root, command string, more []string) error {
	switch command {
	case "start":
		if err := e.swap(root, e.old, e.new); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(out, "%s\n\n%s\n\nA line of %s is gone. When you have mended it: go -C tools run ./learn check %s\n", e.title, e.task, e.file, e.name)
		return nil
	case "check":
		return e.check(ctx, out, root)
	case "hint":
		n := 1
		if len(more) > 0 {
			n, _ = strconv.Atoi(more[0])
		}
		if n < 1 || n > len(e.hints) {
			return fmt.Errorf("there are the hints 1 to %d", len(e.hints))
		}
		_, _ = fmt.Fprintln(out, e.hints[n-1])
		return nil
	case "solution":
		_, _ = fmt.Fprintf(out, "%s\n\nIn %s, where it now says\n\n%s\n\nit said\n\n%s\n", e.solution, e.file, e.new, e.old)
		if len(more) > 0 && more[0] == "-write" {
			return e.swap(root, e.new, e.old)
		}
		return nil
	}
	return errors.New(usage)
}

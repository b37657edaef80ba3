package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// tryWithin bounds one entry, the compiler included. Its tests have the time of testTimeout.
const (
	tryWithin   = 30 * time.Minute
	testTimeout = "-timeout=120s"
)

// chances are how often a test may run before it has missed the sabotage. One of a race does not win it each time.
const chances = 3

var (
	errSurvived   = errors.New("the test passes without it")
	errNotBuilt   = errors.New("it does not compile")
	errUnfinished = errors.New("it took too long")
)

// try returns nil when the test fails on the sabotaged copy in dir, which is as before afterwards.
func (m mutant) try(ctx context.Context, dir string) (err error) {
	path := filepath.Join(dir, m.file)
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(content), m.old, m.new, 1)), 0o600); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.WriteFile(path, content, 0o600)) }()

	var out string
	for range chances {
		if out, err = goTest(ctx, dir, m.dir, testTimeout, "-failfast", "-run", pattern(m.test)); err != nil {
			break
		}
	}
	failed, ok := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		return errSurvived
	case ctx.Err() != nil:
		return ctx.Err()
	case !ok || failed.ExitCode() != 1:
		return errors.Join(errUnfinished, err)
	case strings.Contains(out, " [build failed]\n"):
		return fmt.Errorf("%w:\n%s", errNotBuilt, out)
	}
	return nil
}

// checkTests runs the tests of all entries as things are. One that fails, is skipped or does not exist could not tell a
// sabotage from the truth.
func checkTests(ctx context.Context, dir string, all []mutant) error {
	tests := map[string][]string{}
	for _, m := range all {
		if !slices.Contains(tests[m.dir], m.test) {
			tests[m.dir] = append(tests[m.dir], m.test)
		}
	}
	for pkg, names := range tests {
		patterns := make([]string, len(names))
		for i, name := range names {
			patterns[i] = pattern(name)
		}
		out, err := goTest(ctx, dir, pkg, "-timeout=25m", "-v", "-run", strings.Join(patterns, "|"))
		if err != nil {
			return fmt.Errorf("the tests of %s fail as things are: %w\n%s", pkg, err, out)
		}
		for _, name := range names {
			if !strings.Contains(out, "--- PASS: "+name+" (") {
				return fmt.Errorf("%s has no test %s, or skips it", pkg, name)
			}
		}
	}
	return nil
}

// pattern is what -run matches the test by, and no other.
func pattern(test string) string {
	return "^" + strings.ReplaceAll(test, "/", "$/^") + "$"
}

// goTest leaves out what takes time and notices nothing: vet, the tables for a debugger, and the optimisation of the
// package under test.
func goTest(ctx context.Context, dir, pkg string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, tryWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{"test", "-count=1", "-vet=off", "-ldflags=-s -w", "-gcflags=-N -l"}, args, []string{pkg})...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

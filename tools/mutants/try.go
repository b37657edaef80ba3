package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// tryWithin bounds one entry, the compiler included. Its test has the time of testTimeout: more than any test
// waits for something before it fails by itself.
const tryWithin = 30 * time.Minute

var testTimeout = 5 * time.Minute

// chances are how often a test may run before it counts as blind to the defect, because a test of a race does not hit
// it every time.
const chances = 3

// programTests build and start the program, so they cannot tell a defect that does not compile from one that does not
// start.
const programTests = "./proof"

var (
	errSurvived   = errors.New("the test passes without it")
	errNotBuilt   = errors.New("it does not compile")
	errUnfinished = errors.New("the test did not come to an end")
	errElsewhere  = errors.New("what failed is not the test")
	errLeftOut    = errors.New("the test skips, or a part of it")
)

// try returns nil when the test fails on the sabotaged copy in dir, which is as before afterwards.
func (m mutant) try(ctx context.Context, dir string) (err error) {
	file := filepath.Join(dir, m.file)
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(content), m.old, m.new, 1)), 0o600); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.WriteFile(file, content, 0o600)) }()

	if m.dir == programTests {
		if out, err := goTool(ctx, dir, "build", "./..."); err != nil {
			return errors.Join(ctx.Err(), fmt.Errorf("%w:\n%s", errNotBuilt, out))
		}
	}
	for range chances {
		out, failed := goTest(ctx, dir, m.dir, "-timeout="+testTimeout.String(), "-v", "-failfast", "-run", pattern(m.test))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err = m.judge(out, failed); !errors.Is(err, errSurvived) {
			break
		}
	}
	return err
}

// judge returns nil when what go test has said means that the test noticed: it failed, or the process died of more than
// the time that it took.
func (m mutant) judge(out string, failed error) error {
	exit, ok := errors.AsType[*exec.ExitError](failed)
	switch {
	case failed == nil && skips(out, m.test):
		return errLeftOut
	case failed == nil:
		return errSurvived
	case !ok || exit.ExitCode() != 1:
		return errors.Join(errUnfinished, failed)
	case strings.Contains(out, " [build failed]\n"), strings.Contains(out, " [setup failed]\n"):
		return fmt.Errorf("%w:\n%s", errNotBuilt, out)
	case timedOut.MatchString(out):
		return errUnfinished
	case hasLine(out, "FAIL", m.test), died.MatchString(out):
		return nil
	}
	return fmt.Errorf("%w:\n%s", errElsewhere, out)
}

var (
	timedOut = regexp.MustCompile(`(?m)^panic: test timed out after `)
	died     = regexp.MustCompile(`(?m)^(panic|fatal error): `)
)

// hasLine reports whether the test ended like this.
func hasLine(out, how, test string) bool {
	return regexp.MustCompile(`(?m)^ *--- ` + how + `: ` + regexp.QuoteMeta(test) + ` \(`).MatchString(out)
}

// skips reports whether the test was skipped, or one of its subtests.
func skips(out, test string) bool {
	return regexp.MustCompile(`(?m)^ *--- SKIP: ` + regexp.QuoteMeta(test) + `(/\S+)? \(`).MatchString(out)
}

// checkTests runs the tests of all entries as things are. One that fails or does not exist could not notice a defect.
// Those it returns are skipped because a server is missing, which is an error with CI set.
func checkTests(ctx context.Context, dir string, all []mutant) (skipped []mutant, err error) {
	tests := map[string][]string{}
	for _, m := range all {
		if !slices.Contains(tests[m.dir], m.test) {
			tests[m.dir] = append(tests[m.dir], m.test)
		}
	}
	outs := map[string]string{}
	for pkg, names := range tests {
		patterns := make([]string, len(names))
		for i, name := range names {
			patterns[i] = pattern(name)
		}
		out, err := goTest(ctx, dir, pkg, "-timeout=25m", "-v", "-run", strings.Join(patterns, "|"))
		if err != nil {
			return nil, fmt.Errorf("the tests of %s fail as things are: %w\n%s", pkg, err, out)
		}
		outs[pkg] = out
	}
	for _, m := range all {
		out, skipping := outs[m.dir], false
		for name := m.test; name != "." && !skipping; name = path.Dir(name) {
			skipping = hasLine(out, "SKIP", name)
		}
		switch {
		case skipping && os.Getenv("CI") == "":
			skipped = append(skipped, m)
		case skipping:
			return nil, fmt.Errorf("%s skips %s", m.dir, m.test)
		case !hasLine(out, "PASS", m.test):
			return nil, fmt.Errorf("%s has no test %s", m.dir, m.test)
		}
	}
	return skipped, nil
}

// pattern is what -run matches the test by, and no other.
func pattern(test string) string {
	return "^" + strings.ReplaceAll(test, "/", "$/^") + "$"
}

// goTest leaves out what takes time and notices nothing: vet, the tables for a debugger, and the optimisation of the
// package under test.
func goTest(ctx context.Context, dir, pkg string, args ...string) (string, error) {
	return goTool(ctx, dir, slices.Concat([]string{"test", "-count=1", "-vet=off", "-ldflags=-s -w", "-gcflags=-N -l"}, args, []string{pkg})...)
}

func goTool(ctx context.Context, dir string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, tryWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

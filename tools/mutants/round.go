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
	"sync"
	"time"
)

// outcome is what a round found.
type outcome struct {
	tried   int
	missed  []mutant
	leftOut []mutant // for want of a server
	jobs    int
}

// round checks the tests on an untouched copy, then deals the entries out to as many copies as there are jobs.
func round(ctx context.Context, root string, chosen []mutant, jobs int, within time.Duration) (outcome, error) {
	work, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return outcome{}, err
	}
	defer os.RemoveAll(work)
	copies := make(chan string, jobs)
	for i := range jobs {
		dir := filepath.Join(work, fmt.Sprint(i))
		if err := copyTree(ctx, root, dir); err != nil {
			return outcome{}, err
		}
		copies <- dir
	}
	skipped, err := checkTests(ctx, filepath.Join(work, "0"), chosen)
	if err != nil {
		return outcome{}, err
	}
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		wrong  []error
		result = outcome{jobs: jobs}
		all    = len(chosen)
	)
	leaveOut := func(m mutant) {
		fmt.Printf("LEFT OUT  %s (%s skips, for want of PostgreSQL or Redis: see TEST_POSTGRES_URL and TEST_REDIS_URL)\n", m.promise, m.test)
		result.leftOut = append(result.leftOut, m)
	}
	for _, m := range skipped {
		leaveOut(m)
	}
	began := time.Now()
	chosen = slices.DeleteFunc(slices.Clone(chosen), func(m mutant) bool { return slices.Contains(skipped, m) })
	for i, m := range chosen {
		dir := <-copies
		if ctx.Err() != nil || i >= jobs && within > 0 && time.Since(began) > within {
			break
		}
		wg.Go(func() {
			defer func() { copies <- dir }()
			start := time.Now()
			err := m.try(ctx, dir)
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, errLeftOut) && os.Getenv("CI") == "" {
				leaveOut(m)
				return
			}
			result.tried++
			verdict := "caught"
			if err != nil {
				verdict = "NOT CAUGHT"
				wrong = append(wrong, fmt.Errorf("%s: %s: %w", m.file, m.promise, err))
				result.missed = append(result.missed, m)
			}
			fmt.Printf("%3d/%d %s  %4.1fs  %s (%s)\n", i+1, len(chosen), verdict, time.Since(start).Seconds(), m.promise, m.test)
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return outcome{}, ctx.Err()
	}
	fmt.Printf("%d broken, %d caught, in %s", result.tried, result.tried-len(wrong), time.Since(began).Round(time.Second))
	if n := len(result.leftOut); n > 0 {
		fmt.Printf("; %d left out", n)
	}
	if n := all - result.tried - len(result.leftOut); n > 0 {
		fmt.Printf("; %d not begun within %s", n, within)
	}
	fmt.Println()
	return result, errors.Join(wrong...)
}

// copyTree copies the working tree's version of what git tracks.
func copyTree(ctx context.Context, root, to string) error {
	files, err := git(ctx, root, "ls-files", "-z")
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(strings.TrimRight(files, "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join(root, name))
		if errors.Is(err, os.ErrNotExist) {
			continue // deleted, and not yet committed
		}
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func git(ctx context.Context, dir string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...).Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		err = errors.New(strings.TrimSpace(string(failed.Stderr)))
	}
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return string(out), nil
}

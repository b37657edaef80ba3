// Mutants breaks the portal's defences on purpose, one line at a time, and requires a test to notice each time. A
// defence that can be taken out without a red test is a comment; this finds those.
//
// It reads list.txt, copies what git tracks into a temporary folder, checks there that the named tests pass as things
// are, and then makes one replacement after the other. A sabotage that does not compile proves nothing and is an error,
// as is an entry whose text is not in its file exactly once. The working tree is never written to.
//
// It knows neither Go's syntax nor what the defences are: what is broken, and which test is to notice, is written down
// by hand. So it says nothing about lines that are not in the list, and a test that fails for another reason than the
// promise of its entry counts as one that noticed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// options are what the flags say.
type options struct {
	only   string
	since  string
	atMost int
	jobs   int
	list   bool
}

func run(ctx context.Context, args []string) error {
	var o options
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	flags.StringVar(&o.only, "only", "", "run the entries of these `files` alone, separated by commas")
	flags.StringVar(&o.since, "since", "", "run the entries of files that differ from this git `revision` alone")
	flags.IntVar(&o.atMost, "at-most", 0, "run no more than `n` entries, spread over the list; 0 is all")
	flags.IntVar(&o.jobs, "jobs", 2, "entries at a `time`, each in a copy of its own")
	flags.BoolVar(&o.list, "list", false, "say what would be broken, and break nothing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	root, err := git(ctx, ".", "rev-parse", "--show-toplevel")
	if err != nil {
		return err
	}
	root = strings.TrimSpace(root)
	all, err := readList(filepath.Join(root, "tools/mutants/list.txt"))
	if err != nil {
		return err
	}
	if err := checkTexts(root, all); err != nil {
		return err
	}
	chosen, err := choose(ctx, root, all, o)
	if err != nil || len(chosen) == 0 {
		return err
	}
	if o.list {
		for _, m := range chosen {
			fmt.Printf("%s: %s\n", m.file, m.promise)
		}
		return nil
	}
	return round(ctx, root, chosen, max(1, o.jobs))
}

// choose applies the flags, and says what they leave out.
func choose(ctx context.Context, root string, all []mutant, o options) ([]mutant, error) {
	chosen := all
	keep := func(files []string) {
		chosen = slices.DeleteFunc(slices.Clone(chosen), func(m mutant) bool { return !slices.Contains(files, m.file) })
	}
	if o.only != "" {
		keep(strings.Split(o.only, ","))
	}
	if o.since != "" {
		changed, err := git(ctx, root, "diff", "--name-only", "-z", o.since, "--")
		if err != nil {
			return nil, err
		}
		keep(strings.Split(changed, "\x00"))
	}
	fmt.Printf("%d of %d entries", len(chosen), len(all))
	if o.atMost > 0 && len(chosen) > o.atMost {
		fmt.Printf(", of which %d are run, spread over the list", o.atMost)
		chosen = spread(chosen, o.atMost)
	}
	fmt.Println()
	return chosen, nil
}

// spread returns n of the entries, at equal distances, so that every area has its share.
func spread(all []mutant, n int) []mutant {
	some := make([]mutant, n)
	for i := range some {
		some[i] = all[i*len(all)/n]
	}
	return some
}

// round checks the tests on an untouched copy, then deals the entries out to as many copies as there are jobs.
func round(ctx context.Context, root string, chosen []mutant, jobs int) error {
	began := time.Now()
	work, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	copies := make(chan string, jobs)
	for i := range jobs {
		dir := filepath.Join(work, fmt.Sprint(i))
		if err := copyTree(ctx, root, dir); err != nil {
			return err
		}
		copies <- dir
	}
	if err := checkTests(ctx, filepath.Join(work, "0"), chosen); err != nil {
		return err
	}
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		wrong []error
	)
	for i, m := range chosen {
		dir := <-copies
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { copies <- dir }()
			start := time.Now()
			err := m.try(ctx, dir)
			mu.Lock()
			defer mu.Unlock()
			verdict := "caught"
			if err != nil {
				verdict = "NOT CAUGHT"
				wrong = append(wrong, fmt.Errorf("%s: %s: %w", m.file, m.promise, err))
			}
			fmt.Printf("%3d/%d %s  %4.1fs  %s (%s)\n", i+1, len(chosen), verdict, time.Since(start).Seconds(), m.promise, m.test)
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	fmt.Printf("%d broken, %d caught, in %s\n", len(chosen), len(chosen)-len(wrong), time.Since(began).Round(time.Second))
	return errors.Join(wrong...)
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

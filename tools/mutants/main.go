// Mutants breaks the portal's defences on purpose, one line at a time, and requires a test to notice each time. A
// defence that can be taken out without a red test is a comment; this finds those.
//
// It reads list.txt, copies what git tracks into a temporary folder, checks there that the named tests pass as things
// are, and then makes one replacement after the other. A defect that does not compile proves nothing and is an error,
// as is an entry whose text is not in its file exactly once. The working tree is never written to.
//
// It knows neither Go's syntax nor what the defences are: the list says by hand what is broken and which test has to
// notice. So it says nothing about lines that are not in the list, and a test that fails for another reason than the
// promise of its entry counts as one that noticed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
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
	fill   bool
	within time.Duration
	jobs   int
	list   bool
	write  string
}

func run(ctx context.Context, args []string) error {
	var o options
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	flags.StringVar(&o.only, "only", "", "run the entries of these `files` alone, separated by commas")
	flags.StringVar(&o.since, "since", "", "run the entries alone of which the file, the test or the text differs from this git `revision`")
	flags.IntVar(&o.atMost, "at-most", 0, "run no more than `n` entries, spread over the list; 0 is all")
	flags.BoolVar(&o.fill, "fill", false, "where fewer than -at-most are left, add others, from a place in the list that the commit decides")
	flags.DurationVar(&o.within, "within", 0, "begin no entry after this `time`; 0 is no limit")
	flags.IntVar(&o.jobs, "jobs", 2, "entries at a `time`, each in a copy of its own")
	flags.BoolVar(&o.list, "list", false, "say what would be broken, and break nothing")
	flags.StringVar(&o.write, "write", "", "`page`, from the root of the repository, whose result is replaced after a round of the whole list")
	if err := flags.Parse(args); err != nil {
		return err
	}
	root, err := git(ctx, ".", "rev-parse", "--show-toplevel")
	if err != nil {
		return err
	}
	root = strings.TrimSpace(root)
	all, err := readList(filepath.Join(root, listFile))
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
	result, err := round(ctx, root, chosen, max(1, o.jobs), o.within)
	if o.write != "" && result.tried == len(all) {
		err = errors.Join(writeResult(filepath.Join(root, o.write), all, result), err)
	}
	return err
}

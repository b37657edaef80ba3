package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// choose applies the flags, and says what they leave out.
func choose(ctx context.Context, root string, all []mutant, o options) ([]mutant, error) {
	chosen := slices.Clone(all)
	if o.only != "" {
		files := strings.Split(o.only, ",")
		chosen = slices.DeleteFunc(chosen, func(m mutant) bool { return !slices.Contains(files, m.file) })
	}
	if o.since != "" {
		touched, err := touchedSince(ctx, root, o.since)
		if err != nil {
			return nil, err
		}
		chosen = slices.DeleteFunc(chosen, func(m mutant) bool { return !touched(m) })
	}
	fmt.Printf("%d of %d entries", len(chosen), len(all))
	switch missing := o.atMost - len(chosen); {
	case o.atMost == 0:
	case missing < 0:
		fmt.Printf(", of which %d are run, spread over them", o.atMost)
		chosen = spread(chosen, o.atMost, 0)
	case missing > 0 && o.fill:
		rest := slices.DeleteFunc(slices.Clone(all), func(m mutant) bool { return slices.Contains(chosen, m) })
		missing = min(missing, len(rest))
		from, err := place(ctx, root)
		if err != nil {
			return nil, err
		}
		fmt.Printf(", and %d others, spread over the list", missing)
		chosen = append(chosen, spread(rest, missing, from)...)
	}
	fmt.Println()
	return chosen, nil
}

// touchedSince returns whether an entry breaks what differs from the revision, names a test in a file that does, or was not
// in the list.
func touchedSince(ctx context.Context, root, revision string) (func(mutant) bool, error) {
	differ, err := git(ctx, root, "diff", "--name-only", "-z", revision, "--")
	if err != nil {
		return nil, err
	}
	files := strings.Split(differ, "\x00")
	tests := map[string]bool{}
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			continue
		}
		content, err := os.ReadFile(filepath.Join(root, file))
		if err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		for _, name := range testName.FindAllStringSubmatch(string(content), -1) {
			tests["./"+filepath.ToSlash(filepath.Dir(file))+" "+name[1]] = true
		}
	}
	var before []mutant
	if slices.Contains(files, listFile) {
		if then, err := git(ctx, root, "show", revision+":"+listFile); err == nil { // else there was no list
			before, _ = parseList(then) // one that cannot be read has nothing of today's
		}
	}
	return func(m mutant) bool {
		name, _, _ := strings.Cut(m.test, "/")
		return slices.Contains(files, m.file) || tests[m.dir+" "+name] ||
			slices.Contains(files, listFile) && !slices.Contains(before, m)
	}, nil
}

var testName = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// place is a number that depends on the commit, so that samples differ from commit to commit and can be repeated.
func place(ctx context.Context, root string) (int, error) {
	head, err := git(ctx, root, "rev-parse", "HEAD")
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(head[:7], 16, 64)
	return int(n), err
}

// spread returns n of the entries, at equal distances, so that every area has its share.
func spread(all []mutant, n, from int) []mutant {
	some := make([]mutant, n)
	for i := range some {
		some[i] = all[(from+i*len(all)/n)%len(all)]
	}
	return some
}

package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
)

// What is between these lines of the page is written by this program.
const (
	resultBegins = "<!-- the last whole round -->\n"
	resultEnds   = "<!-- end of the round -->\n"
)

// writeResult replaces the result in the page.
func writeResult(path string, all []mutant, o outcome) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, begins := strings.Cut(string(page), resultBegins)
	_, after, ends := strings.Cut(rest, resultEnds)
	if !begins || !ends {
		return fmt.Errorf("%s has no place for the result, between %q and %q", path, resultBegins, resultEnds)
	}
	return os.WriteFile(path, []byte(before+resultBegins+o.text(all)+resultEnds+after), 0o644) //nolint:gosec // a page of the documentation
}

// text is the result in words, and by area of the list.
func (o outcome) text(all []mutant) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d broken, %d caught, %d not: %s, %s/%s, %d processors, %d at a time.\n\n", len(all),
		len(all)-len(o.missed), len(o.missed), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), o.jobs)
	b.WriteString("| area | broken | caught |\n| --- | ---: | ---: |\n")
	var areas []string
	broken, caught := map[string]int{}, map[string]int{}
	for _, m := range all {
		if !slices.Contains(areas, m.area) {
			areas = append(areas, m.area)
		}
		broken[m.area]++
		if !slices.Contains(o.missed, m) {
			caught[m.area]++
		}
	}
	for _, area := range areas {
		fmt.Fprintf(&b, "| %s | %d | %d |\n", area, broken[area], caught[area])
	}
	for i, m := range o.missed {
		if i == 0 {
			b.WriteString("\nNot caught:\n\n")
		}
		fmt.Fprintf(&b, "- `%s`: %s\n", m.file, m.promise)
	}
	return b.String()
}

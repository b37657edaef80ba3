package handlers

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	recordFile  = "testdata/record.txt"
	recordWidth = 120
)

// text is the whole file.
func (r *record) text() string {
	r.findUsual()
	var out strings.Builder
	out.WriteString(recordHead)
	for _, who := range slices.Concat(recordPeople, recordWaiting, recordLacking) {
		fmt.Fprintf(&out, "# %-9s %s\n", who.name, who.is)
	}
	for _, kind := range recordKinds {
		title := "Every answer"
		if kind != kindOther {
			title = "Every " + kind + " besides"
		}
		if len(r.usual[kind]) > 0 {
			fmt.Fprintf(&out, "\n%s\n%s", title, factLines(r.usual[kind]))
		}
	}
	for _, b := range r.blocks {
		b.write(&out, r)
	}
	return out.String()
}

const recordHead = `# What the portal answers, as browsers see it: status, address of a redirect, headers, cookies, headings and forms.
#
# TestRecord asks every route as different people and writes down what is not usual about each answer; the usual is
# said once, here at the top. Pages are compressed unless it says otherwise. Of cookies and forms there are the names
# and never the values; whatever is random is written as {id} or {token}. After a change that is meant, write it anew:
#
#     go test ./internal/handlers -run TestRecord -update
#
# All of these people are asked each route as it stands. Where something comes before, or a form is filled in, it is
# nobody, a member and somebody elevated; others only where it says so. Everybody is everybody who was asked.
#
`

// factLines writes the headings in one line and everything else in a line of its own.
func factLines(facts []string) string {
	var headings, lines []string
	for _, fact := range facts {
		if text, is := strings.CutPrefix(fact, "heading "); is {
			headings = append(headings, text)
		} else {
			lines = append(lines, fact)
		}
	}
	if headings != nil {
		lines = append([]string{"headings: " + strings.Join(headings, " | ")}, lines...)
	}
	var out strings.Builder
	for _, line := range lines {
		const indent = "    "
		out.WriteString(indent + strings.Join(wrapped(line, recordWidth-len(indent)), "\n"+indent+"  ") + "\n")
	}
	return out.String()
}

// wrapped breaks a line between words.
func wrapped(line string, width int) (lines []string) {
	for len(line) > width {
		at := strings.LastIndexByte(line[:width], ' ')
		if at < 0 {
			break
		}
		lines, line = append(lines, line[:at]), line[at+1:]
		width = recordWidth - 6
	}
	return append(lines, line)
}

// compare holds what was seen against the file, or writes the file.
func (r *record) compare(t *testing.T) {
	t.Helper()
	const again = "go test ./internal/handlers -run TestRecord -update"
	now := r.text()
	if *update {
		if err := os.MkdirAll(filepath.Dir(recordFile), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(recordFile, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	before, err := os.ReadFile(recordFile)
	if err != nil {
		t.Fatalf("%v; to make it: %s", err, again)
	}
	if where := firstDifference(string(before), now); where != "" {
		t.Errorf("%s\nIf that is meant: %s", where, again)
	}
}

// firstDifference shows where two records part: the block, what it said, and what it says now. It is "" where they do not.
func firstDifference(before, now string) string {
	if before == now {
		return ""
	}
	was, is := strings.Split(before, "\n"), strings.Split(now, "\n")
	first, title := 0, ""
	for ; first < min(len(was), len(is)) && was[first] == is[first]; first++ {
		if is[first] != "" && !strings.HasPrefix(is[first], " ") {
			title = is[first]
		}
	}
	gone, came := apart(was[first:], is[first:])
	said := fmt.Sprintf("%s, line %d, below %q:", recordFile, first+1, title)
	for _, line := range gone {
		said += "\n- " + line
	}
	for _, line := range came {
		said += "\n+ " + line
	}
	return said
}

// apart is what two texts begin with that have their first lines not in common, up to where they meet again.
func apart(was, is []string) (gone, came []string) {
	const few = 3
	for lines := 1; lines <= 2*few; lines++ {
		for a := range lines + 1 {
			if b := lines - a; a < len(was) && b < len(is) && was[a] == is[b] {
				return was[:min(a, few)], is[:min(b, few)]
			}
		}
	}
	return was[:min(few, len(was))], is[:min(few, len(is))]
}

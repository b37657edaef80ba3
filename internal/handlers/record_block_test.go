package handlers

import (
	"fmt"
	"slices"
	"strings"
)

// A record is blocks of answers, in the order in which they were first noted.
type record struct {
	blocks []*recordBlock
	titled map[string]*recordBlock
	usual  map[string][]string // facts of most answers, by their kind; under kindOther those of all kinds
}

// A recordBlock is one request and what everybody who made it got; or, with each, one way to ask and what every route
// answers to that.
type recordBlock struct {
	title string
	each  bool
	lines []recordLine
}

type recordLine struct {
	who    string // or which route
	answer recordAnswer
}

func newRecord() *record { return &record{titled: map[string]*recordBlock{}} }

func (r *record) block(title string) *recordBlock {
	b := r.titled[title]
	if b == nil {
		b = &recordBlock{title: title}
		r.titled[title] = b
		r.blocks = append(r.blocks, b)
	}
	return b
}

func (r *record) note(title, who string, a recordAnswer) {
	b := r.block(title)
	b.lines = append(b.lines, recordLine{who, a})
}

func (r *record) noteEach(title string, route recordRoute, a recordAnswer) {
	r.block(title).each = true
	r.note(title, route.String(), a)
}

// findUsual finds the headers that more than half of all answers have, and what more than half of a kind have besides.
func (r *record) findUsual() {
	r.usual = map[string][]string{}
	for _, kind := range recordKinds {
		answers, seen := 0, map[string]int{}
		for _, b := range r.blocks {
			for _, line := range b.lines {
				if a := line.answer; a.kind == kindBare || kind != kindOther && kind != a.kind {
					continue
				}
				answers++
				for _, fact := range line.answer.facts {
					seen[fact]++
				}
			}
		}
		for fact, n := range seen {
			ofAll := strings.HasPrefix(fact, "header ") && !strings.HasPrefix(fact, "header Content-Type:")
			if n > answers/2 && ofAll == (kind == kindOther) {
				r.usual[kind] = append(r.usual[kind], fact)
			}
		}
		slices.Sort(r.usual[kind])
	}
}

// describe is the status of an answer, and in lines below it what is not usual about it.
func (r *record) describe(a recordAnswer) string {
	var usual, unusual []string
	if a.kind != kindBare {
		usual = slices.Clone(r.usual[kindOther])
	}
	if a.kind != kindBare && a.kind != kindOther {
		usual = append(usual, r.usual[a.kind]...)
	}
	for _, fact := range a.facts {
		if !slices.Contains(usual, fact) {
			unusual = append(unusual, fact)
		}
	}
	for _, fact := range usual {
		name, _, isHeader := strings.Cut(fact, ": ")
		replaced := isHeader && slices.ContainsFunc(unusual, func(other string) bool { return strings.HasPrefix(other, name+": ") })
		if !replaced && !slices.Contains(a.facts, fact) {
			unusual = append(unusual, "without "+fact)
		}
	}
	return a.status + "\n" + factLines(append(slices.Clip(a.special), unusual...))
}

// write says to whom or where each answer was given, those that are the same together.
func (b *recordBlock) write(out *strings.Builder, r *record) {
	fmt.Fprintf(out, "\n%s\n", b.title)
	var answers []string
	given := map[string][]string{}
	for _, line := range b.lines {
		text := r.describe(line.answer)
		if given[text] == nil {
			answers = append(answers, text)
		}
		given[text] = append(given[text], line.who)
	}
	if b.each {
		b.writeEach(out, answers, given)
		return
	}
	for _, text := range answers {
		who := given[text]
		switch {
		case len(answers) == 1 && len(who) > 1:
			who = []string{"everybody"}
		case len(answers) == 2 && len(who) == len(b.lines)-1 && len(who) > 2 && !slices.Contains(who, "nobody"):
			who = []string{"everybody else"}
		}
		fmt.Fprintf(out, "  %s: %s", strings.Join(who, ", "), text)
	}
}

// writeEach names the routes that do not answer as most do.
func (b *recordBlock) writeEach(out *strings.Builder, answers []string, given map[string][]string) {
	slices.SortStableFunc(answers, func(a, c string) int { return len(given[c]) - len(given[a]) })
	for i, text := range answers {
		if i == 0 {
			but := ""
			if len(answers) > 1 {
				but = ", but for these"
			}
			fmt.Fprintf(out, "  every route%s: %s", but, text)
			continue
		}
		for _, route := range given[text] {
			fmt.Fprintf(out, "  %s: %s", route, text)
		}
	}
}

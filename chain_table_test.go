package gatehouse_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/internal/learn"
)

const chainIntroduction = `# From the attack to the line of code

Written by ` + "`go test . -run TestChain -update`" + `, whole, from what stands in front of the lessons: do not edit it by hand. The portal shows
the same at ` + "`/learn/map`" + `. TestChain fails when a function, a test or a mutant is gone, when a mutant takes nothing out of the
function, when a lesson has neither an attack nor a reason for none, and when a promise or a hazard has no lesson.

| lesson | attack | measured as ` + "`TestHazards/...`" + ` | code | test | mutant | scanner | standards |
| --- | --- | --- | --- | --- | --- | --- | --- |
`

// table is docs/chain.md: a row for each defence, with what is the lesson's in the first of them.
func (c chain) table() string {
	var b strings.Builder
	b.WriteString(chainIntroduction)
	row := func(cells ...string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	for _, l := range c.lessons {
		attack, defences := l.Attack, l.Defences
		if attack == "" {
			attack = "none: " + l.NoAttack
		}
		if len(defences) == 0 {
			row(l.Title, attack, strings.Join(l.Hazards, "; "), "none: "+l.NoDefence, "", "", inBackquotes(l.Checks), standards(l))
		}
		for i, d := range defences {
			code := "[" + strings.TrimSpace(d.File+" "+d.Name) + "](../" + d.File + ")"
			if i == 0 {
				row(l.Title, attack, strings.Join(l.Hazards, "; "), code, "`"+d.Test+"`", d.Mutant, inBackquotes(l.Checks), standards(l))
			} else {
				row("", "", "", code, "`"+d.Test+"`", d.Mutant, "", "")
			}
		}
	}
	return b.String() + faultsTable(c.lessons)
}

func inBackquotes(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "`" + strings.Join(names, "`, `") + "`"
}

func standards(l learn.Lesson) string {
	var ids []string
	for _, id := range l.ASVS {
		ids = append(ids, "v5.0.0-"+id)
	}
	ids = append(ids, l.WSTG...)
	for _, id := range l.CWE {
		ids = append(ids, "CWE-"+id)
	}
	return strings.Join(ids, ", ")
}

// Each broken link is reported, alone.
func TestChainMistakes(t *testing.T) {
	right := learn.Lesson{Attack: "A", ASVS: []string{"7.2.1"}, WSTG: []string{"WSTG-SESS-01"}, CWE: []string{"613"},
		Hazards: []string{"two tabs lose a change"}, Checks: []string{"csrf"}, Markdown: "in 3 of 3 tries",
		Defences: []learn.Defence{{File: "internal/session/resume.go", Name: "overdue", Test: "handlers.TestIdleTimeout", Mutant: "A session ends when it is not used."}}}
	c := newChain(t)
	defence := func(change func(*learn.Defence)) func(*learn.Lesson) {
		return func(l *learn.Lesson) { change(&l.Defences[0]) }
	}
	for want, change := range map[string]func(*learn.Lesson){
		"":                                func(*learn.Lesson) {},
		"it names no attack":              func(l *learn.Lesson) { l.Attack = "" },
		"it names no attack, or two":      func(l *learn.Lesson) { l.NoAttack = "R" },
		"it names no defence":             func(l *learn.Lesson) { l.Defences = nil },
		"there is no Service.X in":        defence(func(d *learn.Defence) { d.Name = "Service.X" }),
		"there is no test handlers.TestX": defence(func(d *learn.Defence) { d.Test = "handlers.TestX" }),
		"tools/mutants/list.txt has no":   defence(func(d *learn.Defence) { d.Mutant = "It sleeps." }),
		"its mutant \"A session ends when it is not used.\" is caught by": defence(func(d *learn.Defence) { d.Test = "handlers.TestSweep" }),
		"its mutant \"A session ends when it is not used.\" takes":        defence(func(d *learn.Defence) { d.Name = "Service.Resume" }),
		"docs/evidence/hazards.md has no row":                             func(l *learn.Lesson) { l.Hazards = append(l.Hazards, "rain") },
		"its figure \"2 of 3 tries\"":                                     func(l *learn.Lesson) { l.Markdown = "in 2 of 3 tries" },
		"the scanner has no check":                                        func(l *learn.Lesson) { l.Checks = []string{"weather"} },
		"\"7.2\" is no id":                                                func(l *learn.Lesson) { l.ASVS = []string{"7.2"} },
		"it has no id":                                                    func(l *learn.Lesson) { l.CWE = nil },
	} {
		l := right
		l.Defences, l.Hazards = slices.Clone(right.Defences), slices.Clone(right.Hazards)
		change(&l)
		got := c.mistakes(t, l)
		if (want == "") != (len(got) == 0) || want != "" && !strings.HasPrefix(got[0], want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for want, change := range map[string]func(c *chain){
		"docs/promises.md: the promise with the mutant \"It holds.\"": func(c *chain) { c.promises = append(slices.Clone(c.promises), "It holds.") },
		"docs/evidence/hazards.md: no lesson names the hazard \"rain\"": func(c *chain) {
			c.hazards = maps.Clone(c.hazards)
			c.hazards["rain"] = []string{"1 of 1", "0 of 1"}
		},
	} {
		broken := c
		change(&broken)
		if got := broken.gaps(); len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

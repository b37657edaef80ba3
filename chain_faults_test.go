package gatehouse_test

import (
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/internal/lab"
	"example.com/gatehouse/internal/learn"
	"example.com/gatehouse/internal/twin"
)

const faultsIntroduction = `
## The planted mistakes

Each mistake that can be planted in the twin, the lessons that are about it, the lab in which it is attacked, and the tests: one
plants it and has the scanner find it, the other solves the lab, and does all but the deciding step.

| mistake | what is wrong then | lessons | lab | tests |
| --- | --- | --- | --- | --- |
`

// faultsTable has a row for each mistake of the twin.
func faultsTable(lessons []learn.Lesson) string {
	var b strings.Builder
	b.WriteString(faultsIntroduction)
	for _, f := range twin.Faults {
		tests, in := []string{"sessioncheck.TestFaults/" + string(f.Fault)}, labOf(f.Fault)
		if in != "" {
			tests = append(tests, "lab.TestLabs/"+in)
			in = "`/labs/" + in + "`"
		}
		b.WriteString("| `" + string(f.Fault) + "` | " + f.Wrong + " | " + strings.Join(lessonsOf(lessons, f), "; ") + " | " + in + " | " + inBackquotes(tests) + " |\n")
	}
	return b.String()
}

func labOf(f twin.Fault) string {
	for _, l := range lab.All() {
		if l.Fault == f {
			return l.Lesson
		}
	}
	return ""
}

func lessonsOf(lessons []learn.Lesson, f twin.Planted) (titles []string) {
	for _, l := range lessons {
		if slices.Contains(l.Checks, f.Check) {
			titles = append(titles, l.Title)
		}
	}
	return titles
}

// TestPlantedMistakesAreTaught: each mistake has a lesson, and a lab belongs to a lesson about its mistake.
func TestPlantedMistakesAreTaught(t *testing.T) {
	for _, f := range twin.Faults {
		if len(lessonsOf(learn.All(), f)) == 0 {
			t.Errorf("internal/twin: no lesson is about %s: name its check, %s, in front of one", f.Fault, f.Check)
		}
	}
	for _, l := range lab.All() {
		lesson, found := learn.Find(l.Lesson)
		i := slices.IndexFunc(twin.Faults, func(f twin.Planted) bool { return f.Fault == l.Fault })
		if !found || i < 0 || !slices.Contains(lesson.Checks, twin.Faults[i].Check) {
			t.Errorf("internal/lab: %s is the lab of no lesson that names the check of its mistake, %s", l.Lesson, l.Fault)
		}
	}
}

// Package learn holds the lessons: what goes wrong with sessions, what prevents it here, and where in the code that stands. It
// knows texts and the names of code, and nothing of requests, of sessions, or of who reads.
package learn

import (
	"html/template"
	"slices"
)

// A Lesson is a page that teaches one thing. Its text is Markdown in lessons/; what leads from it to the code is in front of
// that, where a test can check it.
type Lesson struct {
	Slug     string // its address, below /learn
	Part     string // of the list of lessons
	Title    string
	Summary  string
	Attack   string // what the attacker gets, "" where NoAttack says why there is none
	NoAttack string
	Hazards  []string // rows of docs/evidence/hazards.md, in which the attack was measured

	Defences  []Defence
	NoDefence string   // why there is none
	Checks    []string // what the scanner calls it
	ASVS      []string // requirements of version 5.0.0
	WSTG, CWE []string

	Beside   []Page // where the portal shows it, and a note leads here
	Body     template.HTML
	Markdown string // of the body
}

// A Defence is a line of code, the test that fails without it, and the mutant of tools/mutants/list.txt that takes it away.
type Defence struct {
	File, Name   string // Name is Function or Type.Method, "" for a file that is no Go
	Test, Mutant string
}

// A Page is one of the portal's, with the words of a link to it.
type Page struct{ Path, Name string }

var all = mustRead()

// All returns the lessons in their order. Nobody may change them.
func All() []Lesson { return all }

// Find returns the lesson with that slug.
func Find(slug string) (Lesson, bool) {
	i := index(slug)
	if i < 0 {
		return Lesson{}, false
	}
	return all[i], true
}

// Around returns the lessons before and after one; their slugs are "" where there is none.
func Around(slug string) (before, after Lesson) {
	i := index(slug)
	if i > 0 {
		before = all[i-1]
	}
	if i >= 0 && i+1 < len(all) {
		after = all[i+1]
	}
	return before, after
}

func index(slug string) int {
	return slices.IndexFunc(all, func(l Lesson) bool { return l.Slug == slug })
}

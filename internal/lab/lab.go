// Package lab holds the labs: twins with one planted mistake each, the victims that live on them, and what was seen of the
// attacks. A lab is solved by what happened on its twin, never by an answer. It knows the twin, and of the portal only what
// any browser knows; it does not know who learns, but for a name that they chose.
package lab

import (
	"net/http"
	"slices"
	"time"

	"example.com/gatehouse/internal/twin"
)

// A Lab is an exercise on a twin. Its texts are for people, and hold no markup.
type Lab struct {
	Lesson string // the slug of the lesson that it belongs to
	Goal   string // what has to happen
	Story  string // who is who, and what the attacker has
	Target string // the page that is attacked, below the address of the twin

	Fault    twin.Fault   // the mistake that makes it possible
	Extra    []twin.Fault // others that have to be there with it
	Board    bool         // see twin.Options
	Bank     time.Duration
	Lifetime time.Duration
	Guesses  int  // from so many passwords the victim has one; 0 for one that nobody guesses
	Page     bool // the attacker has a page that the victim visits

	Moves []Move // what the victim does when told to
	// opened is asked about each page that the attacker opened, and happened after each request. One of them is there.
	opened   func(b *Bench, o twin.Opening) bool
	happened func(b *Bench) bool
	Effect   string // what was seen when it is solved

	Hints    [3]string
	Solution []string
	Thinking string
	Wrong    Code // on the twin
	Right    Code // here

	onPortal func(s *script) (refused bool, says string)
}

// Code is lines of a file.
type Code struct{ File, Lines string }

// A Move is something that the victim does.
type Move struct {
	Name, Label string
	Says        string // what it is
	Asks        string // the label of what the attacker gives for it; "" for nothing
	do          func(b *Bench, given string) error
}

// A RefusalError says why nothing was done, in a sentence for the learner.
type RefusalError string

func (r RefusalError) Error() string { return string(r) }

var all = slices.Concat(beginnings, durations, endings, elsewhere)

// All returns the labs in the order of their lessons. Nobody may change them.
func All() []Lab { return all }

// Find returns the lab of a lesson.
func Find(lesson string) (Lab, bool) {
	i := slices.IndexFunc(all, func(l Lab) bool { return l.Lesson == lesson })
	if i < 0 {
		return Lab{}, false
	}
	return all[i], true
}

// WithMistake is the version of the twin that a lab begins with. The others are those of twin.Levels.
const WithMistake = "with-the-mistake"

// faults are those of a version. The cookie goes over http in all of them, because the twin is served so.
func (l Lab) faults(version string) ([]twin.Fault, bool) {
	if version == WithMistake {
		return slices.Concat([]twin.Fault{l.Fault, twin.CookieOverHTTP}, l.Extra), true
	}
	for _, level := range twin.Levels {
		if level.Name == version {
			return slices.Concat([]twin.Fault{twin.CookieOverHTTP}, level.Faults), true
		}
	}
	return nil, false
}

// A Version of the twin, as pages list it.
type Version struct {
	Name   string
	Broken bool     // it has the mistake of the lab
	Wrongs []string // everything that is wrong with it, in words
}

// Versions are those in which the twin of a lab can be set up.
func (l Lab) Versions() []Version {
	names := []string{WithMistake}
	for _, level := range twin.Levels {
		names = append(names, level.Name)
	}
	list := make([]Version, len(names))
	for i, name := range names {
		faults, _ := l.faults(name)
		list[i] = Version{Name: name, Broken: slices.Contains(faults, l.Fault)}
		for _, planted := range twin.Faults {
			if slices.Contains(faults, planted.Fault) {
				list[i].Wrongs = append(list[i].Wrongs, planted.Wrong)
			}
		}
	}
	return list
}

// Asks reports whether the attacker gives something for a move.
func (l Lab) Asks(move string) bool {
	return slices.ContainsFunc(l.Moves, func(m Move) bool { return m.Name == move && m.Asks != "" })
}

// Wrongs says in words what is wrong with the twin of a lab.
func (l Lab) Wrongs() string {
	i := slices.IndexFunc(twin.Faults, func(p twin.Planted) bool { return p.Fault == l.Fault })
	if i < 0 {
		return ""
	}
	return twin.Faults[i].Wrong
}

type actorKey struct{}

const (
	you    = "you"
	victim = "the victim"
)

// whoOf is who sent a request to a twin: what the lab does not send for the victim is the learner's.
func whoOf(r *http.Request) string {
	if who, ok := r.Context().Value(actorKey{}).(string); ok {
		return who
	}
	return you
}

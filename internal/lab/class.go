package lab

import (
	"cmp"
	"crypto/subtle"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Learner is somebody who has begun a lab, as a teacher sees them: by the name that they chose, or by none.
type Learner struct {
	ID     string
	Name   string
	Solved map[string]time.Time // by lesson
	Reset  time.Time            // what was solved before counts no more

	seen time.Time
}

// Done is one lab that somebody has solved.
type Done struct {
	Lesson string    `json:"lesson"`
	At     time.Time `json:"at"`
}

// RightCode reports whether that is the code of the class page.
func (l *Labs) RightCode(code string) bool {
	return subtle.ConstantTimeCompare([]byte(strings.ToLower(strings.TrimSpace(code))), []byte(l.Code)) == 1
}

// See notes that a learner is there, with what their browser says they have solved.
func (l *Labs) See(id string, done []Done) {
	l.mu.Lock()
	defer l.mu.Unlock()
	who := l.learner(id)
	for _, d := range done {
		if _, known := Find(d.Lesson); known && d.At.After(who.Reset) {
			who.Solved[d.Lesson] = d.At
		}
	}
}

// Call gives a learner the name that they chose, "" for none.
func (l *Labs) Call(id, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.learner(id).Name = name
}

// NameOf is the name that a learner chose.
func (l *Labs) NameOf(id string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if who := l.learners[id]; who != nil {
		return who.Name
	}
	return ""
}

// learner returns one, whom it makes room for if need be.
func (l *Labs) learner(id string) *Learner {
	who := l.learners[id]
	if who == nil {
		if len(l.learners) >= maxLearners {
			oldest := slices.MinFunc(slices.Collect(maps.Values(l.learners)), func(x, y *Learner) int { return x.seen.Compare(y.seen) })
			delete(l.learners, oldest.ID)
		}
		who = &Learner{ID: id, Solved: map[string]time.Time{}}
		l.learners[id] = who
	}
	who.seen = time.Now()
	return who
}

// ResetAt is the moment up to which a teacher has taken back what a learner solved; zero for never.
func (l *Labs) ResetAt(id string) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if who := l.learners[id]; who != nil {
		return who.Reset
	}
	return time.Time{}
}

// Reset takes back what one learner has solved, or all of them for "", and takes down their twins.
func (l *Labs) Reset(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, who := range l.learners {
		if id == "" || who.ID == id {
			clear(who.Solved)
			who.Reset = time.Now()
		}
	}
	for address, b := range l.benches {
		if id == "" || b.learner == id {
			l.drop(address)
		}
	}
}

// Class is everybody, by name; those who chose none are last.
func (l *Labs) Class() []Learner {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]Learner, 0, len(l.learners))
	for _, who := range l.learners {
		one := *who
		one.Solved = maps.Clone(who.Solved)
		list = append(list, one)
	}
	slices.SortFunc(list, func(x, y Learner) int {
		if (x.Name == "") != (y.Name == "") {
			return cmp.Compare(y.Name, x.Name)
		}
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID))
	})
	return list
}

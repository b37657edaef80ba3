package lab

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"time"
)

// What one program holds, so that nobody fills its memory. What is unused longest makes room.
const (
	maxBenches  = 200
	maxLearners = 200
	benchLife   = time.Hour
	learnerLife = 12 * time.Hour
)

// Labs are the twins that are set up, and who has solved what.
type Labs struct {
	Code   string // of the class page, printed at the start
	Origin string // where the twin is served, scheme and host

	mu       sync.Mutex
	benches  map[string]*Bench // by address
	learners map[string]*Learner
}

// New returns labs whose twin is served under the origin.
func New(origin string) *Labs {
	return &Labs{Code: strings.ToLower(rand.Text()[:10]), Origin: origin, benches: map[string]*Bench{}, learners: map[string]*Learner{}}
}

// Begin sets up a twin for one learner and one lab, in place of the one there was.
func (l *Labs) Begin(learner, lesson, version string) (*Bench, error) {
	of, found := Find(lesson)
	if !found {
		return nil, RefusalError("There is no such lab.")
	}
	faults, found := of.faults(version)
	if !found {
		return nil, RefusalError("There is no such version of the twin. Choose one of the list.")
	}
	b := newBench(l.Origin, of, version, faults)
	l.mu.Lock()
	defer l.mu.Unlock()
	for address, old := range l.benches {
		if old.learner == learner && old.Lab.Lesson == lesson {
			l.drop(address)
		}
	}
	if len(l.benches) >= maxBenches {
		oldest := slices.MinFunc(l.list(), func(x, y *Bench) int { return x.Used().Compare(y.Used()) })
		l.drop(oldest.Address)
	}
	b.learner = learner
	l.benches[b.Address] = b
	return b, nil
}

func (l *Labs) list() []*Bench {
	list := make([]*Bench, 0, len(l.benches))
	for _, b := range l.benches {
		list = append(list, b)
	}
	return list
}

func (l *Labs) drop(address string) {
	l.benches[address].close()
	delete(l.benches, address)
}

// Bench returns what a learner has set up for a lab, nil for nothing.
func (l *Labs) Bench(learner, lesson string) *Bench {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.benches {
		if learner != "" && b.learner == learner && b.Lab.Lesson == lesson {
			return b
		}
	}
	return nil
}

func (l *Labs) at(address string) *Bench {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.benches[address]
}

// Sweep takes down what nobody has used for a while.
func (l *Labs) Sweep(context.Context) error {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	for address, b := range l.benches {
		if now.Sub(b.Used()) > benchLife {
			l.drop(address)
		}
	}
	for id, who := range l.learners {
		if now.Sub(who.seen) > learnerLife {
			delete(l.learners, id)
		}
	}
	return nil
}

package sessioncheck

import (
	"context"
	"fmt"
)

// An outcome is what one try showed.
type outcome int

const (
	dim   outcome = iota // it showed nothing
	right                // it was withstood
	wrong                // it worked
)

const times = 3

// A try is an attempt at what should not work. It says what it saw, without saying what follows.
type try func(ctx context.Context) (outcome, string, error)

// verdicts are the sentences of a check.
type sentences struct{ passed, found, unclear string }

// confirm repeats a try, with a control before each: three times the same is a finding, one refusal is enough to pass, and
// anything between is inconclusive.
func (s *scan) confirm(ctx context.Context, say sentences, attempt try) (Result, error) {
	return s.repeat(ctx, say, 1, attempt)
}

// always is confirm for what depends on the moment: it passes only if it was withstood every time.
func (s *scan) always(ctx context.Context, say sentences, attempt try) (Result, error) {
	return s.repeat(ctx, say, times, attempt)
}

func (s *scan) repeat(ctx context.Context, say sentences, enough int, attempt try) (Result, error) {
	var lines []string
	count := map[outcome]int{}
	for n := 1; n <= times; n++ {
		if err := s.control(ctx); err != nil {
			return Result{}, err
		}
		seen, line, err := attempt(ctx)
		if err != nil {
			return Result{}, err
		}
		count[seen]++
		lines = append(lines, fmt.Sprintf("%d. %s", n, line))
		if count[dim] > 0 || count[right] >= enough && count[wrong] == 0 {
			break
		}
	}
	switch {
	case count[wrong] == times:
		return found(say.found, lines...), nil
	case count[wrong] == 0 && count[dim] == 0:
		return passed(say.passed, lines...), nil
	case count[wrong] > 0 && count[dim] == 0:
		return unclear(fmt.Sprintf("it worked %d times in %d: %s", count[wrong], len(lines), say.found), lines...), nil
	default:
		if say.unclear == "" {
			say.unclear = "an answer could not be told from a fault"
		}
		return unclear(say.unclear, lines...), nil
	}
}

// verdictOf is the outcome of a thief's look at the private page.
func (s *scan) verdictOf(state state, a *answer) (outcome, string) {
	switch state {
	case open:
		return wrong, fmt.Sprintf("%s answered %s with the page of whoever is signed in", s.path(s.private), s.said(a))
	case closed:
		if s.path(a.url) != s.path(s.private) {
			return right, fmt.Sprintf("%s led to %s", s.path(s.private), s.path(a.url))
		}
		return right, fmt.Sprintf("%s answered %s, without what shows that somebody is signed in", s.path(s.private), s.said(a))
	default:
		return dim, fmt.Sprintf("%s answered %s", s.path(s.private), s.said(a))
	}
}

// thief tries the private page with these cookies.
func (s *scan) thief(ctx context.Context, cookies jar) (outcome, string, error) {
	state, a, err := s.copied(cookies).opens(ctx)
	if err != nil {
		return dim, "", err
	}
	seen, line := s.verdictOf(state, a)
	return seen, line, nil
}

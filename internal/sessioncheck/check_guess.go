package sessioncheck

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

var guessChecks = []Check{
	{
		ID: "enumeration", Title: "A failed sign-in does not say who has an account", Severity: Low,
		Reason: "guessing passwords is for those who have one", CWE: 204, ASVS: "6.3.8", WSTG: "WSTG-IDNT-04", last: 3,
		Sends: "six wrong passwords for the account and six for invented ones in turn, two at a time with a right one between",
		Means: "the answers are the same but for the name; times differ where each of one kind is longer than each of the other by half as much again, and 30 ms",
		run:   enumeration,
	},
	{
		ID: "throttling", Title: "Nobody can try passwords without end", Severity: Medium,
		Reason: "lists of stolen passwords are tried at full speed", CWE: 307, ASVS: "6.3.1", WSTG: "WSTG-ATHN-03", last: 4,
		Sends: "30 wrong passwords for an account that does not exist, so that nobody is locked out",
		Means: "one of them is refused with 429 or 403, is answered otherwise than the first, or takes twice as long",
		run:   throttling,
	},
}

// failed tries a wrong password in a browser of its own.
func (s *scan) failed(ctx context.Context, user string) (*answer, error) {
	b := s.fresh()
	password := "wrong-" + rand.Text()
	before := len(s.signIns)
	landed, err := b.signIn(ctx, user, password)
	s.signIns = s.signIns[:before] // it set nothing that authenticates
	if err != nil {
		return nil, err
	}
	first := *b.chain[0]
	if len(b.chain) > 1 { // what is said stands on the page that a redirect leads to
		first.page = landed.page
	}
	return &first, nil
}

// invented is a name like that of the account, which nobody has.
func (s *scan) invented() string {
	local, domain, at := strings.Cut(s.User, "@")
	name := "nobody" + strings.ToLower(rand.Text()[:8])
	if at {
		return name + "@" + domain
	}
	return name[:max(8, min(len(name), len(local)))]
}

// gist is what an answer says, without the name that was typed.
func (s *scan) gist(a *answer, user string) string {
	var texts []string
	for text := range a.page.texts {
		texts = append(texts, strings.ReplaceAll(text, user, "NAME"))
	}
	slices.Sort(texts)
	return fmt.Sprintf("%s %v %q", strings.ReplaceAll(s.said(a), user, "NAME"), slices.Sorted(maps.Keys(a.header)), texts)
}

func enumeration(ctx context.Context, s *scan) (Result, error) {
	if s.Given != "" {
		return Result{}, errGiven
	}
	s.impatient = true
	defer func() { s.impatient = false }()
	say := sentences{
		passed:  "answers for an account and for invented ones are the same, and so are their times as far as 6 of each can show (half as much again, and 30 ms)",
		found:   "a failed sign-in says whether there is such an account",
		unclear: "answers for invented accounts differ among themselves, or ask to wait",
	}
	var took [2][]time.Duration
	r, err := s.always(ctx, say, func(ctx context.Context) (outcome, string, error) {
		seen, line, err := s.compare(ctx, &took)
		if err != nil || s.alone {
			return seen, line, err
		}
		b, err := s.session(ctx) // so that its failures are not counted in a row
		if err == nil {
			s.end(ctx, b)
		}
		return seen, line, err
	})
	if err == nil && r.Verdict == Passed && farApart(took[0], took[1]) {
		return found("a failed sign-in takes longer or shorter where there is such an account", r.Evidence...), nil
	}
	return r, err
}

// compare tries two wrong passwords for the account and two for invented ones, in turn.
func (s *scan) compare(ctx context.Context, took *[2][]time.Duration) (outcome, string, error) {
	var gists [2][]string
	lines := []string{"the same answer"}
	for range 2 {
		for n, user := range []string{s.User, s.invented()} {
			a, err := s.failed(ctx, user)
			if err != nil {
				return dim, "", err
			}
			if a.status == http.StatusTooManyRequests || a.status >= 500 {
				return dim, s.said(a), nil
			}
			gists[n], took[n] = append(gists[n], s.gist(a, user)), append(took[n], a.took)
			lines = append(lines, fmt.Sprintf("%s %v", []string{"the account", "an invented one"}[n], rounded(a.took)))
		}
	}
	switch {
	case gists[1][0] != gists[1][1]:
		return dim, "two invented accounts were answered differently", nil
	case gists[0][0] == gists[0][1] && gists[0][0] != gists[1][0]:
		return wrong, difference(gists[0][0], gists[1][0]), nil
	}
	return right, strings.Join(lines, ", "), nil
}

func rounded(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

// farApart reports whether each time of one kind is longer than each of the other by so much that chance is no explanation:
// of 6 and 6 that happens twice in 924 times, without the distance.
func farApart(one, other []time.Duration) bool {
	apart := func(long, short []time.Duration) bool {
		least, most := slices.Min(long), slices.Max(short)
		return least-most > 30*time.Millisecond && least > most+most/2
	}
	return apart(one, other) || apart(other, one)
}

// difference shows where two texts begin to differ.
func difference(one, other string) string {
	n := 0
	for n < min(len(one), len(other)) && one[n] == other[n] {
		n++
	}
	from := max(0, n-30)
	cut := func(text string) string { return text[min(from, len(text)):min(n+80, len(text))] }
	return fmt.Sprintf("for the account %q, for an invented one %q", cut(one), cut(other))
}

const guesses = 30

func throttling(ctx context.Context, s *scan) (Result, error) {
	if s.Given != "" {
		return Result{}, errGiven
	}
	if err := s.control(ctx); err != nil {
		return Result{}, err
	}
	s.impatient = true
	defer func() { s.impatient = false }()
	user := s.invented()
	var first *answer
	var usual time.Duration
	for n := 1; n <= guesses; n++ {
		a, err := s.failed(ctx, user)
		if err != nil {
			return Result{}, err
		}
		if n == 1 {
			first = a
		}
		if n <= 3 {
			usual = max(usual, a.took)
		}
		line := fmt.Sprintf("wrong password %d for an account that does not exist: %s after %v; the first: %s after %v", n, s.said(a), rounded(a.took), s.said(first), rounded(first.took))
		switch {
		case a.status == http.StatusTooManyRequests || a.status == http.StatusForbidden && first.status != a.status:
			return passed("passwords cannot be tried without end", line), nil
		case s.gist(a, user) != s.gist(first, user):
			return passed("after some wrong passwords the answer is another one", line), nil
		case n > 3 && a.took > 2*usual+500*time.Millisecond:
			return passed("wrong passwords take longer and longer", line), nil
		}
	}
	return found(fmt.Sprintf("%d wrong passwords in a row were answered alike", guesses),
		fmt.Sprintf("1 to %d. wrong passwords for one account that does not exist, from one address: each %s", guesses, s.said(first)),
		"The account of the scan was left out, so that its owner is not locked out."), nil
}

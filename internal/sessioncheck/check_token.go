package sessioncheck

import (
	"context"
	"fmt"
	"math"
	"strings"
)

var tokenChecks = []Check{{
	ID: "token-strength", Title: "Tokens cannot be guessed", Severity: High,
	Reason: "whoever guesses one is signed in", CWE: 330, ASVS: "7.2.3", WSTG: "WSTG-SESS-01", Matters: true, last: 2,
	Sends: "up to 24 sign-ins, as many as all checks together need at least",
	Means: "no token comes twice, the parts that change have room for 64 bits, each position and all bits are even (chi-square with Holm's correction), and none follows from the time",
	run:   tokenStrength,
}}

const (
	enoughTokens = 24
	leastBits    = 64
)

func tokenStrength(ctx context.Context, s *scan) (Result, error) {
	if s.Given != "" {
		return Result{}, errGiven
	}
	for len(s.signIns) < enoughTokens {
		b, err := s.session(ctx)
		if err != nil {
			return Result{}, err
		}
		s.end(ctx, b)
	}
	var worst Result
	for _, name := range s.auth {
		var tokens []string
		for _, in := range s.signIns {
			if c, ok := in.jar[name]; ok && c.value != "" && c != in.before[name] { // a token that was kept is for other checks
				tokens = append(tokens, strings.TrimPrefix(c.value, "Bearer "))
			}
		}
		if len(tokens) < times {
			continue
		}
		r := judgeTokens(name, tokens)
		if r.Verdict == Passed {
			return r, nil // what authenticates together is as strong as its strongest part
		}
		worst = r
	}
	if worst.Verdict == "" {
		return skipped("no sign-in set a token"), nil
	}
	return worst, nil
}

// judgeTokens says what speaks against tokens that were given one after the other.
func judgeTokens(name string, tokens []string) Result {
	if isSigned(tokens[0]) {
		return skipped(name + " is a signed token (three parts with dots): it is as strong as a key that cannot be seen")
	}
	t := tokensOf(tokens)
	n := len(tokens)
	lines := []string{fmt.Sprintf("%s: %d tokens of %d characters, %d of which change, with %d different characters", name, n, t.length, t.changing, t.alphabet)}
	if t.repeated > 0 {
		return found("a token was given more than once", append(lines, fmt.Sprintf("%d of %d tokens came before", t.repeated, n))...)
	}
	if t.bits < leastBits {
		if t.ordered {
			lines = append(lines, "each is greater than the one before, so they follow from each other or from the time")
		}
		return found(fmt.Sprintf("tokens have room for at most %.0f bits, less than %d", t.bits, leastBits), lines...)
	}
	if t.uneven != "" {
		return found("tokens are not even, so that some are likelier than others", append(lines, t.uneven)...)
	}
	return passed(fmt.Sprintf("at most %.0f bits, and nothing found against it in %d tokens", t.bits, n), lines...)
}

func isSigned(token string) bool {
	return strings.HasPrefix(token, "ey") && strings.Count(token, ".") == 2
}

// tokenFacts are what can be counted of tokens.
type tokenFacts struct {
	length, changing, alphabet, repeated int
	bits                                 float64
	ordered                              bool
	uneven                               string // the test that says so
}

func tokensOf(tokens []string) (t tokenFacts) {
	seen, letters := map[string]bool{}, map[byte]bool{}
	t.length = len(tokens[0])
	for _, token := range tokens {
		if seen[token] {
			t.repeated++
		}
		seen[token] = true
		t.length = min(t.length, len(token))
	}
	positions := make([]map[byte]int, t.length)
	for i := range positions {
		positions[i] = map[byte]int{}
		for _, token := range tokens {
			positions[i][token[i]]++
		}
		if len(positions[i]) > 1 {
			for letter := range positions[i] {
				letters[letter] = true
			}
		}
	}
	t.alphabet, t.ordered = len(letters), ordered(tokens)
	class := alphabetOf(letters)
	var wide []map[byte]int
	for _, counts := range positions {
		room := roomOf(counts, class, len(tokens))
		if room > 0 {
			t.changing++
			t.bits += room
		}
		if room == math.Log2(float64(class)) {
			wide = append(wide, counts)
		}
	}
	t.uneven = uneven(wide, class, len(tokens))
	return t
}

// roomOf is how many bits a position has room for. One that shows clearly fewer letters than even ones would, such as the
// version of a UUID, the last letter of an encoding or the first figure of a time, is counted by what it shows.
func roomOf(counts map[byte]int, class, n int) float64 {
	if len(counts) < 2 {
		return 0
	}
	all := float64(class)
	expected := all * (1 - math.Pow(1-1/all, float64(n)))
	if float64(len(counts)) >= 0.7*expected {
		return math.Log2(all)
	}
	most := 0
	for _, count := range counts {
		most = max(most, count)
	}
	return math.Log2(float64(n) / float64(most))
}

// alphabetOf is the size of the smallest usual alphabet that has these letters, because few tokens do not show all of it.
func alphabetOf(letters map[byte]bool) int {
	for _, usual := range []string{digits, "0123456789abcdef", "0123456789ABCDEF", upper + "234567", lower + digits, upper + digits, lower + upper + digits + "-_", lower + upper + digits + "+/="} {
		fits := true
		for letter := range letters {
			fits = fits && strings.IndexByte(usual, letter) >= 0
		}
		if fits {
			return min(len(usual), 64)
		}
	}
	return 64 // of something else no more is believed
}

// ordered reports whether tokens only grow, or only shrink.
func ordered(tokens []string) bool {
	if len(tokens) < 8 {
		return false
	}
	up, down := true, true
	for n := 1; n < len(tokens); n++ {
		a, b := tokens[n-1], tokens[n]
		if len(a) != len(b) {
			a, b = fmt.Sprintf("%4d%s", len(a), a), fmt.Sprintf("%4d%s", len(b), b)
		}
		up, down = up && a < b, down && a > b
	}
	return up || down
}

package sessioncheck

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// tooUnlikely is how rare a result has to be, after the correction for the number of tests, before it speaks against tokens.
const tooUnlikely = 1e-6

// uneven tests each of the positions, and all of them together, and returns the worst that is too unlikely for even
// tokens, "" for none.
func uneven(positions []map[byte]int, class, n int) string {
	type test struct {
		name string
		p    float64
	}
	var tests []test
	pooled, total := map[byte]int{}, 0
	for i, counts := range positions {
		tests = append(tests, test{fmt.Sprintf("changing position %d", i+1), commonest(counts, class, n)})
		for letter, count := range counts {
			pooled[letter] += count
			total += count
		}
	}
	if total == 0 || class < 2 {
		return ""
	}
	if expected := float64(total) / float64(class); expected >= 5 {
		tests = append(tests, test{"all positions together", chiSquare(pooled, class, expected)})
	}
	slices.SortFunc(tests, func(a, b test) int { return cmp.Compare(a.p, b.p) })
	// Holm: the least likely counts as many times as there are tests; the others only matter if it is too unlikely.
	if worst := tests[0].p * float64(len(tests)); worst < tooUnlikely {
		return fmt.Sprintf("%s: chance %.1e of so uneven a result, corrected for %d tests", tests[0].name, worst, len(tests))
	}
	return ""
}

// commonest is the chance that the commonest letter of a position comes so often: an upper bound, by adding up letters.
func commonest(counts map[byte]int, class, n int) float64 {
	most := 0
	for _, count := range counts {
		most = max(most, count)
	}
	p, tail := 1/float64(class), 0.0
	for k := most; k <= n; k++ {
		choose, _ := math.Lgamma(float64(n + 1))
		a, _ := math.Lgamma(float64(k + 1))
		b, _ := math.Lgamma(float64(n - k + 1))
		tail += math.Exp(choose - a - b + float64(k)*math.Log(p) + float64(n-k)*math.Log(1-p))
	}
	return min(1, tail*float64(class))
}

// chiSquare is the chance of counts that are so uneven, by the approximation of Wilson and Hilferty.
func chiSquare(counts map[byte]int, class int, expected float64) float64 {
	sum := float64(class-len(counts)) * expected // letters that never came
	for _, count := range counts {
		d := float64(count) - expected
		sum += d * d / expected
	}
	free := float64(class - 1)
	z := (math.Cbrt(sum/free) - (1 - 2/(9*free))) / math.Sqrt(2/(9*free))
	return math.Erfc(z/math.Sqrt2) / 2
}

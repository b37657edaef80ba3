//go:build !race

package handlers

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/webtest"
)

// Answers alike differ by chance: with 100 on each side the probability that one takes longer than the other is found
// within 0.04 of 1/2 two times out of three, however slow or noisy the machine, because both sides meet the same noise.
const (
	perSide = 100 // once, and once more where the first hundred are not clearly alike
	alike   = 0.10
	unlike  = 0.15 // with 200 on each side, five times what chance does
	alarms  = 3    // a leak raises all of them, whatever else this machine does
)

// TestDurationsTellNothing compares how long answers about known and unknown addresses take, in turns and in random order,
// by ranks: no single slow answer counts for more than one. A difference has to show three times. A missing hash shows; one
// write more is lost in the noise of a hash, so TestSameWork counts those. The race detector multiplies the price of a
// hash, so this runs without it.
func TestDurationsTellNothing(t *testing.T) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			b.pool = nil // the limits are not what is measured
			p := portalOn(t, b, func(_ *Options, policy *settings) { policy.HashCost = auth.DefaultHashCost })
			p.app.Attempts = limiterOff{}
			p.app.sprays.attempts = limiterOff{}
			var known []string
			for range 10 {
				known = append(known, p.newUser("Kay").Email, states["with an app"](p))
			}
			for _, q := range questions {
				if q.beside == different { // what is left over from one answer would slow down the next
					continue
				}
				ask := q.begin(p)
				var found []float64
				for len(found) < alarms && (len(found) == 0 || math.Abs(found[len(found)-1]-0.5) >= unlike) {
					found = append(found, compare(ask, known))
				}
				t.Logf("%s: %.3f", q.name, found)
				if math.Abs(found[len(found)-1]-0.5) >= unlike {
					t.Errorf("%s: an answer about a known address takes longer than one about an unknown with a probability of "+
						"%.2f, each time it was measured, want about 0.5", q.name, found)
				}
			}
		})
	}
}

// compare returns the probability that an answer about a known address takes longer than one about an unknown.
func compare(ask func(email string) *webtest.Answer, known []string) (probability float64) {
	var ofKnown, ofUnknown []time.Duration
	for len(ofKnown) < 2*perSide {
		for i := range perSide {
			sides := []func(){
				func() { ofKnown = append(ofKnown, took(ask, known[i%len(known)])) },
				func() { ofUnknown = append(ofUnknown, took(ask, webtest.Email())) },
			}
			first := rand.IntN(2)
			sides[first]()
			sides[1-first]()
		}
		if probability = longer(ofKnown, ofUnknown); math.Abs(probability-0.5) < alike {
			break
		}
	}
	return probability
}

// longer is the statistic of Mann, Whitney and Wilcoxon, divided by the number of pairs.
func longer(a, b []time.Duration) (share float64) {
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				share++
			case x == y:
				share += 0.5
			}
		}
	}
	return share / float64(len(a)*len(b))
}

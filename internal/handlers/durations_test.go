//go:build !race

package handlers

import (
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/webtest"
)

// A sampling is how many answers are compared and how much two sides may differ. Answers alike differ by chance: with n
// on each side the probability that one takes longer than the other is found within 0.41/sqrt(n) of 1/2 two times out of
// three, however slow or noisy the machine, because both sides meet the same noise.
type sampling struct {
	perSide int     // once, and once more where the first are not clearly alike
	alike   float64 // from 1/2
	unlike  float64
	known   int // addresses, and as many with an app
}

// The short one notices a hash that is left out, as long as another takes; a difference of a few milliseconds takes the
// whole one, which is for CI.
var (
	wholeSampling = sampling{perSide: 100, alike: 0.10, unlike: 0.15, known: 10} // with 200 on each side, five times what chance does
	shortSampling = sampling{perSide: 20, alike: 0.30, unlike: 0.30, known: 3}   // more than three times
)

// alarms is how often a difference has to be found: a leak raises all of them, whatever else this machine does.
const alarms = 3

// TestDurationsTellNothing compares how long answers about known and unknown addresses take, in turns and in random order,
// by ranks: no single slow answer counts for more than one. A difference has to show three times. A missing hash shows; one
// write more is lost in the noise of a hash, so TestSameWork counts those. The race detector multiplies the price of a
// hash, so this runs without it, and not beside other tests.
func TestDurationsTellNothing(t *testing.T) {
	size := shortSampling
	if os.Getenv("CI") != "" {
		size = wholeSampling
	}
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			b.pool = nil // the limits are not what is measured
			p := portalOn(t, b, func(_ *Options, policy *settings) { policy.HashCost = auth.DefaultHashCost })
			p.limits.Limiter = limiterOff{}
			p.sprays.Limiter = limiterOff{}
			var known []string
			for range size.known {
				known = append(known, p.newUser("Kay").Email, states["with an app"](p))
			}
			for _, q := range questions {
				if q.background != different { // what is left over from one answer would slow down the next
					size.check(t, q.name, q.begin(p), known)
				}
			}
		})
	}
}

// check repeats the comparison while it finds a difference.
func (s sampling) check(t *testing.T, name string, ask func(email string) *webtest.Answer, known []string) {
	t.Helper()
	var found []float64
	for len(found) < alarms && (len(found) == 0 || distance(found[len(found)-1]) >= s.unlike) {
		found = append(found, s.compare(ask, known))
	}
	t.Logf("%s: %.3f", name, found)
	if distance(found[len(found)-1]) >= s.unlike {
		t.Errorf("%s: an answer about a known address takes longer than one about an unknown with a probability of "+
			"%.2f, each time it was measured, want about 0.5", name, found)
	}
}

// distance is how far a probability is from that of answers that are alike.
func distance(probability float64) float64 { return math.Abs(probability - 0.5) }

// compare returns the probability that an answer about a known address takes longer than one about an unknown.
func (s sampling) compare(ask func(email string) *webtest.Answer, known []string) (probability float64) {
	var ofKnown, ofUnknown []time.Duration
	for len(ofKnown) < 2*s.perSide {
		for i := range s.perSide {
			sides := []func(){
				func() { ofKnown = append(ofKnown, took(ask, known[i%len(known)])) },
				func() { ofUnknown = append(ofUnknown, took(ask, webtest.Email())) },
			}
			first := rand.IntN(2)
			sides[first]()
			sides[1-first]()
		}
		if probability = longer(ofKnown, ofUnknown); distance(probability) < s.alike {
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

//go:build !race

package handlers

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/webtest"
)

// A sampling is how many pairs of answers are compared, one about an address that is known and one about an address that is
// not, and the difference that is planted to see whether as many find it.
type sampling struct {
	pairs   int
	planted time.Duration
}

var (
	wholeSampling = sampling{pairs: 400, planted: 300 * time.Microsecond} // for CI, which runs nothing beside it
	shortSampling = sampling{pairs: 60, planted: 5 * time.Millisecond}
)

const (
	// unlike is how many standard deviations the ranks of answers that are alike do not reach but once in a thousand times.
	unlike = 3.3
	// alarms is how often a difference has to be found, each time in a fresh sample.
	alarms = 3
)

// measuredHash takes longer than the difference that is to be found, so that one that is left out shows, and no longer than it
// has to: the noise of a hash would hide a write.
var measuredHash = auth.HashCost{Memory: 1024, Passes: 1, Lanes: 1}

// TestDurationsTellNothing compares how long answers about known and unknown addresses take, in pairs and in random order, by
// their ranks: no slow answer counts for more than another, and both of a pair meet the same machine. No account is asked about
// twice in one sample. The race detector slows down what is compared, so this runs without it, and not beside other tests.
func TestDurationsTellNothing(t *testing.T) {
	size := shortSampling
	if os.Getenv("CI") != "" {
		size = wholeSampling
	}
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			b.pool = nil // the limits are not what is measured
			p := portalOn(t, b, func(o *Options, policy *settings) {
				policy.HashCost = measuredHash
				// The outbox of a portal, in its own database: that of other tests has more to do with each email.
				o.Outbox = mail.NewOutbox(mail.Options{Store: b.store, Sealer: testSealer(t), Sender: &mail.Mailbox{}, Log: o.Log})
				t.Cleanup(func() { _ = o.Outbox.Close(context.Background()) })
			})
			p.limits.Limiter = limiterOff{}
			p.sprays.Limiter = limiterOff{}
			var pairs [][2]string // known, unknown: asked about equally often, because each is reported once a minute
			for range size.pairs {
				pairs = append(pairs, [2]string{p.newUser("Kay").Email, webtest.Email()})
			}
			for _, q := range slices.Concat(questions, lockedQuestions) {
				if found, z := p.finds(q, pairs, 0); found {
					t.Errorf("%s: how long it takes tells who has an account, by %.1f standard deviations of the ranks; want less than %.1f once",
						q.name, z, unlike)
				}
			}
			forgot := slices.IndexFunc(questions, func(q question) bool { return q.path == "/password/forgot" })
			if found, z := p.finds(questions[forgot], pairs, size.planted); !found {
				t.Errorf("%s more for a known address are not found: %.1f. Is the machine busy with something else?", size.planted, z)
			}
		})
	}
}

// finds asks about both addresses of each pair, again while there is a difference, and reports whether it was
// there each time. What an answer leaves to be done is waited for, because it would slow down the next.
func (p *portal) finds(q question, pairs [][2]string, planted time.Duration) (found bool, scores []float64) {
	p.t.Helper()
	ask := q.begin(p)
	measure := func(email string, more time.Duration) time.Duration {
		logged := p.log.Len()
		began := time.Now()
		ask(email)
		for done := time.Since(began); time.Since(began) < done+more; { // as a slower handler would, without giving way
		}
		took := time.Since(began)
		p.awaitLog(logged, q.logs)
		for n, err := p.app.Outbox.Queued(p.t.Context()); n > 0 && err == nil; n, err = p.app.Outbox.Queued(p.t.Context()) {
		}
		return took
	}
	for len(scores) < alarms {
		var differences []time.Duration
		for _, pair := range pairs {
			var took [2]time.Duration
			for _, side := range rand.Perm(2) {
				took[side] = measure(pair[side], planted*time.Duration(1-side))
			}
			differences = append(differences, took[0]-took[1])
		}
		scores = append(scores, signedRanks(differences))
		slices.Sort(differences)
		n := len(differences)
		p.t.Logf("%s: %.1f, quartiles of the differences %s", q.name, scores[len(scores)-1],
			[]time.Duration{differences[n/4], differences[n/2], differences[3*n/4]})
		if math.Abs(scores[len(scores)-1]) < unlike {
			return false, scores
		}
	}
	return true, scores
}

// signedRanks is the statistic of Wilcoxon for pairs, in standard deviations from what pairs that are alike have.
func signedRanks(differences []time.Duration) (score float64) {
	byLength := slices.SortedFunc(slices.Values(differences), func(a, b time.Duration) int { return int(a.Abs() - b.Abs()) })
	n, sum := float64(len(differences)), 0.0
	for i, d := range byLength {
		switch {
		case d > 0:
			sum += float64(i + 1)
		case d < 0:
			sum -= float64(i + 1)
		}
	}
	return sum / math.Sqrt(n*(n+1)*(2*n+1)/6)
}

package proof

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// roundsOnce is how often each value is redeemed at once: the short form of the races is a sample of one.
func roundsOnce() int {
	if *rounds <= 8 {
		return 1
	}
	return *rounds
}

// TestOnce has every value that works once redeemed by many presses at the same moment: it works for one of them, the others
// get an answer that is none of a fault, and what is there afterwards is what one of them leaves. It is not parallel for the same
// reason as TestPresses.
func TestOnce(t *testing.T) {
	report := &onceReport{}
	t.Cleanup(func() { // once the subtests are through
		writeResult(t, len(report.lines), fmt.Sprintf("go test ./proof -run '^TestOnce$' -rounds %d", *rounds), report.text())
	})
	for name, open := range environments {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := &onceRunner{pressRunner: newPressRunner(t, open(t)), answers: map[string]int{}}
			for i, v := range onceValues {
				once := x.redeem(v.name, v.ready(x.pressRunner, x.browser(i)), 1, left{})
				for n := range roundsOnce() {
					x.redeem(v.name, v.ready(x.pressRunner, x.browser(i+n)), manyPresses, once)
				}
			}
			x.countEmails()
			report.add(name, x)
		})
	}
}

// A onceRunner redeems values and counts what the presses are answered.
type onceRunner struct {
	*pressRunner
	answers map[string]int // by status, of those that were not the first
	late    int            // rounds that took too long for their flags to be judged
}

// redeem lets the first presses of a value go at the same moment, and compares what is left with what one of them leaves.
func (x *onceRunner) redeem(name string, r redemption, presses int, want left) left {
	x.t.Helper()
	start, answers := make(chan struct{}), make([]*webtest.Answer, presses)
	var all sync.WaitGroup
	for i := range presses {
		c := r.browsers[i]
		if !r.here {
			c.Origin = x.portals[i%len(x.portals)].Origin
		}
		request := r.request(c, i)
		all.Go(func() {
			<-start
			answers[i], _ = c.Send(request)
		})
	}
	began := time.Now()
	close(start)
	all.Wait()
	late := time.Since(began) > grace // a request that was on its way for longer than this looks like the use of a stolen cookie
	x.late += count(late)
	holder := x.holder(name, r, answers)
	got := x.leftOf(filled{b: holder, user: r.user, emails: r.emails}, holder.None(holder.Request(http.MethodGet, "/")))
	x.rounds = append(x.rounds, pressRound{name, map[bool]time.Duration{true: -1, false: 0}[presses == 1], r.emails, count(r.warned)})
	if presses == 1 {
		return got
	}
	if late {
		want.flags, want.alive = got.flags, got.alive
	}
	if !slices.Equal(slices.DeleteFunc(strings.Split(got.events, ", "), ofLosers), slices.DeleteFunc(strings.Split(want.events, ", "), ofLosers)) ||
		got.live != want.live || got.flags != want.flags || got.alive != want.alive {
		x.t.Errorf("%s, %d presses at once:\ngot  %+v,\nwant %+v as after one", name, presses, got, want)
	}
	return got
}

// ofLosers reports whether an event, with its number, is one that a press may leave for which the value did not work.
func ofLosers(event string) bool {
	kind, _, _ := strings.Cut(event, " ")
	return slices.Contains([]string{"mfa_fail", "authn_login_fail", "reauth_fail", "payment_confirm_fail", "excess_rate_limit_exceeded"}, kind)
}

// holder is a browser that has all the answers that copies of it got, the winner's first or last; where each press was a browser
// of its own, it is the winner's.
func (x *onceRunner) holder(name string, r redemption, answers []*webtest.Answer) *webtest.Client {
	x.t.Helper()
	b, winners := r.browsers[0].Twin(), 0
	shared := b.Token() != ""
	slices.SortStableFunc(answers, func(one, two *webtest.Answer) int { return count(two == nil) - count(one == nil) })
	for _, a := range answers {
		if a == nil {
			x.t.Errorf("%s: no answer", name)
			continue
		}
		if a.StatusCode >= http.StatusInternalServerError || a.StatusCode == http.StatusForbidden {
			x.t.Errorf("%s: got %d\n%s", name, a.StatusCode, a.Excerpt())
		}
		x.answers[fmt.Sprint(a.StatusCode)]++
		opened := slices.ContainsFunc(a.Cookies(), func(c *http.Cookie) bool { return c.Name == b.Session && c.MaxAge >= 0 })
		winners += count(opened)
		if shared || opened {
			b.Keep(a)
		}
	}
	if winners > 1 {
		x.t.Errorf("%s: %d answers with a session, want at most 1", name, winners)
	}
	return b
}

// A onceReport is what docs/evidence/hazards.md says of the last long run.
type onceReport struct {
	mu    sync.Mutex
	lines []string
}

func (r *onceReport) add(environment string, x *onceRunner) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, fmt.Sprintf("| %s | %d | %d | %d | %d | %s |\n", environment, len(onceValues), roundsOnce(),
		len(onceValues)*roundsOnce()*manyPresses, x.late, summary(x.answers)))
}

func (r *onceReport) text() string {
	slices.Sort(r.lines)
	return "Found wrong: 0.\n\n| environment | values | rounds of each | presses | rounds whose flags came too late to be judged | answers by status |\n" +
		"| --- | ---: | ---: | ---: | ---: | --- |\n" + strings.Join(r.lines, "")
}

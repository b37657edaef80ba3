package proof

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// pressed is how often forms are pressed. The short form is for every change, the long one is "make presses".
var pressed = flag.Int("presses", 200, "how often TestPresses presses forms, in both environments together")

// atOnceOf is how many people press at the same time: most of them wait for answers that are on their way.
const atOnceOf = 32

// latencies are how long answers to a press are on their way.
var latencies = []time.Duration{0, 300 * time.Millisecond, 1500 * time.Millisecond}

// A pressWay is what becomes of the first press before the second.
type pressWay struct {
	name  string
	pause time.Duration // until the browser gives up the first answer; 0 for waiting
	cut   bool          // the answer is lost on the wire
}

// ways begin with an answer that is lost after the commit.
var ways = []pressWay{
	{name: "cut", cut: true}, {name: "3 ms", pause: 3 * time.Millisecond}, {name: "50 ms", pause: 50 * time.Millisecond}, {name: "110 ms", pause: 110 * time.Millisecond},
	{name: "500 ms", pause: 500 * time.Millisecond}, {name: "answered"},
}

// TestPresses presses each form of an act twice, as a browser does: it drops the first answer and sends the same fields
// again, with the cookie that it has by then. Afterwards all is as one press leaves it. It is not parallel, because so many
// people at once leave no connections of PostgreSQL to other tests.
func TestPresses(t *testing.T) {
	report := &pressReport{}
	t.Cleanup(func() { // once the subtests are through
		writeResult(t, len(report.found), fmt.Sprintf("go test ./proof -run '^TestPresses$' -presses %d", *pressed), report.text())
	})
	for name, open := range environments {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newPressRunner(t, open(t))
			x.run(*pressed/2/len(environments) - len(scenes))
			report.add(name, x.counts)
		})
	}
}

// A pressRunner lets many people press twice on the portals of one environment.
type pressRunner struct {
	t       testing.TB
	portals []*portal
	lines   []lines // to each portal
	mail    mailServer
	facts   *sql.DB
	first   string // address of the account that the operator made

	mu     sync.Mutex
	once   map[string]left // by scene
	demos  int
	rounds []pressRound
	counts map[time.Duration]pressCounts
}

// lines lead to one portal: one for each latency, and one on which answers are lost.
type lines struct {
	slow map[time.Duration]*proxy
	cut  *proxy
}

// A pressRound is one form, pressed once or twice.
type pressRound struct {
	scene  string
	after  time.Duration
	emails []string
	spare  int // emails that may come beside those after one press
}

// pressCounts are what was pressed, and what each has to be 0.
type pressCounts struct{ presses, signedOut, flags, emails, orphans, unseen, others int }

func newPressRunner(t testing.TB, env environment) *pressRunner {
	t.Helper()
	x := &pressRunner{
		t: t, mail: startMailServer(t), once: map[string]left{}, counts: map[time.Duration]pressCounts{},
		facts: env.facts(t).DB(), first: env.account(t, "Ada Lovelace"),
	}
	for range map[bool]int{true: 2, false: 1}[env.onPostgres()] {
		p := x.mail.portal(t, env, longElevation, "--demo=true")
		to := strings.TrimPrefix(p.Origin, "http://")
		l := lines{slow: map[time.Duration]*proxy{}, cut: newProxy(t, "tcp", to)}
		l.cut.inject(answersCut)
		for _, latency := range latencies {
			l.slow[latency] = newProxy(t, "tcp", to)
			if latency > 0 {
				l.slow[latency].lateness = latency
				l.slow[latency].inject(slowAnswers)
			}
		}
		x.portals, x.lines = append(x.portals, p), append(x.lines, l)
	}
	return x
}

// each does something in every scene, in a few of them at once: all sign in with one password, and more sign-ins under way would
// look like that password being tried on many accounts.
func (x *pressRunner) each(do func(s scene, i int)) {
	var all sync.WaitGroup
	slots := make(chan struct{}, atOnceOf/2)
	for i, s := range scenes {
		slots <- struct{}{}
		all.Go(func() {
			do(s, i)
			<-slots
		})
	}
	all.Wait()
}

// run presses every form once, to learn what that leaves, and then twice, in turns through all ways, latencies and instances.
func (x *pressRunner) run(rounds int) {
	x.t.Helper()
	x.each(x.pressOnce)
	x.each(func(s scene, _ int) { x.pressOn(s, 0, ways[0], 0, len(x.portals)-1) }) // the answer of each form is lost in the short form too
	var all sync.WaitGroup
	turns := make(chan int)
	for range atOnceOf {
		all.Go(func() {
			for n := range turns {
				x.pressTwice(scenes[n%len(scenes)], n/len(scenes)+n%len(scenes)*7) // which leads the short form through all turns
			}
		})
	}
	for n := range rounds {
		turns <- n
	}
	close(turns)
	all.Wait()
	x.countEmails()
	x.countDemos()
}

// pressOnce learns what one press leaves.
func (x *pressRunner) pressOnce(s scene, n int) {
	p := s.ready(x, x.browser(n))
	r := p.request(p.b)
	if r == nil {
		return
	}
	answer := p.b.Do(r)
	if answer.StatusCode >= http.StatusBadRequest {
		x.t.Errorf("%s: %d for one press:\n%s", s.name, answer.StatusCode, answer.Excerpt())
	}
	once := x.leftOf(p, answer)
	once.leads = place(answer)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.once[s.name] = once
	x.demos += count(strings.HasPrefix(s.route, "/demo"))
	x.rounds = append(x.rounds, pressRound{s.name, -1, p.emails, 0})
}

// pressTwice takes the turn of a scene: which instance comes first and second, how long answers take, and what becomes of the
// first one.
func (x *pressRunner) pressTwice(s scene, turn int) {
	latency, way := latencies[turn%len(latencies)], ways[turn/len(latencies)%len(ways)]
	round := turn / len(latencies) / len(ways)
	one := round % len(x.portals)
	two := (one + round/2) % len(x.portals)
	x.pressOn(s, latency, way, one, two)
}

// pressOn presses on one instance, and again on one or on another.
func (x *pressRunner) pressOn(s scene, latency time.Duration, way pressWay, one, two int) {
	p := s.ready(x, x.browser(one))
	if p.here {
		two = one
	}
	line := x.lines[one].slow[latency]
	if way.cut {
		line = x.lines[one].cut
	}
	if a := x.send(p, line, way.pause); a != nil {
		p.b.Keep(a)
	}
	answer := x.send(p, x.lines[two].slow[latency], 0)
	if answer == nil {
		x.t.Errorf("%s: no answer to the second press", s.name)
		return
	}
	p.b.Keep(answer)
	p.b.Origin = x.portals[two].Origin
	x.judge(s, p, latency, answer, fmt.Sprintf("%s, %s, first press %s, instances %d and %d", s.name, latency, way.name, one, two))
}

// browser is one on a network of its own, in front of one of the instances.
func (x *pressRunner) browser(n int) *webtest.Client {
	b := x.portals[n%len(x.portals)].Client(x.t)
	b.IP = webtest.Network() + "::7"
	return b
}

// request is the form as a browser sends it, nil when the page does not have it.
func (p filled) request(b *webtest.Client) *http.Request {
	if p.script != "" {
		r := b.NewRequest(http.MethodPost, p.action, strings.NewReader(p.script))
		r.Header.Set("Content-Type", "application/json")
		return r
	}
	r := b.Filled(p.page, p.action, p.fields...)
	if r != nil && p.to != "" {
		r.URL.Path = p.to
	}
	return r
}

// send presses over a line, on a connection of its own. It returns nil when the answer was lost or took longer than the browser
// waited; 0 is for ever.
func (x *pressRunner) send(p filled, over *proxy, pause time.Duration) *webtest.Answer {
	c := p.b.At("http://" + over.addr)
	c.Transport = &http.Transport{DisableKeepAlives: true}
	ctx, giveUp := context.WithCancel(x.t.Context())
	defer giveUp()
	r := p.request(c)
	if r == nil {
		return nil
	}
	answered := make(chan *webtest.Answer, 1)
	go func() {
		a, _ := c.Send(r.WithContext(ctx))
		answered <- a
	}()
	if pause > 0 {
		select {
		case a := <-answered:
			return a
		case <-time.After(pause):
			giveUp()
		}
	}
	return <-answered
}

// left is what a press leaves.
type left struct {
	leads  string
	alive  bool   // the browser is signed in
	events string // of the account, by kind
	live   int    // sessions
	flags  int
	codes  int // on the page that the answer leads to
}

// place is where an answer leads, without what is different each time.
func place(a *webtest.Answer) string {
	to := a.Header.Get("Location")
	if strings.HasPrefix(a.Body, `{"where"`) { // for a script
		return a.Body
	}
	for _, of := range []string{"/billing/receipts/", "/admin/users/"} {
		if strings.HasPrefix(to, of) {
			return of
		}
	}
	return to
}

// leftOf looks at what is there after an answer.
func (x *pressRunner) leftOf(p filled, answer *webtest.Answer) (l left) {
	l.leads, l.alive = place(answer), opens(p.b)
	user := p.user
	if user == "" && l.alive {
		x.ask(&user, `SELECT user_id FROM sessions WHERE id = $1`, p.b.Handle())
	} else if user == "" && len(p.emails) > 0 {
		x.ask(&user, `SELECT id FROM users WHERE email = $1`, p.emails[0])
	}
	if l.leads == codesPage {
		l.codes = len(codesOn(p.b.Get(codesPage)))
	}
	webtest.Until(x.t, "the answer to each payment", func() (settled bool) {
		x.ask(&settled, `SELECT count(*) = 0 FROM payments WHERE user_id = $1 AND state = 'pending'`, user)
		return settled
	})
	webtest.Until(x.t, "what happens after the answer", func() (happened bool) {
		x.ask(&happened, `SELECT $1 = '' OR count(*) > 0 FROM events WHERE user_id = $2 AND kind = $1`, p.later, user)
		return happened
	})
	x.ask(&l.live, `SELECT count(*) FROM sessions WHERE user_id = $1 AND ended_at IS NULL`, user)
	x.ask(&l.flags, `SELECT count(*) FROM sessions WHERE user_id = $1 AND flag <> '' AND user_id NOT LIKE 'demo-%'`, user)
	kinds := map[string]int{}
	for _, kind := range columns(x.t, x.facts, `SELECT kind, times FROM events WHERE user_id = '`+user+`'`, 2) {
		times, _ := strconv.Atoi(kind[1])
		kinds[kind[0]] += times
	}
	l.events = summary(kinds)
	return l
}

func (x *pressRunner) ask(into any, query string, args ...any) {
	if err := x.facts.QueryRow(query, args...).Scan(into); err != nil {
		x.t.Errorf("%s: %v", query, err)
	}
}

// judge compares what two presses left with what one leaves.
func (x *pressRunner) judge(s scene, p filled, latency time.Duration, answer *webtest.Answer, what string) {
	got := x.leftOf(p, answer)
	x.mu.Lock()
	defer x.mu.Unlock()
	want, n := x.once[s.name], x.counts[latency]
	n.presses += 2
	n.signedOut += count(want.alive && !got.alive)
	n.flags += got.flags
	n.orphans += max(0, got.live-want.live)
	n.unseen += max(0, want.codes-got.codes)
	n.others += count(got.leads != want.leads, got.events != want.events, got.live < want.live)
	x.counts[latency] = n
	x.demos += count(strings.HasPrefix(s.route, "/demo"))
	x.rounds = append(x.rounds, pressRound{s.name, latency, p.emails, 0})
	if got != want {
		x.t.Errorf("%s:\ngot  %+v (%d),\nwant %+v as after one press", what, got, answer.StatusCode, want)
	}
}

// countEmails compares how many emails came after two presses with how many come after one.
func (x *pressRunner) countEmails() {
	x.t.Helper()
	webtest.Until(x.t, "an empty outbox", func() bool {
		var n int
		x.ask(&n, `SELECT count(*) FROM letters`)
		return n == 0
	})
	came, want := x.mail.counted(), map[string]int{}
	for _, r := range x.rounds {
		n := 0
		for _, to := range r.emails {
			n += came[to]
		}
		if r.after < 0 {
			want[r.scene] = n
			continue
		}
		if more := n - want[r.scene]; more < 0 || more > r.spare {
			x.t.Errorf("%s, %s: %d emails, want %d as after one press", r.scene, r.after, n, want[r.scene])
			counts := x.counts[r.after]
			counts.emails += max(0, more)
			x.counts[r.after] = counts
		}
	}
}

// countDemos wants one demo account for each form that was pressed, because nothing else shows one that nobody holds.
func (x *pressRunner) countDemos() {
	x.t.Helper()
	var n int
	if x.ask(&n, `SELECT count(*) FROM users WHERE id LIKE 'demo-%'`); n != x.demos {
		x.t.Errorf("%d demo accounts, want %d", n, x.demos)
	}
}

// A pressReport is what docs/evidence/presses.md says of the last long run.
type pressReport struct {
	mu    sync.Mutex
	found map[string]map[time.Duration]pressCounts
}

func (r *pressReport) add(environment string, counts map[time.Duration]pressCounts) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.found == nil {
		r.found = map[string]map[time.Duration]pressCounts{}
	}
	r.found[environment] = counts
}

func (r *pressReport) text() string {
	text := "Found wrong: 0.\n\n| environment | answers take | presses | signed out | flags | emails too many | orphans | codes unseen | anything else |\n" +
		"| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
	for _, name := range slices.Sorted(maps.Keys(r.found)) {
		for _, latency := range latencies {
			n := r.found[name][latency]
			text += fmt.Sprintf("| %s | %d ms more | %d | %d | %d | %d | %d | %d | %d |\n", name, latency.Milliseconds(), n.presses,
				n.signedOut, n.flags, n.emails, n.orphans, n.unseen, n.others)
		}
	}
	return text
}

package proof

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/webtest"
)

var (
	// kills is how often the portal is killed in each environment. The short form is for every change, the long one is "make kills".
	kills = flag.Int("kills", 4, "how often the portal is killed, in each environment")
	seed  = flag.Uint64("seed", 0, "decides what is done and when the portal is killed; 0 for another each time")
)

// people is how many do things at the same time.
const people = 4

// The portal is killed in the middle of what people do, again and again. Whatever was acknowledged is there when it
// starts again, and nothing is there by half.
func TestKills(t *testing.T) {
	t.Parallel()
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	report := &killReport{}
	t.Cleanup(func() { // once the subtests are through
		writeResult(t, len(report.lines), fmt.Sprintf("go test ./proof -run '^TestKills$' -kills %d -seed %d", *kills, *seed), report.text())
	})
	for name, g := range environments {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killOn(t, name, g(t), report)
		})
	}
}

// killOn kills as often as asked for, and some more while some action was never acknowledged.
func killOn(t *testing.T, name string, env environment, report *killReport) {
	random := rand.New(rand.NewPCG(*seed, 0))
	facts, p := env.facts(t), start(t, env)
	t.Logf("-seed %d", *seed)
	var sent, last atomic.Int64
	last.Store(1 << 62)
	send := func(c *webtest.Client, path string, fields ...string) (*webtest.Answer, error) {
		if sent.Add(1) == last.Load() {
			go p.kill()
		}
		a, err := c.Try(c.Request(http.MethodPost, path, fields...))
		if err != nil {
			return nil, errGone
		}
		return a, nil
	}
	clients := make([]*simulatedClient, people)
	killedOne := p
	for i := range clients {
		clients[i] = newSimulatedClient(t, p, uint64(i), send)
		clients[i].bagsMissed = func() int { return killedOne.bagsMissed(t, 0) + p.bagsMissed(t, 0) }
	}
	killed := 0
	for ; killed < *kills || killed < 3**kills && len(acknowledged(clients)) < len(actions)-1; killed++ { // one is listed twice
		last.Store(sent.Load() + 10 + random.Int64N(30)) // a number of requests, because a time would depend on the machine
		var all sync.WaitGroup
		for _, sc := range clients {
			all.Go(sc.live)
		}
		all.Wait()
		select {
		case <-p.Over():
		case <-time.After(webtest.Patience):
			t.Fatal("nobody gets an answer, and the portal was not killed")
		}
		last.Store(1 << 62)
		killedOne, p = p, start(t, env)
		for _, sc := range clients {
			sc.verify(p, facts.DB())
		}
		nothingByHalf(t, facts)
		if t.Failed() {
			t.FailNow()
		}
	}
	done := acknowledged(clients)
	for _, action := range actions {
		if done[action.name] == 0 && *kills >= 4 {
			t.Errorf("no %s was ever acknowledged", action.name)
		}
	}
	t.Logf("%d kills, %d changes asked for, acknowledged: %s", killed, sent.Load(), summary(done))
	report.add(fmt.Sprintf("| %s | %d | %d | %s |\n", name, killed, sent.Load(), summary(done)))
}

// acknowledged adds up the acknowledged actions of all clients.
func acknowledged(clients []*simulatedClient) map[string]int {
	n := map[string]int{}
	for _, sc := range clients {
		for action, times := range sc.acknowledged {
			n[action] += times
		}
	}
	return n
}

// A killReport is what docs/evidence/faults.md says of the last long run.
type killReport struct {
	mu    sync.Mutex
	lines []string
}

func (r *killReport) add(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
}

func (r *killReport) text() string {
	slices.Sort(r.lines)
	return "Found wrong: 0.\n\n| environment | kills | requests that change something | acknowledged, and found afterwards |\n| --- | ---: | ---: | --- |\n" +
		strings.Join(r.lines, "")
}

// halves are changes of which only a part is there.
var halves = map[string]string{
	"endings without their one event": `
		SELECT count(*) FROM sessions
		WHERE (SELECT COALESCE(sum(times), 0) FROM events WHERE session_id = sessions.id AND kind = 'session_expired')
			<> CASE WHEN ended_at IS NULL THEN 0 ELSE 1 END`,
	"sessions without the event of their beginning": `
		SELECT count(*) FROM sessions
		WHERE (SELECT COALESCE(sum(times), 0) FROM events WHERE session_id = sessions.id AND kind = 'session_created') <> 1`,
	"latest rotations without their one event, or events without a rotation": `
		SELECT count(*) FROM sessions
		WHERE (SELECT count(*) FROM events WHERE session_id = sessions.id AND kind = 'session_renewed' AND COALESCE(latest, at) >= rotated_at)
			<> CASE WHEN rotated_at > created_at THEN 1 ELSE 0 END`,
	"password changes without an event, or the reverse": `
		SELECT count(*) FROM users
		WHERE epoch <> (SELECT COALESCE(sum(times), 0) FROM events WHERE user_id = users.id AND kind = 'authn_password_change')`,
	"payments without an event, or the reverse": `
		SELECT count(*) FROM users
		WHERE (SELECT count(*) FROM payments WHERE user_id = users.id AND state = 'paid')
			<> (SELECT COALESCE(sum(times), 0) FROM events WHERE user_id = users.id AND kind = 'payment_made')`,
}

func nothingByHalf(t *testing.T, s *store.Store) {
	t.Helper()
	for what, query := range halves {
		var n int
		if err := s.DB().QueryRowContext(t.Context(), query).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d %s, %v", n, what, err)
		}
	}
}

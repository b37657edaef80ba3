package proof

import (
	"database/sql"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/gatehouse/webtest"
)

// A person owns the browser of a race, and another device to end its session from.
type person struct {
	t                     testing.TB
	portals               []*portal
	name, email, password string
	other                 *webtest.Client
	facts                 *sql.DB
}

func newPerson(t testing.TB, portals []*portal) *person {
	t.Helper()
	const name = "Ada Lovelace"
	email := portals[0].account(t, name)
	return &person{t: t, portals: portals, name: name, email: email, password: webtest.Password, facts: portals[0].facts(t).DB()}
}

// startAll starts one instance on SQLite, four on PostgreSQL and Redis.
func startAll(t testing.TB, env environment, flags ...string) []*portal {
	t.Helper()
	portals := []*portal{start(t, env, flags...)}
	for env.onPostgres() && len(portals) < 4 {
		portals = append(portals, start(t, env, flags...))
	}
	return portals
}

// at is one of the instances, as a load balancer picks them.
func (p *person) at(n int) *portal { return p.portals[n%len(p.portals)] }

// via is a copy of the browser that asks one of the instances.
func (p *person) via(c *webtest.Client, n int) *webtest.Client { return c.At(p.at(n).Origin) }

func (p *person) signIn(n int) *webtest.Client {
	p.t.Helper()
	return p.at(n).Client(p.t).SignIn(p.email, p.password)
}

// otherDevice is signed in and has confirmed who it is.
func (p *person) otherDevice() *webtest.Client {
	p.t.Helper()
	if p.other == nil {
		p.other = p.signIn(1)
		p.other.Post("/reauth", "password", p.password).Want(http.StatusSeeOther)
	}
	return p.other
}

// changePassword sends the form that changes the password to another one, from the given browser.
func (p *person) changePassword(c *webtest.Client) *flight {
	old := p.password
	p.password = map[string]string{webtest.Password: webtest.OtherPassword, webtest.OtherPassword: webtest.Password}[old]
	return sending(c, http.MethodPost, "/account/security/password", "current_password", old, "password", p.password)
}

// races are what requests in flight run against. prepare is for what has to be known before they start.
var races = []struct {
	name    string
	goesOn  bool // under another token; otherwise the session is over
	prepare func(p *person, c *webtest.Client) func() *flight
}{
	{"sign-out", false, func(_ *person, c *webtest.Client) func() *flight {
		return func() *flight { return sending(c, http.MethodPost, "/logout") }
	}},
	{"re-authentication", true, func(p *person, c *webtest.Client) func() *flight {
		return func() *flight { return sending(c, http.MethodPost, "/reauth", "password", p.password) }
	}},
	{"revoked from another device", false, func(p *person, c *webtest.Client) func() *flight {
		end := "/account/sessions/" + c.Handle() + "/end"
		return func() *flight { return sending(p.otherDevice(), http.MethodPost, end) }
	}},
	{"all sessions ended", false, func(p *person, c *webtest.Client) func() *flight {
		return func() *flight {
			return sending(c, http.MethodPost, "/account/sessions/end-all", "password", p.password)
		}
	}},
	{"password change", true, func(p *person, c *webtest.Client) func() *flight {
		return func() *flight { return p.changePassword(c) }
	}},
	{"password changed on another device", false, func(p *person, _ *webtest.Client) func() *flight {
		p.otherDevice()
		return func() *flight { return p.changePassword(p.other) }
	}},
}

// Requests that are in flight around the end or the rotation of their session bring no token back, take no other one
// away, sign nobody out, and lose nothing of the bag. A session ends once, and a sign-in does not slip through.
func TestRaces(t *testing.T) {
	t.Parallel()
	report := &raceReport{}
	t.Cleanup(func() { // once the subtests are through
		writeResult(t, len(report.lines), fmt.Sprintf("go test ./proof -run '^TestRaces$' -rounds %d", *rounds), report.text())
	})
	for name, open := range environments {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := open(t)
			portals := startAll(t, env, longElevation, "--sweep-every=100ms")
			var all counters
			for _, race := range races {
				t.Run(race.name, func(t *testing.T) {
					r := &raceRunner{person: newPerson(t, portals), goesOn: race.goesOn}
					for r.n = range *rounds {
						r.round(race.prepare)
					}
					r.report()
					all.add(r.counters)
				})
			}
			var reasons, signIns map[string]int
			t.Run("endings for several reasons", func(t *testing.T) { reasons = raceEndings(newPerson(t, portals)) })
			t.Run("sign-in and the end of all sessions", func(t *testing.T) { signIns = raceSignIn(newPerson(t, portals)) })
			report.add(name, all, endedOnce(t, env), reasons, signIns)
		})
	}
}

// A raceReport is what docs/evidence/hazards.md says of the last long run.
type raceReport struct {
	mu    sync.Mutex
	lines []string
}

func (r *raceReport) add(environment string, all counters, ended int, reasons, signIns map[string]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, fmt.Sprintf("| %s | %d | %d | %d | %d | %d | %s | %s |\n", environment, all.judged, all.tooLate+all.missed,
		all.retried, all.kept, ended, summary(reasons), summary(signIns)))
}

func (r *raceReport) text() string {
	slices.Sort(r.lines)
	return fmt.Sprintf("Found wrong: 0, in %d rounds of each of %d races in each environment.\n\n", *rounds, len(races)+2) +
		"| environment | answers judged | too late to be judged | asked again | values acknowledged | sessions ended once | won among endings | sign-ins |\n" +
		"| --- | ---: | ---: | ---: | ---: | ---: | --- | --- |\n" + strings.Join(r.lines, "")
}

// summary lists counts in words.
func summary(n map[string]int) string {
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, fmt.Sprintf("%s %d", what, n[what]))
	}
	return strings.Join(parts, ", ")
}

// longElevation is for the other devices, which confirm once.
const longElevation = "--session-elevation=4h"

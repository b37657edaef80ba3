package handlers

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

// Requests in flight around a sign-out or a rotation never bring the old token back, and never sign the browser out
// of what the rotation gave it.
func TestInFlight(t *testing.T) {
	t.Parallel()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			p, q := portalOn(t, b, nil), portalOn(t, b, nil)
			p.limits.Limiter, q.limits.Limiter = limiterOff{}, limiterOff{}
			u := p.newUser("Racer")
			for round := range 15 {
				for what, act := range map[string]func(*browser) *webtest.Answer{
					"sign-out": func(b *browser) *webtest.Answer { return b.Post("/logout") },
					"reauth":   func(b *browser) *webtest.Answer { return b.Reauth(password) },
				} {
					acting := p.signedIn(u)
					acting.Tolerant = true // it is used beside the test
					token := acting.Token()
					var wg sync.WaitGroup
					for i := range 4 { // readers, and writers of the bag, with the same cookie on both instances
						side := []*portal{p, q}[i%2]
						reader := side.holding(token)
						wg.Go(func() {
							if i < 2 {
								reader.Get("/account")
							} else {
								reader.Post(probe.Bag, "value", "lantern")
							}
							// What is kept after a sign-out is a visitor's, under a token of its own.
							if got := reader.Token(); got != "" && got != token && (what == "reauth" || i < 2 || reader.Alive()) {
								t.Errorf("%s round %d: a reader was given another token", what, round)
							}
						})
					}
					wg.Go(func() { act(acting).Want(http.StatusSeeOther) })
					wg.Wait()
					if res := q.replay(token); res.StatusCode == http.StatusOK {
						t.Fatalf("%s round %d: the old token is alive", what, round)
					}
					if what == "reauth" && !acting.Alive() {
						t.Fatalf("round %d: the browser was signed out by a rotation", round)
					}
				}
			}
		})
	}
}

// A value that was acknowledged is in the bag, although other requests of the same browser rotate the token, take a message
// out of the bag or put something else into it at that moment.
func TestBagSurvivesRaces(t *testing.T) {
	t.Parallel()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			stores := open(t)
			p, q := portalOn(t, stores, nil), portalOn(t, stores, nil)
			p.limits.Limiter, q.limits.Limiter = limiterOff{}, limiterOff{}
			u, kept := p.newUser("Bag"), 0
			for round := range 20 {
				b := p.signedIn(u)
				b.Tolerant = true // it is used beside the test
				twin, third := q.holding(b.Token()), p.holding(b.Token())
				keeps := func(b *browser, field, value string) bool {
					return b.Post(probe.Bag, field, value).Header.Get("Location") == probe.Bag
				}
				var lantern, rope bool // acknowledged
				var wg sync.WaitGroup
				if round%2 == 0 {
					b.Post("/session/extend").Want(http.StatusSeeOther)
					wg.Go(func() { third.Get("/account") }) // takes out the message about that
				} else {
					wg.Go(func() { rope = keeps(third, "other", "rope") })
				}
				last := []func(){func() { lantern = keeps(twin, "value", "lantern") }, func() { b.Reauth(password).Want(http.StatusSeeOther) }}
				if round%4 < 2 { // one processor alone begins with the last of them
					slices.Reverse(last)
				}
				for _, press := range last {
					wg.Go(press)
				}
				wg.Wait()
				bag := b.bag().Body
				if lantern && !strings.Contains(bag, "lantern") || rope && !strings.Contains(bag, "rope") {
					t.Errorf("round %d: kept lantern: %t, rope: %t; the bag is\n%s", round, lantern, rope, bag)
				}
				if lantern {
					kept++
				}
				b.Post("/logout").Want(http.StatusSeeOther)
			}
			if kept == 0 {
				t.Error("no value was ever acknowledged")
			}
		})
	}
}

// busyBags does something before the next bag is written.
type busyBags struct {
	bag.Bags
	meanwhile func()
}

func (b *busyBags) Swap(ctx context.Context, key string, old, sealed []byte, expires time.Time) (bool, error) {
	if meanwhile := b.meanwhile; meanwhile != nil {
		b.meanwhile = nil
		meanwhile()
	}
	return b.Bags.Swap(ctx, key, old, sealed, expires)
}

// What a slow request puts into the bag follows the browser to the next session of the same person, and to nobody
// else's.
func TestBagFollowsItsOwner(t *testing.T) {
	t.Parallel()
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			under := open(t)
			bags := &busyBags{Bags: under.bags}
			under.bags = bags
			p := portalOn(t, under, nil)
			ann, bob := p.newUser("Ann"), p.newUser("Bob")
			for _, next := range []auth.User{ann, bob} {
				b := p.signedIn(ann)
				b.Post(probe.Bag, "value", "ladder", "other", "rope").Leads(probe.Bag)
				slow := p.holding(b.Token())
				bags.meanwhile = func() { b.SignIn(next.Email, password) }
				slow.keeps("lantern")
				page := b.bag().Says(next.Name)
				if next == ann {
					page.Says("In the bag: lantern").Says("Beside it: rope").SaysNot("ladder")
				} else {
					page.SaysNot("lantern").SaysNot("ladder").SaysNot("rope")
				}
			}
		})
	}
}

// Two presses of one button do the thing once, and nobody is flagged as a thief for it.
func TestDoublePress(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Doubleday")
	for _, press := range []struct{ path, body string }{
		{"/reauth", "password=" + strings.ReplaceAll(password, " ", "+")},
		{"/account/sessions/end-others", "password=" + strings.ReplaceAll(password, " ", "+")},
	} {
		b := p.signedIn(u)
		twin := p.holding(b.Token())
		var wg sync.WaitGroup
		for _, one := range []*browser{b, twin} {
			wg.Go(func() {
				r := one.NewRequest("POST", press.path, strings.NewReader(press.body))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				if got := one.Do(r).StatusCode; got != http.StatusSeeOther {
					t.Errorf("%s: got %d, want 303", press.path, got)
				}
			})
		}
		wg.Wait()
		if !b.Alive() && !twin.Alive() {
			t.Errorf("%s: pressed twice and signed out", press.path)
		}
	}
	if n := p.count(`SELECT count(*) FROM sessions WHERE flag <> ''`); n != 0 {
		t.Errorf("%d sessions flagged", n)
	}
	for kind, want := range map[string]int{"reauth_success": 2} {
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = $1`, kind); n != want {
			t.Errorf("%d %s events, want %d", n, kind, want)
		}
	}
}

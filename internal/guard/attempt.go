package guard

import (
	"context"
	"slices"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/ratelimit"
)

// An Attempt is what one try took from the limits, to be given back if it succeeds. A nil one took nothing.
type Attempt struct {
	limiter ratelimit.Limiter
	taken   []taken
}

type taken struct {
	from ratelimit.Limiter
	key  string
	rule ratelimit.Rule
}

func (g *Guard) begin() *Attempt { return &Attempt{limiter: g.attempts} }

// take takes one from each limit in turn. The first that is exhausted decides the wait, and what was taken before is
// given back.
func (t *Attempt) take(ctx context.Context, key string, rule ratelimit.Rule) time.Duration {
	return t.takeOf(ctx, t.limiter, key, rule)
}

func (t *Attempt) takeOf(ctx context.Context, from ratelimit.Limiter, key string, rule ratelimit.Rule) time.Duration {
	wait := from.Take(ctx, key, rule)
	if wait > 0 {
		t.Return(ctx)
		return wait
	}
	t.taken = append(t.taken, taken{from, key, rule})
	return 0
}

// takeHere takes from a limit of the client's network alone. Behind the address of a trusted proxy may be anybody: they would
// wait for each other.
func (t *Attempt) takeHere(ctx context.Context, key string, rule ratelimit.Rule, c device.Client) time.Duration {
	if c.Proxy {
		return 0
	}
	return t.take(ctx, key, rule)
}

// takeFrom takes from the limit of the client's network, and of the /48 around it.
func (t *Attempt) takeFrom(ctx context.Context, l Limit, c device.Client) time.Duration {
	wait, site := t.takeHere(ctx, l.key+":"+c.Customer(), l.Rule, c), c.Site()
	if wait > 0 || site == "" {
		return wait
	}
	return t.takeHere(ctx, l.key+":"+site, rule(l.Burst*NetworksOfSite, l.Every/NetworksOfSite), c)
}

// Return gives back all that was taken.
func (t *Attempt) Return(ctx context.Context) { t.returnBut(ctx) }

// returnBut gives back all but what was taken under the kept keys.
func (t *Attempt) returnBut(ctx context.Context, kept ...string) {
	if t == nil {
		return
	}
	t.taken = slices.DeleteFunc(t.taken, func(one taken) bool {
		if slices.Contains(kept, one.key) {
			return false
		}
		one.from.Return(ctx, one.key, one.rule)
		return true
	})
}

// forget leaves what was taken under the keys as it is.
func (t *Attempt) forget(keys ...string) {
	t.taken = slices.DeleteFunc(t.taken, func(one taken) bool { return slices.Contains(keys, one.key) })
}

// FromNetwork takes one from the limit of the client's network. With a wait nothing was taken.
func (g *Guard) FromNetwork(ctx context.Context, l Limit, c device.Client) (*Attempt, time.Duration) {
	t := g.begin()
	wait := t.takeFrom(ctx, l, c)
	if wait > 0 {
		g.Report(ctx, l.report, c.Customer(), c)
	}
	return t, wait
}

// FromAccount takes one from the limit of the account that the actor is signed in to, or of the session, and for a demo account
// from what all those of the client's network may do. With a wait nothing was taken.
func (g *Guard) FromAccount(ctx context.Context, l Limit, by audit.Actor) (*Attempt, time.Duration) {
	t, name := g.begin(), by.UserID
	if l.key == Asked.key { // a thief uses up nothing of the owner's, neither in another session nor elsewhere with a copied cookie
		name = by.SessionID + ":" + by.Client.Largest()
	}
	wait := t.take(ctx, l.key+":"+name, l.Rule)
	if wait == 0 && audit.IsDemo(by.UserID) && l.key != Passwords.key { // which ends sessions
		wait = t.takeFrom(ctx, ChangesHere, by.Client)
	}
	if wait > 0 {
		g.reportOf(ctx, l.report, by.UserID, by)
	}
	return t, wait
}

// accountName is the name of an account in the limits, for email addresses that have one and those that have none.
func accountName(email string) string {
	if key, err := auth.NormalizeEmail(email); err == nil {
		return key
	}
	return email
}

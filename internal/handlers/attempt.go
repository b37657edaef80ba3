package handlers

import (
	"context"
	"net/http"
	"slices"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/ratelimit"
)

// An attempt is what one sign-in takes from the limits, to be given back if it succeeds.
type attempt struct {
	limiter    ratelimit.Limiter
	taken      []taken
	unlockable bool // it was refused for its account, whose owner can have a letter
}

type taken struct {
	from ratelimit.Limiter
	key  string
	rule ratelimit.Rule
}

// take takes one from each limit in turn. The first that is exhausted decides the wait, and what was taken before is
// given back.
func (t *attempt) take(ctx context.Context, key string, rule ratelimit.Rule) time.Duration {
	return t.takeOf(ctx, t.limiter, key, rule)
}

func (t *attempt) takeOf(ctx context.Context, from ratelimit.Limiter, key string, rule ratelimit.Rule) time.Duration {
	wait := from.Take(ctx, key, rule)
	if wait > 0 {
		t.giveBack(ctx)
		return wait
	}
	t.taken = append(t.taken, taken{from, key, rule})
	return 0
}

func (t *attempt) giveBack(ctx context.Context) { t.giveBackBut(ctx) }

// giveBackBut gives back all but what was taken under the kept keys.
func (t *attempt) giveBackBut(ctx context.Context, kept ...string) {
	for _, one := range t.taken {
		if !slices.Contains(kept, one.key) {
			one.from.Return(ctx, one.key, one.rule)
		}
	}
	t.taken = nil
}

// takeFrom takes from the limit of the client's network, and for IPv6 from a wider one of the /48 around it: whoever is
// given a /48 has 65,536 networks of their own (RFC 6177).
func (t *attempt) takeFrom(r *http.Request, what string, rule ratelimit.Rule) time.Duration {
	client := clientOf(r)
	wait, site := t.take(r.Context(), what+":"+client.Customer(), rule), client.Site()
	if wait > 0 || site == "" {
		return wait
	}
	wider := ratelimit.Rule{Burst: rule.Burst * networksOfSite, Every: rule.Every / networksOfSite}
	return t.take(r.Context(), what+":"+site, wider)
}

// networksOfSite is how many times as much a /48 may do as each /64 in it.
const networksOfSite = 4

// reportLimit logs that somebody met a limit, once a minute for each: a flood must not become one of the log.
func (a *app) reportLimit(r *http.Request, what, who string) {
	if a.reports.Take(r.Context(), what+":"+who, perReport) == 0 {
		a.Audit.Report(r.Context(), audit.RateLimitExceeded, "", "", what, clientOf(r))
	}
}

// reportLimitOf is reportLimit for somebody who is signed in.
func (a *app) reportLimitOf(r *http.Request, what string) {
	a.reportLimitFor(r, what, visitorOf(r).UserID, visitorOf(r).ID)
}

// reportLimitFor is reportLimit for an account, in a session or, with "" as its handle, before one.
func (a *app) reportLimitFor(r *http.Request, what, userID, handle string) {
	if a.reports.Take(r.Context(), what+":"+userID+handle, perReport) == 0 {
		a.Audit.Report(r.Context(), audit.RateLimitExceeded, userID, handle, what, clientOf(r))
	}
}

// tooMany says in the header what the page says in words: how long to wait.
func tooMany(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", retryAfter(wait))
}

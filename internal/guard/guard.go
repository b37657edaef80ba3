// Package guard decides how often one may try: which limits an attempt is taken from, in which order, what is given back
// after a success, what is reported, and how the owner of a limited account gets past. auth asks it before every check, the
// pages before what costs something. It knows no HTTP, no words of a page and no SQL, and it does not count: ratelimit does.
package guard

import (
	"context"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/ratelimit"
)

// Guard limits attempts. Its methods are safe for concurrent use.
type Guard struct {
	attempts ratelimit.Limiter
	sprays   sprays
	reports  *ratelimit.Memory
	store    Store
	audit    *audit.Trail
}

var _ auth.Guard = (*Guard)(nil)

// Options are the parts of a Guard. All of them are needed.
type Options struct {
	Attempts ratelimit.Limiter // may be shared by all instances
	Sprays   ratelimit.Limiter // of this process alone: what it counts has to do with passwords
	Store    Store
	Audit    *audit.Trail
}

// New returns a Guard that has counted nothing yet.
func New(o Options) *Guard {
	return &Guard{
		attempts: o.Attempts, sprays: newSprays(o.Sprays), reports: ratelimit.NewMemory(),
		store: o.Store, audit: o.Audit,
	}
}

// Report logs that somebody met a limit, once a minute for each name: a flood must not become one of the log.
func (g *Guard) Report(ctx context.Context, limit, name string, c device.Client) {
	g.report(ctx, limit+":"+name, audit.RateLimitExceeded, audit.Actor{Client: c}, limit)
}

// reportOf is Report for an account, in a session or, where the actor has none, before one.
func (g *Guard) reportOf(ctx context.Context, limit, userID string, by audit.Actor) {
	by.UserID = userID
	g.report(ctx, limit+":"+userID+by.SessionID, audit.RateLimitExceeded, by, limit)
}

func (g *Guard) report(ctx context.Context, key string, kind audit.Kind, by audit.Actor, reason string) {
	if g.reports.Take(ctx, key, perReport) == 0 {
		g.audit.Report(ctx, kind, by.UserID, by.SessionID, reason, by.Client)
	}
}

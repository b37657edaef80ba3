package handlers

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/live"
	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/internal/ratelimit"
	"example.com/gatehouse/internal/seal"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
)

// settings are what a test may change of the rules of a portal.
type settings struct {
	session.Policy
	HashCost            auth.HashCost
	RequireSecondFactor bool
}

// testPolicy has round numbers, and a touch interval that lets a test see when activity is written.
var testPolicy = settings{Policy: session.Policy{
	Limits: session.Limits{Idle: 30 * time.Minute, Lifetime: 24 * time.Hour}, Remember: session.Limits{Idle: 7 * 24 * time.Hour, Lifetime: 30 * 24 * time.Hour},
	Elevation: 15 * time.Minute, Touch: time.Minute, KeepEnded: 30 * 24 * time.Hour, SessionsPerUser: 5,
}, HashCost: probe.CheapHash}

// testKey seals the bags of all portals under test, so that several of them can stand before the same stores.
var testKey = bytes.Repeat([]byte{7}, 32)

func testSealer(t testing.TB) *seal.Sealer {
	t.Helper()
	s, err := seal.New([][]byte{testKey})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// people makes the services of people's accounts on a database, and what limits attempts at them.
func (o *Options) people(db *store.Store, sealer *seal.Sealer, policy settings, attempts, sprays ratelimit.Limiter, log *slog.Logger) (err error) {
	o.Database, o.Rows, o.Audit = db, db, audit.NewTrail(db, log)
	o.Guard = guard.New(guard.Options{Attempts: attempts, Sprays: sprays, Store: db, Audit: o.Audit})
	o.Auth = auth.New(db, sealer, o.Guard, policy.HashCost, o.Audit, log)
	o.Sessions = session.New(db, policy.Policy, o.Audit, log)
	o.Accounts = account.New(account.Options{
		Store: db, Auth: o.Auth, Sealer: sealer, RequireSecondFactor: policy.RequireSecondFactor, Audit: o.Audit,
	})
	o.Admin = admin.New(db, o.Audit)
	o.Demos = demo.New(db, o.Auth, policy.Policy, o.Audit, log)
	o.Live = live.New(db, log)
	o.Passkeys, err = auth.NewPasskeys(o.Auth, portalURL)
	return err
}

// sweepAll does what instances do regularly.
func (p *portal) sweepAll(ctx context.Context) error {
	return errors.Join(p.sessions.Sweep(ctx), p.accounts.Sweep(ctx), p.demos.Sweep(ctx), p.audit.Sweep(ctx))
}

// customer names the network of an address as limits count.
func customer(ip string) string { return device.Client{IP: ip}.Customer() }

package handlers

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/billing"
	"example.com/gatehouse/internal/held"
	"example.com/gatehouse/internal/limit"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/webtest"
)

// A portal is the real one on real stores, without a listener: requests are handed to its handler.
type portal struct {
	http.Handler
	t      *testing.T
	tb     *running // the same, for its browsers
	app    *app
	auth   *auth.Service
	store  *store.Store
	outbox *postbox
	log    *webtest.Log
	owner  *browser // whose passkey a test is about; nil in most
	prefix string   // a network of its own, so that limits kept in a shared Redis do not meet
}

// running is the test that a portal is used by at this moment: inTime moves it on to a bubble.
type running struct{ testing.TB }

// testPolicy has round numbers, and a touch interval that lets a test see when activity is written.
var testPolicy = auth.Policy{
	Idle: 30 * time.Minute, Lifetime: 24 * time.Hour, RememberIdle: 7 * 24 * time.Hour, RememberLifetime: 30 * 24 * time.Hour,
	Elevation: 15 * time.Minute, Touch: time.Minute, KeepEnded: 30 * 24 * time.Hour, SessionsPerUser: 5,
	Browser: DeviceName, HashCost: probe.CheapHash,
}

var portalURL = &url.URL{Scheme: "https", Host: "portal.test"}

// testKey seals the bags of all portals under test, so that several of them can stand before the same stores.
var testKey = bytes.Repeat([]byte{7}, 32)

// newPortal is one on the default of a newcomer.
func newPortal(t *testing.T) *portal { return portalOn(t, sqliteBackend(t), nil) }

// portalOn returns a portal on the given stores, with the pages of probe. adjust may change the options and the policy first.
func portalOn(t *testing.T, b backend, adjust func(*Options, *auth.Policy)) *portal {
	t.Helper()
	p := &portal{t: t, tb: &running{t}, store: b.store, outbox: newPostbox(t), log: webtest.NewLog(t), prefix: webtest.Network()}
	log := slog.New(slog.NewJSONHandler(p.log, nil))
	sessions, err := session.New(session.Options{Bags: b.bags, Keys: [][]byte{testKey}, Secure: true, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := session.NewSealer([][]byte{testKey})
	if err != nil {
		t.Fatal(err)
	}
	post := mail.NewPost(mail.Options{Store: newLetters(t), Sealer: sealer, Sender: p.outbox, Log: log, Now: noTime})
	t.Cleanup(func() { _ = post.Close(context.Background()) })
	o := Options{
		Extend:   func(x Extension) { probe.Add(probe.Portal(x)) },
		Held:     held.New(b.store, sealer),
		Sessions: sessions, Attempts: limit.NewMemory(), Post: post, Outbox: p.outbox.Outbox, Log: log,
		BaseURL: portalURL, Warning: 2 * time.Minute, Demo: true,
	}
	if b.pool != nil {
		o.Attempts = limit.NewRedis(b.pool, log)
	}
	policy := testPolicy
	if adjust != nil {
		adjust(&o, &policy)
	}
	p.auth = auth.New(b.store, sealer, policy, log)
	o.Auth = p.auth
	if o.Passkeys, err = auth.NewPasskeys(p.auth, portalURL); err != nil {
		t.Fatal(err)
	}
	o.Billing = billing.New(b.store.Ledger(p.auth), billing.Sandbox{}, log)
	if p.app, err = newApp(o); err != nil {
		t.Fatal(err)
	}
	p.Handler = p.app.router()
	return p
}

// newUser makes an account with a confirmed address, as an operator would.
func (p *portal) newUser(name string) auth.User {
	p.t.Helper()
	u, err := p.auth.CreateUser(p.t.Context(), name, webtest.Email(), password, auth.RoleMember)
	if err != nil {
		p.t.Fatal(err)
	}
	return u
}

// inTime runs the test with a clock of its own on a portal made before the clock stops: hours pass in no time.
func inTime(t *testing.T, p *portal, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		before := p.t
		p.t, p.tb.TB = t, t
		defer func() {
			p.t, p.tb.TB = before, before
			time.Sleep(time.Minute) // what is done beside the last answer may be waiting for SQLite
		}()
		test(t)
	})
}

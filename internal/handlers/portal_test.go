package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/billing"
	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/internal/draft"
	"example.com/gatehouse/internal/lab"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/internal/ratelimit"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/webtest"
)

// A portal is the real one on real stores, without a listener: requests are handed to its handler.
type portal struct {
	http.Handler
	t        *testing.T
	tb       *running // the same, for its browsers
	app      *app
	auth     *auth.Service
	audit    *audit.Trail
	sessions *session.Service
	accounts *account.Service
	demos    *demo.Service
	store    *store.Store
	outbox   *postbox
	log      *webtest.Log
	limits   *limiter // what counts attempts
	sprays   *limiter // what counts the accounts on which one password failed
	owner    *browser // whose passkey a test is about; nil in most
	prefix   string   // a network of its own, so that limits kept in a shared Redis do not meet
}

// running is the test that a portal is used by at this moment: inTime moves it on to a bubble.
type running struct{ testing.TB }

var portalURL = &url.URL{Scheme: "https", Host: "portal.test"}

// newPortal is one on the default of a newcomer.
func newPortal(t *testing.T) *portal { return portalOn(t, sqliteBackend(t), nil) }

// portalOn returns a portal on the given stores, with the pages of probe. adjust may change the options and the policy first.
func portalOn(t *testing.T, b backend, adjust func(*Options, *settings)) *portal {
	t.Helper()
	p := &portal{t: t, tb: &running{t}, store: b.store, outbox: newPostbox(t), log: webtest.NewLog(t), prefix: webtest.Network()}
	p.limits, p.sprays = &limiter{ratelimit.NewMemory()}, &limiter{ratelimit.NewMemory()}
	log := slog.New(slog.NewJSONHandler(p.log, nil))
	sealer := testSealer(t)
	post := mail.NewOutbox(mail.Options{Store: newEmailStore(t, b.store), Sealer: sealer, Sender: p.outbox, Log: log, Now: noTime})
	t.Cleanup(func() { _ = post.Close(context.Background()) })
	o := Options{
		Extend: func(x Extension) { probe.Add(probe.Portal(x)) },
		Drafts: draft.New(b.store, sealer), Acts: act.NewActs(b.store, sealer),
		Bag:    bag.New(b.bags, sealer, true, false, log),
		Outbox: post, Mailbox: p.outbox.Mailbox, Log: log,
		Labs:    lab.New("http://127.0.0.1:9"),
		BaseURL: portalURL, HSTS: 730 * 24 * time.Hour, Warning: 2 * time.Minute, Demo: true,
		After: func(time.Duration, func()) {}, // but in the tests about it
	}
	b.store.DeleteBagsFrom(b.bags, log)
	if b.pool != nil {
		p.limits.Limiter = ratelimit.NewRedis(b.pool, log)
	}
	policy := testPolicy
	if adjust != nil {
		adjust(&o, &policy)
	}
	err := o.people(b.store, sealer, policy, p.limits, p.sprays, log)
	if err != nil {
		t.Fatal(err)
	}
	p.auth, p.audit, p.sessions, p.accounts, p.demos = o.Auth, o.Audit, o.Sessions, o.Accounts, o.Demos
	o.Billing = billing.New(b.store.Ledger(p.audit), billing.Sandbox{}, log)
	if part := o.missing(); part != "" {
		t.Fatalf("Options.%s is missing: set it where the tests make their parts, in settings_test.go", part)
	}
	if p.app, err = newApp(o); err != nil {
		t.Fatal(err)
	}
	p.Handler = p.app.router()
	return p
}

// newUser makes an account with a confirmed address, as an operator would.
func (p *portal) newUser(name string) auth.User {
	p.t.Helper()
	u, err := p.accounts.CreateUser(p.t.Context(), name, webtest.Email(), password, auth.RoleMember)
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
			time.Sleep(time.Minute) // what is done in the background of the last answer may be waiting for SQLite
		}()
		test(t)
	})
}

package handlers

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/billing"
	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/internal/draft"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/internal/ratelimit"
	"example.com/gatehouse/internal/seal"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/internal/store/storetest"
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
	owner    *browser // whose passkey a test is about; nil in most
	prefix   string   // a network of its own, so that limits kept in a shared Redis do not meet
}

// running is the test that a portal is used by at this moment: inTime moves it on to a bubble.
type running struct{ testing.TB }

// backend is what a portal under test stands on.
type backend struct {
	store *store.Store
	bags  bag.Bags
	pool  *redis.Pool // nil without Redis
}

// sqliteBackend is the default of a newcomer: one file.
func sqliteBackend(t *testing.T) backend {
	s := storetest.SQLite(t)
	return backend{store: s, bags: bag.SQLBags{DB: s.DB()}}
}

// serverBackend is PostgreSQL with Redis. It skips without them at home, and fails in CI.
func serverBackend(t *testing.T) backend {
	s := storetest.Postgres(t)
	pool := storetest.Redis(t)
	return backend{store: s, bags: bag.NewRedisBags(pool), pool: pool}
}

var backends = map[string]func(*testing.T) backend{"sqlite": sqliteBackend, "postgres and redis": serverBackend}

// settings are what a test may change of the rules of a portal.
type settings struct {
	session.Policy
	HashCost            auth.HashCost
	RequireSecondFactor bool
}

// testPolicy has round numbers, and a touch interval that lets a test see when activity is written.
var testPolicy = settings{Policy: session.Policy{
	Idle: 30 * time.Minute, Lifetime: 24 * time.Hour, RememberIdle: 7 * 24 * time.Hour, RememberLifetime: 30 * 24 * time.Hour,
	Elevation: 15 * time.Minute, Touch: time.Minute, KeepEnded: 30 * 24 * time.Hour, SessionsPerUser: 5,
}, HashCost: probe.CheapHash}

var portalURL = &url.URL{Scheme: "https", Host: "portal.test"}

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

func newPortal(t *testing.T) *portal { return portalOn(t, sqliteBackend(t), nil) }

// portalOn returns a portal on the given stores. adjust may change the options and the policy first.
func portalOn(t *testing.T, b backend, adjust func(*Options, *settings)) *portal {
	t.Helper()
	p := &portal{t: t, tb: &running{t}, store: b.store, outbox: newPostbox(t), log: webtest.NewLog(t), prefix: webtest.Network()}
	log := slog.New(slog.NewJSONHandler(p.log, nil))
	sealer := testSealer(t)
	sessions := bag.New(bag.Options{Bags: b.bags, Sealer: sealer, Secure: true, Log: log})
	post := mail.NewPost(mail.Options{Store: newLetters(t), Sealer: sealer, Sender: p.outbox, Log: log, Now: noTime})
	t.Cleanup(func() { _ = post.Close(context.Background()) })
	o := Options{
		Drafts: draft.New(b.store, sealer),
		Bag:    sessions, Attempts: ratelimit.NewMemory(), Post: post, Outbox: p.outbox.Outbox, Log: log,
		BaseURL: portalURL, Warning: 2 * time.Minute, Demo: true,
	}
	if b.pool != nil {
		o.Attempts = ratelimit.NewRedis(b.pool, log)
	}
	policy := testPolicy
	if adjust != nil {
		adjust(&o, &policy)
	}
	p.serve(t, o, policy, sealer, log)
	return p
}

// serve makes the services of people's accounts and the handler.
func (p *portal) serve(t *testing.T, o Options, policy settings, sealer *seal.Sealer, log *slog.Logger) {
	t.Helper()
	err := o.people(p.store, sealer, policy, log)
	if err != nil {
		t.Fatal(err)
	}
	p.auth, p.audit, p.sessions, p.accounts, p.demos = o.Auth, o.Audit, o.Sessions, o.Accounts, o.Demos
	o.Billing = billing.New(p.store.Ledger(p.audit), billing.Sandbox{}, log)
	if p.app, err = newApp(o); err != nil {
		t.Fatal(err)
	}
	p.Handler = p.app.router()
}

// withProbes adds the pages of probe to a portal.
func withProbes(o *Options, _ *settings) {
	o.Extend = func(x Extension) { probe.Add(probe.Portal(x)) }
}

// people makes the services of people's accounts on a database.
func (o *Options) people(db *store.Store, sealer *seal.Sealer, policy settings, log *slog.Logger) (err error) {
	o.Database, o.Audit = db, audit.NewTrail(db, log)
	o.Auth = auth.New(db, sealer, policy.HashCost, o.Audit, log)
	o.Sessions = session.New(db, policy.Policy, o.Audit, log)
	o.Accounts = account.New(account.Options{
		Store: db, Auth: o.Auth, Sealer: sealer, RequireSecondFactor: policy.RequireSecondFactor, Audit: o.Audit,
	})
	o.Demos = demo.New(db, o.Auth, policy.Policy, o.Audit, log)
	o.Passkeys, err = auth.NewPasskeys(o.Auth, portalURL)
	return err
}

// sweepAll does what instances do regularly.
func (p *portal) sweepAll(ctx context.Context) error {
	return errors.Join(p.sessions.Sweep(ctx), p.accounts.Sweep(ctx), p.demos.Sweep(ctx), p.audit.Sweep(ctx))
}

const (
	password      = webtest.Password
	otherPassword = webtest.OtherPassword
)

// newUser makes an account with a confirmed address, as an operator would.
func (p *portal) newUser(name string) auth.User {
	p.t.Helper()
	u, err := p.accounts.CreateUser(p.t.Context(), name, webtest.Email(), password, auth.RoleMember)
	if err != nil {
		p.t.Fatal(err)
	}
	return u
}

// A browser has the portal before it.
type browser struct {
	*webtest.Client
	p *portal
}

func (p *portal) browser() *browser {
	b := &browser{Client: webtest.New(p.tb, portalURL.String())}
	b.IP = p.prefix + "::7"
	b.moveTo(p)
	return b
}

// moveTo has the browser ask another portal from now on.
func (b *browser) moveTo(p *portal) { b.p, b.Transport = p, webtest.InProcess(p) }

// signedIn returns a browser in which u is signed in.
func (p *portal) signedIn(u auth.User) *browser {
	p.t.Helper()
	b := p.browser()
	b.SignIn(u.Email, password)
	return b
}

// replay asks for the overview with a hand-written cookie, as somebody with a copy of the token would.
func (p *portal) replay(token string) *webtest.Answer {
	p.t.Helper()
	b := p.browser()
	b.Cookies[b.Session] = token
	return b.Get("/account")
}

// letters keeps what the post keeps, in a database of its own and one statement at a time. The worker of a post is on the
// real clock and in nobody's bubble: on the database of the portal its statements would be counted by tests, and a test
// on a clock of its own would wait no time at all for a lock that the worker holds.
type letters struct {
	mu sync.Mutex
	db *store.Store
}

func newLetters(t *testing.T) *letters { return &letters{db: storetest.SQLite(t)} }

var noTimes atomic.Int64

// noTime moves by no more than the order of letters, so that a letter is due whatever the clock of the test showed when it
// was written. Letters that are due at one instant leave in the order of their ids, which are random.
func noTime() time.Time {
	return time.Date(2000, 1, 1, 0, 0, 0, int(noTimes.Add(1))*int(time.Microsecond), time.UTC)
}

func (l *letters) AddLetter(ctx context.Context, r mail.Row, most int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.db.AddLetter(ctx, r, most)
}

func (l *letters) ClaimLetter(ctx context.Context, at, until time.Time) (mail.Row, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.db.ClaimLetter(ctx, at, until)
}

func (l *letters) PostponeLetter(ctx context.Context, r mail.Row, due time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.db.PostponeLetter(ctx, r, due)
}

func (l *letters) DropLetter(ctx context.Context, id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.db.DropLetter(ctx, id)
}

func (l *letters) CountLetters(ctx context.Context) (int, error) { return l.db.CountLetters(ctx) }

// A postbox is an outbox that says when a letter has come in. Letters leave behind the answer, on the real clock,
// whatever the clock of the test shows.
type postbox struct {
	*mail.Outbox
	arrived chan struct{}
	minutes <-chan time.Time // on the real clock, as the letters are
}

// patience is how many minutes may strike before a letter is missed. The first may be left over from before the wait, and
// the second strikes too early: what remains is one whole minute, however long the test has taken until then.
const patience = 3

func newPostbox(t *testing.T) *postbox {
	minutes := time.NewTicker(time.Minute)
	t.Cleanup(minutes.Stop)
	return &postbox{&mail.Outbox{}, make(chan struct{}, 1000), minutes.C}
}

// Send keeps the letter and says so.
func (p *postbox) Send(ctx context.Context, l mail.Letter) error {
	defer func() {
		select {
		case p.arrived <- struct{}{}:
		default: // no wake-up is lost: as many as fit wait to be taken, and after each one every letter is looked at
		}
	}()
	return p.Outbox.Send(ctx, l)
}

// letter waits for a letter to an address and returns the newest about something.
func (p *portal) letter(to, about string) string {
	p.t.Helper()
	for struck := 0; struck < patience; {
		for _, l := range p.outbox.Letters() {
			if l.To == to && strings.Contains(l.Subject+l.Text, about) {
				return l.Text
			}
		}
		select {
		case <-p.outbox.arrived:
		case <-p.outbox.minutes:
			struck++
		}
	}
	p.t.Fatalf("no letter to %s about %q", to, about)
	return ""
}

var letterLink = regexp.MustCompile(`https://portal\.test(/\S+)`)

func linkIn(t *testing.T, letter string) string {
	t.Helper()
	m := letterLink.FindStringSubmatch(letter)
	if m == nil {
		t.Fatalf("no link in the letter:\n%s", letter)
	}
	return m[1]
}

// count asks the database.
func (p *portal) count(query string, args ...any) int {
	p.t.Helper()
	var n int
	if err := p.store.DB().QueryRowContext(p.t.Context(), query, args...).Scan(&n); err != nil {
		p.t.Fatal(err)
	}
	return n
}

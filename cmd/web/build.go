package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/gomodule/redigo/redis"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/billing"
	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/config"
	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/internal/draft"
	"example.com/gatehouse/internal/forwarded"
	"example.com/gatehouse/internal/geo"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/handlers"
	"example.com/gatehouse/internal/lab"
	"example.com/gatehouse/internal/live"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/ratelimit"
	"example.com/gatehouse/internal/redispool"
	"example.com/gatehouse/internal/seal"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store"
)

// startWithin bounds how long a start waits for the database.
const startWithin = 15 * time.Second

// parts are the services and connections of the portal, closed at the end.
type parts struct {
	store    *store.Store
	sealer   *seal.Sealer // of bags, drafts, the outbox and the secrets of apps
	audit    *audit.Trail
	guard    *guard.Guard
	auth     *auth.Service
	sessions *session.Service
	accounts *account.Service
	admin    *admin.Service
	demos    *demo.Service
	live     *live.Hub
	pool     *redis.Pool // nil without Redis
	limits   *ratelimit.Redis
	billing  *billing.Service
	bags     bag.Bags
	outbox   *mail.Outbox
	mailbox  *mail.Mailbox // nil with a mail server
	labs     *lab.Labs     // nil without labs
}

// openStore connects and, unless MIGRATE is off, brings the database up to date.
func openStore(ctx context.Context, c config.Settings, log *slog.Logger) (*store.Store, error) {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	s, err := connectStore(ctx, c, log)
	if err != nil {
		return nil, err
	}
	if c.Migrate == "off" {
		if err := s.Current(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w, and %s is off: run web migrate", brand.Env("DATABASE_URL"), err, brand.Env("MIGRATE")), s.Close())
		}
		return s, nil
	}
	if err := migrateOrClose(ctx, s); err != nil {
		return nil, err
	}
	return s, nil
}

// migrateOrClose brings the database up to date.
func migrateOrClose(ctx context.Context, s *store.Store) error {
	if _, err := s.Migrate(ctx); err != nil {
		return errors.Join(fmt.Errorf("%s: the database cannot be brought up to date: %w", brand.Env("DATABASE_URL"), err), s.Close())
	}
	return nil
}

// connectStore connects. Others on this machine cannot read a database file.
func connectStore(ctx context.Context, c config.Settings, log *slog.Logger) (*store.Store, error) {
	if narrowed, err := store.OwnerOnly(c.DatabaseURL); err != nil {
		log.WarnContext(ctx, "others on this machine have rights to the database, which only its owner can take off", "files", narrowed, "err", err)
	} else if narrowed != nil {
		log.WarnContext(ctx, "others on this machine had rights to the database until now", "files", narrowed)
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	s, err := store.Open(ctx, c.DatabaseURL)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", brand.Env("DATABASE_URL"), err)
	}
	s.SetConns(c.DatabaseConns)
	return s, nil
}

// people makes the services for accounts on the store. Attempts are counted in Redis where there is one.
func (p *parts) people(c config.Settings, log *slog.Logger) {
	p.audit = audit.NewTrail(p.store, log)
	g := guard.Options{Attempts: ratelimit.NewMemory(), Sprays: ratelimit.NewMemory(), Store: p.store, Audit: p.audit}
	if p.pool != nil {
		g.Attempts = p.limits
	}
	p.guard = guard.New(g)
	p.auth = auth.New(p.store, p.sealer, p.guard, underTest.hashCost, p.audit, log)
	p.sessions = session.New(p.store, policy(c), p.audit, log)
	p.accounts = account.New(account.Options{
		Store: p.store, Auth: p.auth, Sealer: p.sealer, RequireSecondFactor: c.RequireSecondFactor, Audit: p.audit,
	})
	p.admin = admin.New(p.store, p.audit)
	p.demos = demo.New(p.store, p.auth, policy(c), p.audit, log)
	p.live = live.New(p.store, log)
}

func policy(c config.Settings) session.Policy {
	return session.Policy{
		Limits:    session.Limits{Idle: c.SessionIdle, Lifetime: c.SessionLifetime},
		Remember:  session.Limits{Idle: c.RememberIdle, Lifetime: c.RememberLifetime},
		Elevation: c.SessionElevation, Touch: c.SessionTouch, KeepEnded: c.KeepEnded, SessionsPerUser: c.SessionsPerUser,
		OnClientChange: session.ClientChange(c.OnClientChange),
	}
}

// build opens everything. What was opened is closed again when a later part fails.
func build(ctx context.Context, c config.Settings, log *slog.Logger) (_ *parts, err error) {
	s, err := openStore(ctx, c, log)
	if err != nil {
		return nil, err
	}
	p := &parts{store: s, bags: s.Bags()}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if err := writable(ctx, s); err != nil {
		return nil, err
	}
	if p.sealer, err = sealing(ctx, s, c, log); err != nil {
		return nil, err
	}
	if c.RedisURL != "" {
		p.pool = redispool.New(c.RedisURL)
		p.bags = bag.NewRedisBags(p.pool)
		p.limits = ratelimit.NewRedis(p.pool, log)
		err := p.cacheReady(ctx)
		if why := redispool.Refusal(err); why != "" {
			return nil, errors.New(brand.Env("REDIS_URL") + ": Redis cannot be used: " + why)
		}
		if err != nil { // people can sign in without it, and it may come back
			log.WarnContext(ctx, "redis does not do what it is asked; sessions work, baskets do not", "err", err)
		}
	}
	s.DeleteBagsFrom(p.bags, log)
	p.people(c, log)
	p.billing = billing.New(s.Ledger(p.audit), billing.Sandbox{}, log)
	var sender mail.Sender
	if c.DevMail() {
		p.mailbox = &mail.Mailbox{}
		sender = p.mailbox
	} else if sender, err = mail.NewSMTP(c.SMTPURL, c.MailFrom.String()); err != nil {
		return nil, fmt.Errorf("%s: %w", brand.Env("SMTP_URL"), err)
	}
	p.outbox = mail.NewOutbox(mail.Options{Store: s, Sealer: p.sealer, Sender: sender, Log: log})
	return p, nil
}

// writable refuses a database that answers and takes nothing, such as a standby: nobody could sign in.
func writable(ctx context.Context, s *store.Store) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if err := s.Writable(ctx); err != nil {
		return fmt.Errorf("%s: nothing can be written to the database: %w", brand.Env("DATABASE_URL"), err)
	}
	return nil
}

// A sweepPart is what is done again and again, beside the requests.
type sweepPart struct {
	name string
	do   func(context.Context) error
}

func (p *parts) sweeps() []sweepPart {
	all := []sweepPart{
		{"sessions", p.sessions.Sweep}, {"accounts", p.accounts.Sweep}, {"names", p.admin.Sweep}, {"demos", p.demos.Sweep}, {"events", p.audit.Sweep},
		{"payments", p.billing.Reconcile}, {"news", p.live.Sweep}, {"acts", act.NewActs(p.store, p.sealer).Sweep},
		{"drafts", func(ctx context.Context) error { return draft.Sweep(ctx, p.store) }},
	}
	if p.labs != nil {
		all = append(all, sweepPart{"labs", p.labs.Sweep})
	}
	if p.pool == nil { // Redis deletes expired bags itself
		all = append(all, sweepPart{"bags", p.store.Bags().Sweep})
	}
	return all
}

// handler makes the portal of the parts. The base URL is known only once the listener has its port.
// It is about to stop once the context ends, and streams end then, so that nobody waits for them.
func (p *parts) handler(ctx context.Context, c config.Settings, log *slog.Logger, observe func(string, string, int, time.Duration)) (http.Handler, error) {
	manager := bag.New(p.bags, p.sealer, c.Secure(), !c.Production(), log)
	context.AfterFunc(ctx, p.live.Stop)
	passkeys, err := auth.NewPasskeys(p.auth, &c.BaseURL)
	if err != nil {
		return nil, err
	}
	countries, err := geo.Open(c.GeoDatabase)
	if err != nil {
		return nil, err
	}
	o := handlers.Options{
		Country:  countries.Country,
		Database: p.store, Rows: p.store, Auth: p.auth, Passkeys: passkeys, Audit: p.audit, Guard: p.guard,
		Sessions: p.sessions, Accounts: p.accounts, Admin: p.admin, Demos: p.demos, Live: p.live, Bag: manager,
		Billing: p.billing, Drafts: draft.New(p.store, p.sealer), Acts: act.NewActs(p.store, p.sealer),
		Outbox: p.outbox, Mailbox: p.mailbox, Labs: p.labs, Log: log,
		Demo: c.Demo, Development: !c.Production(), BaseURL: &c.BaseURL, HSTS: c.HSTS, Warning: c.SessionWarning,
		Proxies:  forwarded.Proxies{Trusted: c.TrustedProxies, Header: http.CanonicalHeaderKey(c.ProxyHeader)},
		NotesOff: c.Notes == "off", Observe: observe, Extend: underTest.extend, Ready: p.readiness(log),
		Stopping: func() bool { return ctx.Err() != nil },
	}
	return handlers.New(o)
}

// accountsAlone opens only what an operator's command for accounts needs, with the bags of the sessions that it ends.
func accountsAlone(ctx context.Context, c config.Settings, log *slog.Logger) (_ *parts, err error) {
	p := &parts{}
	if p.store, err = openStore(ctx, c, log); err != nil {
		return nil, err
	}
	if p.sealer, err = sealing(ctx, p.store, c, log); err != nil {
		return nil, errors.Join(err, p.close())
	}
	p.bags = p.store.Bags()
	if c.RedisURL != "" {
		p.pool = redispool.New(c.RedisURL)
		p.bags, p.limits = bag.NewRedisBags(p.pool), ratelimit.NewRedis(p.pool, log)
	}
	p.store.DeleteBagsFrom(p.bags, log)
	p.people(c, log)
	return p, nil
}

// close sends the emails that are due and closes the connections.
func (p *parts) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	var errs []error
	if p.outbox != nil {
		errs = append(errs, p.outbox.Close(ctx))
	}
	if p.pool != nil {
		errs = append(errs, p.pool.Close())
	}
	return errors.Join(append(errs, p.store.Close())...)
}

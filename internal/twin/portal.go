package twin

import (
	"encoding/gob"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"
)

// The addresses that others need by name.
const (
	Bag      = "/probe/bag"  // GET shows a value of the session, POST keeps the field "value"; for everybody
	InTheBag = "In the bag:" // what that page says before the value
)

// Options say what the portal stands on and which faults it has.
type Options struct {
	Store          Store
	Faults         []Fault
	Hashed         bool // the store has hashes of tokens
	Idle, Lifetime time.Duration

	Password     string            // of each account
	Accounts     []string          // addresses; none means that everybody has one
	SecondFactor map[string]string // codes by address
	Passwords    map[string]string // by address, of accounts with one of their own

	Prefix string        // of every path, without a slash at its end, where several portals stand on one address
	Banner string        // what every page says about itself first
	Board  bool          // there is a page that writes what people post on it as markup
	Bank   time.Duration // what a payment waits for
	// Opened is told of each page that is opened for somebody who is signed in; nil for nobody.
	Opened func(*http.Request, Opening)
}

// An Opening is whose page was opened, and when the session signed in that it was opened with.
type Opening struct {
	User  string
	Since time.Time
}

// A Portal is one stock portal.
type Portal struct {
	*scs.SessionManager
	options Options
	Charges atomic.Int64 // payments made

	mu        sync.Mutex
	passwords map[string]string // changed ones
	failures  map[string]int    // in a row, by address
	spent     map[string]bool   // orders
	paid      map[string]int    // how often, by order
	emails    map[string]string // where an account gets its emails, by its address, if that was changed
	board     []string
}

// preferences is a type of this build in the session.
type preferences struct{ Notes bool }

// stock is the manager that each portal gets a copy of. scs starts a goroutine for every one that it makes, and offers no sure
// way to end it.
var stock = scs.New()

// New makes a portal.
func New(o Options) *Portal {
	manager := *stock
	gob.Register(preferences{})
	p := &Portal{
		SessionManager: &manager, options: o, passwords: map[string]string{}, failures: map[string]int{}, spent: map[string]bool{},
		paid: map[string]int{}, emails: map[string]string{},
	}
	maps.Copy(p.passwords, o.Passwords)
	p.Store = o.Store
	if !p.has(LateRequestRevives) {
		p.Store = &endings{Store: o.Store, ended: map[string]bool{}}
	}
	p.IdleTimeout, p.Lifetime, p.HashTokenInStore = o.Idle, o.Lifetime, o.Hashed
	if p.has(NeverIdle) {
		p.IdleTimeout = 0
	}
	p.Cookie.HttpOnly, p.Cookie.Secure = !p.has(ScriptsReadCookie), !p.has(CookieOverHTTP)
	if p.has(NoSameSite) {
		p.Cookie.SameSite = 0
	}
	if p.has(CookieForDomain) {
		p.Cookie.Domain = "localhost"
	}
	p.Cookie.Name += strings.ReplaceAll(o.Prefix, "/", "-")
	if p.Cookie.Secure && !p.has(CookieForDomain) && !p.has(FirstCookieWins) {
		p.Cookie.Name = "__Host-" + p.Cookie.Name
	}
	return p
}

func (p *Portal) has(f Fault) bool { return slices.Contains(p.options.Faults, f) }

// Handler serves the portal.
func (p *Portal) Handler() http.Handler {
	return http.StripPrefix(p.options.Prefix, p.router())
}

func (p *Portal) router() http.Handler {
	r := chi.NewRouter()
	r.Use(p.headers, p.crossSite, p.oneCookie, p.aliases)
	if !p.has(PollingCounts) {
		r.Get("/session/state", p.state)
	}
	if p.has(SignOutCookieOnly) {
		r.Post("/logout", p.forgetCookie)
	}
	r.Group(func(r chi.Router) {
		r.Use(p.LoadAndSave)
		if p.has(PollingCounts) {
			r.Get("/session/state", p.state)
		}
		r.Get("/login", p.showSignIn)
		r.Post("/login", p.signIn)
		r.Get("/verify", p.showVerify)
		r.Post("/verify", p.verify)
		if !p.has(SignOutCookieOnly) {
			r.Post("/logout", p.signOut)
		}
		if p.has(SignOutByGet) {
			r.Get("/logout", p.signOut)
		}
		r.Get("/signed-out", p.signedOut)
		r.Get(Bag, p.showBag)
		r.Group(p.private)
	})
	return r
}

// private are the pages of whoever is signed in.
func (p *Portal) private(r chi.Router) {
	r.Use(p.requireUser)
	r.Get("/account", p.account)
	r.Post("/reauth", p.reauth)
	r.Post(Bag, p.keep)
	r.Post("/session/extend", p.extend)
	r.Get("/account/sessions", p.listMine)
	r.Post("/account/sessions/end-others", p.endOthers)
	r.Post("/account/password", p.changePassword)
	r.Post("/billing/payment-method", p.account)
	r.Post("/basket", p.account)
	r.Get("/billing/checkout", p.checkout)
	r.Post("/billing/checkout", p.pay)
	r.Get("/account/email", p.showEmail)
	r.Post("/account/email", p.changeEmail)
	if p.options.Board {
		r.Get("/board", p.showBoard)
		r.Post("/board", p.post)
	}
}

func (p *Portal) requireUser(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.Exists(r.Context(), "user") {
			p.leadTo(w, r, "/login")
			return
		}
		if p.options.Opened != nil {
			p.options.Opened(r, Opening{p.GetString(r.Context(), "user"), time.Unix(p.GetInt64(r.Context(), "since"), 0)})
		}
		next.ServeHTTP(w, r)
	})
}

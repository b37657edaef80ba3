// Package bag is the cookie side of a session: scs for tokens, cookies and a small sealed bag of values, and the
// writer that settles all of it before the first byte of an answer. It does not know who is signed in: each request
// comes with the verdict of the authority, and losing a bag signs nobody in or out.
package bag

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"example.com/gatehouse/internal/seal"
	"example.com/gatehouse/internal/session"
)

// ErrAway means the bag cannot be reached at the moment, so what needs it cannot be done.
var ErrAway = errors.New("the bag cannot be reached")

const (
	// anonymousLife is how long a visitor's bag is kept after it last changed.
	anonymousLife = time.Hour
	// settleWithin bounds the writes that must not be torn apart by a client that hangs up.
	settleWithin = 2 * time.Second
)

// Options of a Manager.
type Options struct {
	Bags   Bags
	Sealer *seal.Sealer
	Secure bool // cookies named __Host-..., Secure; false gives plain ones, for browsers that refuse those on http
	Log    *slog.Logger
}

// Manager hands each request its bag and settles cookie and bag when it is answered.
type Manager struct {
	scs     *scs.SessionManager
	bags    *sealed
	cookies cookies
	log     *slog.Logger
}

// New returns a Manager.
func New(o Options) *Manager {
	m := &Manager{scs: scs.New(), bags: &sealed{o.Sealer, o.Bags, o.Log}, cookies: newCookies(o.Secure), log: o.Log}
	m.scs.Store = m.bags
	m.scs.Codec = codec{}
	m.scs.HashTokenInStore = true
	m.scs.IdleTimeout = 0 // the row decides; here it would make every request a write
	m.scs.Cookie = scs.SessionCookie{
		Name: m.cookies.id, Path: "/", HttpOnly: true, Secure: o.Secure, SameSite: http.SameSiteLaxMode,
	}
	return m
}

// Cookie returns the session's cookie as it is written to browsers, without value or expiry.
func (m *Manager) Cookie() http.Cookie {
	c := m.scs.Cookie
	return http.Cookie{Name: c.Name, Domain: c.Domain, Path: c.Path, HttpOnly: c.HttpOnly, Secure: c.Secure, SameSite: c.SameSite}
}

// CookieExpires is the date that the cookie of a kept session carries, for a session that ends at the given time: scs
// rounds it up to a whole second.
func CookieExpires(ends time.Time) time.Time {
	return ends.UTC().Truncate(time.Second).Add(time.Second)
}

// A Standing is what the authority says about the token of one request.
type Standing struct {
	State   session.State
	Token   string    // as Token returned it
	Expires time.Time // when a Live session ends at the latest: the bag lives as long
	Handle  string    // the public name of a Live or Dead session
	// Now returns the hash of the token that the browser of this request has by now: another one when Token was
	// replaced in the meantime. nil without a Token.
	Now func(ctx context.Context) (tokenHash string, err error)
}

// Serve answers the request with next: the bag is in its context, and cookie and bag are settled before the first
// byte goes out. When a change that was asked to be kept cannot be stored, away answers instead of next.
func (m *Manager) Serve(w http.ResponseWriter, r *http.Request, s Standing, next http.Handler, away http.HandlerFunc) {
	q := &request{standing: s, changes: changes{}, presented: m.Presented(r), ended: m.cookies.endedHandle(r)}
	ctx := context.WithValue(r.Context(), requestKey{}, q)
	token := s.Token
	if s.State == session.Ended || s.State == session.Replaced { // a bag that is still under it is nobody's any more
		token = ""
		q.stale = append(q.stale, hashToken(s.Token))
	}
	ctx, err := m.scs.Load(ctx, token)
	if err != nil { // the sealed store never fails a read; this would be a fault of ours
		m.log.ErrorContext(ctx, "bag not loaded", "err", err)
		away(w, r)
		return
	}
	r = r.WithContext(ctx)
	sw := &writer{ResponseWriter: w}
	sw.settle = func() error { return m.settle(ctx, q, w) }
	sw.fail = func() { away(w, r) }
	next.ServeHTTP(sw, r)
	sw.finish()
}

// request is what one request does to its cookie and bag. It is used by one goroutine.
type request struct {
	standing  Standing
	presented bool     // the browser sent a cookie of our name, good or not
	ended     string   // handle in the farewell cookie
	read      []byte   // the bag as it was stored, nil for none
	changes   changes  // what the request did to its values
	filled    bool     // there is something in the bag once it is settled
	lost      error    // why the bag could not be read
	missing   bool     // a token was presented and there is no bag under it
	needed    bool     // a change must not be lost
	abandoned bool     // nothing of the bag is written
	over      bool     // the session or the visit ended in this request
	rotated   *Opened  // the session as it is under the token made in this request
	emptied   bool     // and it is another person's: nothing of the bag comes along
	stale     []string // keys of bags to delete once the rest is settled
}

type requestKey struct{}

func requestOf(ctx context.Context) *request { return ctx.Value(requestKey{}).(*request) }

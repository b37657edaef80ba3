// Package bag is the cookie side of a session: scs for tokens and a small sealed bag of values, and the writer that
// settles cookie and bag before the first byte of an answer. It does not know who is signed in: each request comes with
// what the row says of its token, so a lost bag signs nobody in or out.
package bag

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/seal"
	"example.com/gatehouse/internal/session"
)

// ErrUnavailable means the bag cannot be reached at the moment, so what needs it cannot be done.
var ErrUnavailable = errors.New("the bag cannot be reached")

const (
	// anonymousLife is how long a visitor's bag is kept after it last changed.
	anonymousLife = time.Hour
	// settleWithin bounds the writes that must not be torn apart by a client that hangs up.
	settleWithin = 2 * time.Second
)

// Manager gives each request its bag, and settles cookie and bag before its answer goes out.
type Manager struct {
	scs            *scs.SessionManager
	bags           *sealed
	secure, shared bool
	log            *slog.Logger
}

// New returns a Manager. Secure cookies are named __Host-...; the others are plain ones, for browsers that refuse those on
// http. On a shared host other instances, which have other databases, set cookies of the same name: browsers tell no ports apart.
func New(bags Bags, sealer *seal.Sealer, secure, shared bool, log *slog.Logger) *Manager {
	m := &Manager{scs: scs.New(), bags: &sealed{sealer, bags, log}, secure: secure, shared: shared, log: log}
	m.scs.Store = m.bags
	m.scs.Codec = codec{}
	m.scs.HashTokenInStore = true
	m.scs.IdleTimeout = 0 // the row decides; here it would make every request a write
	return m
}

// A Session is what the row says about the token of one request.
type Session struct {
	State      session.State
	Token      string    // as Token returned it
	Expires    time.Time // when the bag of a Live session ends unless it is used: soon after its idle timeout
	Persistent time.Time // until when the cookie of a session that was just rotated outlives the browser; zero for not at all
	Handle     string    // the public name of a Live or Ended session
	// Now returns the hash of the token that the browser of this request has by now: another one when Token was
	// replaced in the meantime. nil stands for the same one.
	Now func(ctx context.Context) (tokenHash string, err error)
}

// Serve answers the request with next: the bag is in its context, and cookie and bag are settled before the first
// byte goes out. When a value that was saved cannot be stored, fail answers instead of next.
func (m *Manager) Serve(w http.ResponseWriter, r *http.Request, s Session, next http.Handler, fail func(http.ResponseWriter, *http.Request, error)) {
	q := &request{Session: s, lastEnded: m.OneTime(r, brand.EndedCookie), saved: map[string]bool{}}
	q.state, q.presented, q.ours = s.State, m.HasCookie(r), !m.shared || s.Token == ""
	if q.dead() { // a bag that is still under it must not be read
		s.Token = ""
	}
	if s.State != session.Live {
		q.Expires = time.Now().Add(anonymousLife).UTC()
	}
	ctx, err := m.scs.Load(context.WithValue(r.Context(), requestKey{}, q), s.Token)
	if err != nil { // the sealed store never fails a read; this would be a fault of ours
		m.log.ErrorContext(r.Context(), "bag not loaded", "err", err)
		fail(w, r, err)
		return
	}
	r = r.WithContext(ctx)
	sw := &writer{w, sync.OnceValue(func() bool {
		stored := m.settle(ctx, q, w)
		if !stored {
			fail(w, r, ErrUnavailable)
		}
		return stored
	})}
	next.ServeHTTP(sw, r)
	sw.finish()
}

// request is what one request does to its cookie and bag. It is used by one goroutine.
type request struct {
	Session
	situation
	lastEnded string          // handle that the browser brought of the session that ended in it
	read      reading         // the bag as it was when the request began
	saved     map[string]bool // names of values that must not be lost
	filled    bool            // there is something in the bag that was stored
}

// forget drops what was read of the bag, which is to be deleted.
func (q *request) forget() { q.read, q.emptied = reading{}, true }

type requestKey struct{}

// requestOf returns nil outside Serve.
func requestOf(ctx context.Context) *request {
	q, _ := ctx.Value(requestKey{}).(*request)
	return q
}

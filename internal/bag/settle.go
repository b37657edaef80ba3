package bag

import (
	"context"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"example.com/gatehouse/internal/session"
)

// settle does what decide says, once, before the first byte of the answer, and also when the client has hung up. It fails
// when a value that was saved could not be stored.
func (m *Manager) settle(ctx context.Context, q *request, w http.ResponseWriter) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	q.changed = m.scs.Status(ctx) == scs.Modified
	o := decide(q.situation)
	if lost := m.store(ctx, q, o.bag); lost != nil {
		m.log.WarnContext(ctx, "bag not stored", "err", lost)
		q.failed = true
		o = decide(q.situation)
		if len(q.saved) > 0 {
			w.Header().Del("Set-Cookie") // of the answer that will not be given
			_ = m.scs.Clear(ctx)         // the page in its place must not say what was not stored
			err = ErrUnavailable
		}
	}
	m.setCookies(ctx, q, o.cookie, w)
	if o.deleted {
		if err := m.bags.bags.Delete(ctx, hashToken(q.Token)); err != nil {
			m.log.WarnContext(ctx, "bag not deleted", "err", err)
		}
	}
	return err
}

// store hands the bag to the store, which merges it.
func (m *Manager) store(ctx context.Context, q *request, o bagOutcome) error {
	switch {
	case o == bagLeft:
		return nil
	case o == bagMoved:
		m.scs.SetDeadline(ctx, q.opened.Expires)
	case q.state == session.Live:
		m.scs.SetDeadline(ctx, q.Expires)
	default:
		m.scs.SetDeadline(ctx, time.Now().Add(anonymousLife).UTC())
	}
	_, _, err := m.scs.Commit(ctx) // makes a token where there is none
	return err
}

func (m *Manager) setCookies(ctx context.Context, q *request, o cookieOutcome, w http.ResponseWriter) {
	token := m.scs.Token(ctx)
	switch {
	case o == cookieLeft:
	case o == cookieOfSession:
		m.cookies.setSession(w, token, q.opened)
		if q.farewell != "" {
			m.cookies.set(w, http.Cookie{Name: m.cookies.ended, MaxAge: -1})
		}
	case o == cookieRemoved || !q.filled && q.presented:
		m.Remove(w, q.Handle)
	case q.filled && token != q.Token:
		m.cookies.set(w, http.Cookie{Name: m.cookies.id, Value: token})
		m.sayFarewell(w, q.Handle)
	}
}

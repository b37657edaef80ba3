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
	if o.stored {
		m.scs.SetDeadline(ctx, q.expires())
		if _, _, lost := m.scs.Commit(ctx); lost != nil {
			m.log.WarnContext(ctx, "bag not stored", "err", lost)
			q.failed = true
			o = decide(q.situation)
			err = m.replaceAnswer(ctx, q, w)
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

// replaceAnswer makes way for an error page, if the request saved what could not be stored.
func (m *Manager) replaceAnswer(ctx context.Context, q *request, w http.ResponseWriter) error {
	if len(q.saved) == 0 {
		return nil
	}
	w.Header().Del("Set-Cookie") // of the answer that will not be given
	_ = m.scs.Clear(ctx)         // the page in its place must not say what was not stored
	return ErrUnavailable
}

// expires is when the bag is forgotten.
func (q *request) expires() time.Time {
	switch {
	case q.did == rotated:
		return q.opened.Expires
	case q.state == session.Live:
		return q.Expires
	}
	return time.Now().Add(anonymousLife).UTC()
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

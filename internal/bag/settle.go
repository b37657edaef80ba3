package bag

import (
	"context"
	"net/http"

	"github.com/alexedwards/scs/v2"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/brand"
)

// settle does what decide says, once, before the first byte of the answer, and also when the client has hung up. It reports
// whether the answer may go out: not when a value that was saved could not be stored.
func (m *Manager) settle(ctx context.Context, q *request, w http.ResponseWriter) (stored bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	q.changed = m.scs.Status(ctx) == scs.Modified
	q.late = q.bag == found && m.scs.Token(ctx) == q.Token && m.scs.Deadline(ctx).Before(q.Expires) // a rotation that failed has another token
	o, stored := decide(q.situation), true
	if o.stored {
		m.scs.SetDeadline(ctx, q.Expires)
		if _, _, err := m.scs.Commit(ctx); err != nil {
			m.log.WarnContext(ctx, "bag not stored", "err", err)
			stored = len(q.saved) == 0
			q.failed = true
			o = decide(q.situation)
		}
	}
	if !stored { // an error page takes the place of the answer: it must not say what was not stored
		for _, name := range []string{"Set-Cookie", "Location", "Content-Length"} {
			w.Header().Del(name)
		}
		_ = m.scs.Clear(ctx)
	}
	m.setCookies(ctx, q, o.cookie, w)
	if o.deleted {
		if err := m.bags.bags.Delete(ctx, auth.HashToken(q.Token)); err != nil {
			m.log.WarnContext(ctx, "bag not deleted", "err", err)
		}
	}
	return stored
}

func (m *Manager) setCookies(ctx context.Context, q *request, o cookieOutcome, w http.ResponseWriter) {
	token := m.scs.Token(ctx)
	switch {
	case o == cookieLeft:
	case o == cookieOfSession:
		m.SetSession(w, token, q.Session)
		if q.lastEnded != "" {
			m.set(w, http.Cookie{Name: brand.EndedCookie, MaxAge: -1})
		}
	case o == cookieRemoved || !q.filled && q.presented && (q.ours || q.bag != missing):
		m.Remove(w, q.Handle)
	case q.filled && token != q.Token:
		m.set(w, http.Cookie{Name: brand.SessionCookie, Value: token})
		m.setEnded(w, q.Handle)
	}
}

package bag

import (
	"context"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"example.com/gatehouse/internal/session"
)

// settle stores the bag and sets, keeps or deletes the cookie. It runs once, before the first byte of the answer, and
// outlives a client that hangs up. The cookie follows the row, the bag follows the success of the request: the only
// error is that of a change which must not be lost.
func (m *Manager) settle(ctx context.Context, q *request, w http.ResponseWriter) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	err := m.settleBag(ctx, q)
	if err != nil {
		m.log.WarnContext(ctx, "bag not stored", "err", err)
		if q.needed {
			w.Header().Del("Set-Cookie") // of the answer that will not be given
			_ = m.scs.Clear(ctx)         // the page in its place must not say what was not kept
			if q.rotated != nil {
				m.settleCookies(ctx, q, w)
			}
			return ErrAway
		}
	}
	if err != nil {
		q.filled = false // a cookie would lead to nothing
	}
	m.settleCookies(ctx, q, w)
	for _, key := range q.stale {
		if _, err := m.bags.bags.Take(ctx, key); err != nil {
			m.log.WarnContext(ctx, "stale bag not deleted", "err", err)
		}
	}
	return nil
}

func (m *Manager) settleBag(ctx context.Context, q *request) error {
	q.filled = len(m.scs.Keys(ctx)) > 0
	if q.over || q.abandoned && q.rotated == nil || q.standing.State == session.Replaced && q.rotated == nil || m.scs.Status(ctx) != scs.Modified {
		return nil
	}
	if q.lost != nil {
		return q.lost // storing now would overwrite values that were merely out of reach
	}
	if q.abandoned {
		clear(q.changes)
	}
	token := m.scs.Token(ctx)
	switch {
	case q.rotated != nil && q.inherits():
		return m.bags.move(ctx, hashToken(q.standing.Token), hashToken(token), q.changes, q.rotated.Expires)
	case q.rotated != nil:
		_, err := m.bags.write(ctx, hashToken(token), nil, q.changes, q.rotated.Expires)
		return err
	case token == "" && q.filled:
		m.scs.SetDeadline(ctx, time.Now().Add(anonymousLife).UTC())
		_, _, err := m.scs.Commit(ctx) // which makes the token
		return err
	case token == "":
		return nil
	}
	return m.writeBag(ctx, q, hashToken(token))
}

// inherits reports whether the bag under the token that the browser came with is this person's.
func (q *request) inherits() bool {
	return !q.emptied && q.standing.Token != "" && q.standing.State != session.Ended && q.standing.State != session.Replaced
}

// writeBag writes the bag of a request that keeps its token. What the person relies on also survives a rotation by
// another request of the same browser at this moment.
func (m *Manager) writeBag(ctx context.Context, q *request, key string) (err error) {
	expires := q.standing.Expires
	if q.standing.State != session.Live {
		expires = time.Now().Add(anonymousLife).UTC()
	}
	if q.filled, err = m.bags.write(ctx, key, q.read, q.changes, expires); err != nil || !q.needed || q.standing.Now == nil {
		return err
	}
	return m.bags.follow(ctx, key, q.standing.Now, q.changes, expires)
}

func (m *Manager) settleCookies(ctx context.Context, q *request, w http.ResponseWriter) {
	switch {
	case q.rotated != nil:
		if q.rotated.Persistent {
			m.scs.RememberMe(ctx, true) // asks WriteSessionCookie for an expiry; the bag is stored already
		}
		m.scs.WriteSessionCookie(ctx, w, m.scs.Token(ctx), q.rotated.Expires)
		if q.ended != "" {
			m.cookies.dropEnded(w)
		}
	case q.standing.State == session.Replaced:
		return // the browser holds a newer cookie; if it does not, this is a copy, and deleting helps nobody
	case q.over && !q.presented:
		return
	case q.over || q.standing.State == session.Ended:
		m.settleEnded(ctx, q, w)
	case q.standing.State == session.Live:
		return
	case q.abandoned && q.standing.Token != "" && !q.missing:
		return // the visitor's bag is as it was
	case !q.abandoned && m.scs.Token(ctx) != "" && q.filled:
		token := m.scs.Token(ctx)
		if token == q.standing.Token {
			return
		}
		m.scs.WriteSessionCookie(ctx, w, token, time.Now().Add(anonymousLife))
	case q.presented && q.lost == nil:
		m.scs.WriteSessionCookie(ctx, w, "", time.Time{})
	default:
		return
	}
	w.Header().Set("Cache-Control", "no-store") // never a shared copy of somebody's cookie
}

// settleEnded takes the cookie of a session that is over, and leaves its farewell. What somebody put into the bag after
// that is a visitor's, who has to find it again.
func (m *Manager) settleEnded(ctx context.Context, q *request, w http.ResponseWriter) {
	if q.over || q.abandoned || !q.filled {
		m.scs.WriteSessionCookie(ctx, w, "", time.Time{})
	} else {
		m.scs.WriteSessionCookie(ctx, w, m.scs.Token(ctx), time.Now().Add(anonymousLife))
	}
	if q.standing.Handle != "" {
		m.cookies.setEnded(w, q.standing.Handle)
	}
}

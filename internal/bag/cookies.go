package bag

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"net/textproto"
	"strings"
	"time"

	"example.com/gatehouse/internal/brand"
)

// endedLife is how long a browser can still be told why its session ended.
const endedLife = 10 * time.Minute

// Token returns the token of the request: of exactly one well-formed cookie of our name. Two of them mean that
// somebody planted one, and choosing would be guessing. No browser sends a space behind a name, which net/http would trim.
func (m *Manager) Token(r *http.Request) (token string, ok bool) {
	sent := r.CookiesNamed(m.Cookie().Name)
	if m.sent(r) != 1 || len(sent) != 1 || sent[0].Quoted || !wellFormed(sent[0].Value) ||
		!strings.Contains(strings.Join(r.Header["Cookie"], ";"), sent[0].String()) {
		return "", false
	}
	return sent[0].Value, true
}

// HasCookie reports whether the request carries a session cookie of ours, good or not.
func (m *Manager) HasCookie(r *http.Request) bool { return m.sent(r) > 0 }

// sent counts the cookies of our name as the browser sent them: net/http leaves out those whose value it cannot read. It
// trims what net/http trims and no more: a name with another kind of space before it is one that a neighbouring site may
// set, although it may not set ours.
func (m *Manager) sent(r *http.Request) (n int) {
	for _, line := range r.Header["Cookie"] {
		for one := range strings.SplitSeq(line, ";") {
			if name, _, _ := strings.Cut(one, "="); textproto.TrimString(name) == m.Cookie().Name {
				n++
			}
		}
	}
	return n
}

// wellFormed reports whether the value has the form of a token: 32 bytes in base64url.
func wellFormed(value string) bool {
	_, err := base64.RawURLEncoding.Strict().DecodeString(value)
	return err == nil && len(value) == 43
}

// set writes a cookie of ours. No cache may store an answer that does: a shared copy would give one person's cookie to
// others.
func (m *Manager) set(w http.ResponseWriter, cookie http.Cookie) {
	cookie = m.protect(cookie)
	http.SetCookie(w, &cookie)
	w.Header().Set("Cache-Control", "no-store")
}

// protect completes a cookie that has the short name of its purpose.
func (m *Manager) protect(cookie http.Cookie) http.Cookie {
	cookie.Name, cookie.Secure = brand.Cookie(cookie.Name, m.secure), m.secure
	cookie.Path, cookie.HttpOnly, cookie.SameSite = "/", true, cmp.Or(cookie.SameSite, http.SameSiteLaxMode)
	return cookie
}

// Cookie returns the session's cookie as it is written to browsers, without value or expiry.
func (m *Manager) Cookie() http.Cookie { return m.protect(http.Cookie{Name: brand.SessionCookie}) }

// SetSession writes the cookie of a session. Outside Serve it is for an answer that was given before.
func (m *Manager) SetSession(w http.ResponseWriter, token string, s Session) {
	cookie := http.Cookie{Name: brand.SessionCookie, Value: token}
	if !s.Persistent.IsZero() {
		cookie.Expires, cookie.MaxAge = CookieExpires(s.Persistent), int(time.Until(s.Persistent).Seconds()+1)
	}
	m.set(w, cookie)
}

// CookieExpires is the date that the cookie of a remembered session carries, for a session that ends at the given time:
// rounded up to a whole second.
func CookieExpires(ends time.Time) time.Time {
	return ends.UTC().Truncate(time.Second).Add(time.Second)
}

// Remove deletes the session cookie, and leaves the handle of the session that ended, if one did. It is for requests
// that are answered outside Serve.
func (m *Manager) Remove(w http.ResponseWriter, endedHandle string) {
	// Long ago, for browsers that do not know Max-Age.
	m.set(w, http.Cookie{Name: brand.SessionCookie, Expires: time.Unix(1, 0), MaxAge: -1})
	m.setEnded(w, endedHandle)
}

// setEnded lets the browser say for a while which session ended in it, so that a page can say why.
func (m *Manager) setEnded(w http.ResponseWriter, handle string) {
	if handle != "" {
		m.set(w, http.Cookie{Name: brand.EndedCookie, Value: handle, MaxAge: int(endedLife.Seconds())})
	}
}

package bag

import (
	"encoding/base64"
	"net/http"
	"net/textproto"
	"strings"
	"time"

	"example.com/gatehouse/internal/brand"
)

// farewell is how long a browser can still be told why its session ended.
const farewell = 10 * time.Minute

// cookies are the names a browser knows us by. None says what the program is.
type cookies struct {
	id      string // carries the token
	ended   string // carries the public handle of the session that ended here
	pending string // carries the token of a sign-in between its two steps
	secure  bool
}

func newCookies(secure bool) cookies {
	return cookies{
		id: brand.Cookie(brand.SessionCookie, secure), ended: brand.Cookie(brand.EndedCookie, secure),
		pending: brand.Cookie(brand.PendingCookie, secure), secure: secure,
	}
}

// Token returns the token of the request: of exactly one well-formed cookie of our name. Two of them mean that
// somebody planted one, and choosing would be guessing.
func (m *Manager) Token(r *http.Request) (token string, ok bool) {
	sent := r.CookiesNamed(m.cookies.id)
	if m.sent(r) != 1 || len(sent) != 1 || sent[0].Quoted || !wellFormed(sent[0].Value) {
		return "", false
	}
	return sent[0].Value, true
}

// Presented reports whether the request carries any cookie of ours, good or not.
func (m *Manager) Presented(r *http.Request) bool { return m.sent(r) > 0 }

// sent counts the cookies of our name as the browser sent them: net/http leaves out those whose value it cannot read. It
// trims what net/http trims and no more: a name with another kind of space before it is one that a neighbouring site may
// set, although it may not set ours.
func (m *Manager) sent(r *http.Request) (n int) {
	for _, line := range r.Header["Cookie"] {
		for one := range strings.SplitSeq(line, ";") {
			if name, _, _ := strings.Cut(one, "="); textproto.TrimString(name) == m.cookies.id {
				n++
			}
		}
	}
	return n
}

// Remove deletes the session cookie of a request that is answered outside Serve, and leaves the farewell of the
// session that ended, if one did.
func (m *Manager) Remove(w http.ResponseWriter, r *http.Request, endedHandle string) {
	m.scs.WriteSessionCookie(r.Context(), w, "", time.Time{})
	if endedHandle != "" {
		m.cookies.setEnded(w, endedHandle)
	}
	w.Header().Set("Cache-Control", "no-store")
}

// wellFormed reports whether the value has the form of a token: 32 bytes in base64url.
func wellFormed(value string) bool {
	if len(value) != 43 {
		return false
	}
	_, err := base64.RawURLEncoding.Strict().DecodeString(value)
	return err == nil
}

func (c cookies) endedHandle(r *http.Request) string {
	sent := r.CookiesNamed(c.ended)
	if len(sent) != 1 || len(sent[0].Value) > 64 {
		return ""
	}
	return sent[0].Value
}

func (c cookies) setEnded(w http.ResponseWriter, handle string) {
	http.SetCookie(w, &http.Cookie{
		Name: c.ended, Value: handle, Path: "/", MaxAge: int(farewell.Seconds()),
		Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (c cookies) dropEnded(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{
		Name: c.ended, Path: "/", MaxAge: -1, Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

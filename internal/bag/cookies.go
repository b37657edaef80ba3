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

// farewellLife is how long a browser can still be told why its session ended.
const farewellLife = 10 * time.Minute

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

// wellFormed reports whether the value has the form of a token: 32 bytes in base64url.
func wellFormed(value string) bool {
	if len(value) != 43 {
		return false
	}
	_, err := base64.RawURLEncoding.Strict().DecodeString(value)
	return err == nil
}

// single returns the value of a cookie that was sent once and is no longer than ours are, "" otherwise.
func single(r *http.Request, name string) string {
	sent := r.CookiesNamed(name)
	if len(sent) != 1 || len(sent[0].Value) > 64 {
		return ""
	}
	return sent[0].Value
}

// set writes a cookie of ours. An answer that does is kept by no cache: a shared copy would hand somebody's cookie on.
func (c cookies) set(w http.ResponseWriter, cookie http.Cookie) {
	c.protect(&cookie)
	http.SetCookie(w, &cookie)
	w.Header().Set("Cache-Control", "no-store")
}

func (c cookies) protect(cookie *http.Cookie) {
	cookie.Path, cookie.HttpOnly, cookie.Secure = "/", true, c.secure
	cookie.SameSite = cmp.Or(cookie.SameSite, http.SameSiteLaxMode)
}

// Cookie returns the session's cookie as it is written to browsers, without value or expiry.
func (m *Manager) Cookie() http.Cookie {
	cookie := http.Cookie{Name: m.cookies.id}
	m.cookies.protect(&cookie)
	return cookie
}

func (c cookies) setSession(w http.ResponseWriter, token string, s Opened) {
	cookie := http.Cookie{Name: c.id, Value: token}
	if s.Persistent {
		cookie.Expires, cookie.MaxAge = CookieExpires(s.Expires), int(time.Until(s.Expires).Seconds()+1)
	}
	c.set(w, cookie)
}

// CookieExpires is the date that the cookie of a remembered session carries, for a session that ends at the given time:
// rounded up to a whole second.
func CookieExpires(ends time.Time) time.Time {
	return ends.UTC().Truncate(time.Second).Add(time.Second)
}

// Remove deletes the session cookie, and leaves the farewell of the session that ended, if one did. It is for requests
// that are answered outside Serve.
func (m *Manager) Remove(w http.ResponseWriter, endedHandle string) {
	long := time.Unix(1, 0) // ago, for browsers that do not know Max-Age
	m.cookies.set(w, http.Cookie{Name: m.cookies.id, Expires: long, MaxAge: -1})
	m.sayFarewell(w, endedHandle)
}

func (m *Manager) sayFarewell(w http.ResponseWriter, endedHandle string) {
	if endedHandle != "" {
		m.cookies.set(w, http.Cookie{Name: m.cookies.ended, Value: endedHandle, MaxAge: int(farewellLife.Seconds())})
	}
}

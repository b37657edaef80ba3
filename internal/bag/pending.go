package bag

import (
	"net/http"
	"time"

	"example.com/gatehouse/internal/brand"
)

// A sign-in between its two steps has a cookie of its own. Its token is made once the password is right, so whoever
// planted a visitor's cookie in this browser does not know it; it is found without the bag, so people with a second
// factor sign in while that is unavailable; and the session's own cookie stays what it is until there is a session. No
// link from elsewhere needs it, so it is Strict.

// Pending returns the token of the pending sign-in of this browser, "" without exactly one.
func (m *Manager) Pending(r *http.Request) string { return m.OneTime(r, brand.PendingCookie) }

// SetPending makes the browser carry the token of a pending sign-in for as long as life.
func (m *Manager) SetPending(w http.ResponseWriter, token string, life time.Duration) {
	m.set(w, http.Cookie{Name: brand.PendingCookie, Value: token, MaxAge: int(life.Seconds()), SameSite: http.SameSiteStrictMode})
}

// OneTime returns the token of the link that this browser has followed, kept under that name; "" without exactly one that is
// no longer than ours are. Like a pending sign-in it is not in the bag: whoever knows the cookie from before would have it too.
func (m *Manager) OneTime(r *http.Request, name string) string {
	sent := r.CookiesNamed(brand.Cookie(name, m.secure))
	if len(sent) != 1 || len(sent[0].Value) > 64 {
		return ""
	}
	return sent[0].Value
}

// SetOneTime keeps the token of a link that was followed from an email until the browser closes. An empty one deletes it.
func (m *Manager) SetOneTime(w http.ResponseWriter, name, token string) {
	cookie := http.Cookie{Name: name, Value: token}
	if token == "" {
		cookie.MaxAge = -1
	}
	m.set(w, cookie)
}

// DropPending deletes the cookie of a pending sign-in.
func (m *Manager) DropPending(w http.ResponseWriter) { m.SetPending(w, "", -time.Second) }

package bag

import (
	"net/http"
	"time"
)

// A sign-in between its two steps has a cookie of its own. Its token is made once the password is right, so whoever
// planted a visitor's cookie in this browser does not know it; it is found without the bag, so people with a second
// factor sign in while that is away; and the session's own cookie stays what it is until there is a session. No link from
// elsewhere needs it, so it is Strict.

// Pending returns the token of the sign-in that waits in this browser, "" without exactly one.
func (m *Manager) Pending(r *http.Request) string {
	sent := r.CookiesNamed(m.cookies.pending)
	if len(sent) != 1 || len(sent[0].Value) > 64 {
		return ""
	}
	return sent[0].Value
}

// SetPending makes the browser carry the token of a sign-in that waits for as long as life.
func (m *Manager) SetPending(w http.ResponseWriter, token string, life time.Duration) {
	http.SetCookie(w, m.cookies.ofPending(token, int(life.Seconds())))
	w.Header().Set("Cache-Control", "no-store")
}

// DropPending takes it away again.
func (m *Manager) DropPending(w http.ResponseWriter) {
	http.SetCookie(w, m.cookies.ofPending("", -1))
	w.Header().Set("Cache-Control", "no-store")
}

func (c cookies) ofPending(token string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: c.pending, Value: token, Path: "/", MaxAge: maxAge,
		Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
}

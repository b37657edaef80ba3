package bag

import (
	"net/http"
	"time"
)

// A sign-in between its two steps has a cookie of its own. Its token is made once the password is right, so whoever
// planted a visitor's cookie in this browser does not know it; it is found without the bag, so people with a second
// factor sign in while that is unavailable; and the session's own cookie stays what it is until there is a session. No
// link from elsewhere needs it, so it is Strict.

// Pending returns the token of the sign-in that waits in this browser, "" without exactly one.
func (m *Manager) Pending(r *http.Request) string { return single(r, m.cookies.pending) }

// SetPending makes the browser carry the token of a sign-in that waits for as long as life.
func (m *Manager) SetPending(w http.ResponseWriter, token string, life time.Duration) {
	m.cookies.set(w, http.Cookie{Name: m.cookies.pending, Value: token, MaxAge: int(life.Seconds()), SameSite: http.SameSiteStrictMode})
}

// DropPending takes it away again.
func (m *Manager) DropPending(w http.ResponseWriter) { m.SetPending(w, "", -time.Second) }

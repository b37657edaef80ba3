package bag

import (
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestCookieLines holds what browsers are sent, to the letter.
func TestCookieLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // whose clock begins with the year 2000
		ends := time.Now().Add(time.Hour + time.Second/2)
		for want, write := range map[string]func(*Manager, *httptest.ResponseRecorder){
			"id=TOKEN; Path=/; HttpOnly; Secure; SameSite=Lax": func(m *Manager, w *httptest.ResponseRecorder) {
				m.SetSession(w, "TOKEN", Session{Expires: ends})
			},
			"id=TOKEN; Path=/; Expires=Sat, 01 Jan 2000 01:00:01 GMT; Max-Age=3601; HttpOnly; Secure; SameSite=Lax": func(m *Manager, w *httptest.ResponseRecorder) {
				m.SetSession(w, "TOKEN", Session{Persistent: ends})
			},
			"id=; Path=/; Expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; HttpOnly; Secure; SameSite=Lax": func(m *Manager, w *httptest.ResponseRecorder) {
				m.Remove(w, "")
			},
			"ended=HANDLE; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax": func(m *Manager, w *httptest.ResponseRecorder) {
				m.setEnded(w, "HANDLE")
			},
			"pending=TOKEN; Path=/; Max-Age=300; HttpOnly; Secure; SameSite=Strict": func(m *Manager, w *httptest.ResponseRecorder) {
				m.SetPending(w, "TOKEN", 5*time.Minute)
			},
			"pending=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict": func(m *Manager, w *httptest.ResponseRecorder) {
				m.DropPending(w)
			},
		} {
			for _, secure := range []bool{true, false} {
				w, want := httptest.NewRecorder(), "__Host-"+want
				if !secure {
					want = strings.ReplaceAll(strings.TrimPrefix(want, "__Host-"), "; Secure", "")
				}
				write(&Manager{secure: secure}, w)
				if got := w.Header()["Set-Cookie"]; len(got) != 1 || got[0] != want {
					t.Errorf("got %q\nwant %q", got, want)
				}
				if got := w.Header().Get("Cache-Control"); got != "no-store" {
					t.Errorf("%s: Cache-Control %q, want no-store", want, got)
				}
			}
		}
	})
}

package sessioncheck_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/gatehouse/internal/sessioncheck"
)

// harmless scans an application with the default settings and fails when anything was sent that changes more than a session.
func harmless(t *testing.T, app *sound, front func(next http.Handler) http.Handler) {
	t.Helper()
	var mu sync.Mutex
	sent := map[string]bool{}
	h := front(app.handler())
	r := scanned(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		if r.Method != http.MethodGet && r.URL.Path != "/login" && r.URL.RequestURI() != "/logout" || slices.Contains(dangerous, r.URL.Path) {
			sent[r.Method+" "+r.URL.Path] = true
		}
		mu.Unlock()
		h.ServeHTTP(w, r)
	}), func(o *sessioncheck.Options) { o.Profile, o.Allow, o.MaxWait = sessioncheck.Profile{}, nil, 0 })
	for request := range sent {
		t.Errorf("%s was sent", request)
	}
	if out, _ := r.Of("signout-server"); out.Verdict != sessioncheck.Passed {
		show(t, r)
		t.Errorf("signout-server: got %s, want a scan of the application all the same", out.Verdict)
	}
}

// dangerous are addresses that do something even when they are only asked for.
var dangerous = []string{"/account/delete", "/account/close", "/sessions/revoke", "/session", "/logout/everywhere"}

func plain(next http.Handler) http.Handler { return next }

const twoFields = `<input name=email type=email><input name=password type=password>`

// A name and a password are typed into the form that signs in, and into none that takes the same two for something else.
func TestOnlySignInForm(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]string{
		"deletes":           `<form method=post action=/account/delete>` + twoFields + `<button>Delete account</button></form>`,
		"does not say what": `<form method=post action=/account/gone>` + twoFields + `<button>Confirm</button></form>`,
		"is at the address": `<form method=post action=/login><input type=hidden name=_method value=delete>` + twoFields + `<button>Confirm</button></form>`,
	} {
		t.Run("a form for who is signed in that "+name, func(t *testing.T) {
			t.Parallel()
			app := &sound{}
			harmless(t, app, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					cookie, err := r.Cookie(soundCookie)
					if err != nil {
						cookie = &http.Cookie{}
					}
					app.mu.Lock()
					in := app.sessions[cookie.Value] != ""
					app.mu.Unlock()
					switch {
					case r.URL.Path == "/login" && r.Method == http.MethodGet && in:
						http.Redirect(w, r, "/account", http.StatusSeeOther)
					case r.URL.Path == "/account" && in:
						fmt.Fprint(w, "<h1>Account</h1>"+form)
					case r.URL.Path == "/login" && r.FormValue("_method") == "delete":
						t.Error("the account was deleted")
					default:
						next.ServeHTTP(w, r)
					}
				})
			})
		})
	}
	for name, form := range map[string]string{
		"says so":     `<form method=post action=/users>` + twoFields + `<button>Create account</button></form>`,
		"says little": `<form method=post action=/users>` + twoFields + `<button>Start</button></form>`,
		"registers":   `<form method=post action=/register?then=login>` + twoFields + `<button>Go</button></form>`,
		"is new":      `<form method=post action=/users>` + `<input name=email><input name=password type=password autocomplete=new-password></form>`,
	} {
		t.Run("a sign-up on the first page that "+name, func(t *testing.T) {
			t.Parallel()
			harmless(t, &sound{}, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/" {
						w.Header().Set("Content-Type", "text/html")
						fmt.Fprint(w, form+`<a href=/login>Log in</a>`)
						return
					}
					next.ServeHTTP(w, r)
				})
			})
		})
	}
}

// What stands beside the way to sign out is neither followed nor sent, although its words are like those of sessions.
func TestDangerousNeighbours(t *testing.T) {
	t.Parallel()
	post := func(action, label string) string {
		return fmt.Sprintf(`<form method=post action=%s><button>%s</button></form>`, action, label)
	}
	for _, beside := range []string{
		post("/subscription/renew", "Renew subscription"),
		post("/loans/7", "Extend"),
		post("/catalog/renew", "Renew"),
		post("/logout/everywhere", "Sign out everywhere"),
		post("/sign-out-all", "Go"),
		post("/sessions/logoutAll", "Go"),
		post("/sessions/logout-others", "Go"),
		post("/sessions/end", "Sign out the other devices"),
		post("/sessions/renew", "Revoke and renew"),
		post("/logout?all=1", "Sign out"),
		`<a href="/account/delete">Delete account</a>`,
		`<a href="/sessions/revoke?id=1">This session</a>`,
		`<a href="/account/close">My account</a>`,
		`<a href="/session?end=1">Session</a>`,
	} {
		t.Run(beside, func(t *testing.T) {
			t.Parallel()
			harmless(t, &sound{beside: beside, atRoot: strings.HasPrefix(beside, "<a")}, plain) // a public page has its links followed
		})
	}
}

// A form that extends the session is known by its words without a profile.
func TestExtendIsFound(t *testing.T) {
	t.Parallel()
	for _, form := range []string{
		`<form method=post action=/session/extend><button>Go on</button></form>`,
		`<form method=post action=/more><button>Stay signed in</button></form>`,
		`<form method=post action=/more><button>Extend my session</button></form>`,
	} {
		app := &sound{beside: form}
		r := scanned(t, app.handler(), func(o *sessioncheck.Options) { o.Profile, o.MaxWait = sessioncheck.Profile{}, 0 })
		c, _ := r.Of("resurrection")
		if evidence := strings.Join(c.Evidence, " "); !strings.Contains(evidence, "POST /more") && !strings.Contains(evidence, "POST /session/extend") {
			t.Errorf("%s: got %s, %q", form, c.Why, c.Evidence)
		}
	}
}

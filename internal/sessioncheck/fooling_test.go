package sessioncheck_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/sessioncheck"
)

// A sound is a small application whose sessions are handled well, in ways that make a scanner err.
type sound struct {
	atRoot, answers200, rotates, doubleSubmit, asJSON bool

	beside string // what else stands on the page of who is signed in

	mu       sync.Mutex
	sessions map[string]string // names by token
	failures map[string]int
}

const soundCookie = "__Host-sid"

func (a *sound) handler() http.Handler {
	a.sessions, a.failures = map[string]string{}, map[string]int{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.root)
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) { a.form(w, r, "") })
	mux.HandleFunc("POST /login", a.signIn)
	mux.HandleFunc("POST /logout", a.signOut)
	mux.HandleFunc("GET /home", a.home)
	mux.HandleFunc("GET /api/me", a.home)
	protected := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Content-Type": "text/html; charset=utf-8",
		} {
			w.Header().Set(name, value)
		}
		protected.ServeHTTP(w, r)
	})
}

// name is who the request is from. Where tokens rotate, its answer brings the next one.
func (a *sound) name(w http.ResponseWriter, r *http.Request) string {
	cookie, err := r.Cookie(soundCookie)
	if err != nil {
		return ""
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	name := a.sessions[cookie.Value]
	if name != "" && a.rotates {
		delete(a.sessions, cookie.Value)
		a.begin(w, name)
	}
	return name
}

func (a *sound) begin(w http.ResponseWriter, name string) {
	token := rand.Text()
	a.sessions[token] = name
	http.SetCookie(w, &http.Cookie{Name: soundCookie, Value: token, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func (a *sound) root(w http.ResponseWriter, r *http.Request) {
	switch {
	case a.asJSON:
		fmt.Fprint(w, `<!doctype html><title>App</title><div id="app"></div><script src="/app.js"></script>`)
	case !a.atRoot:
		fmt.Fprint(w, `<h1>Shop</h1><p>Welcome, everybody</p><a href="/login">Log in</a>`)
	default:
		name := a.name(w, r)
		fmt.Fprint(w, `<h1>Shop</h1><p>Lamps, chairs and tables</p>`)
		if name == "" {
			fmt.Fprint(w, `<a href="/login">Log in</a>`)
		} else {
			fmt.Fprintf(w, `<p>Hello %s</p>%s<form method=post action=/logout><button>Log out</button></form>`, name, a.beside)
		}
	}
}

func (a *sound) form(w http.ResponseWriter, r *http.Request, problem string) {
	hidden := ""
	if a.doubleSubmit {
		cookie, err := r.Cookie("csrf")
		if err != nil {
			cookie = &http.Cookie{Name: "csrf", Value: rand.Text(), Path: "/", Secure: true, SameSite: http.SameSiteStrictMode}
			http.SetCookie(w, cookie)
		}
		hidden = `<input type=hidden name=csrf value=` + cookie.Value + `>`
	}
	fmt.Fprintf(w, `<h1>Log in</h1><p>%s</p><form method=post>%s<input name=email type=email><input name=password type=password><button>Log in</button></form>`, problem, hidden)
}

// forged reports whether a form lacks the value of the cookie beside.
func (a *sound) forged(w http.ResponseWriter, r *http.Request) bool {
	cookie, err := r.Cookie("csrf")
	if a.doubleSubmit && (err != nil || cookie.Value != r.FormValue("csrf")) {
		http.Error(w, "forged", http.StatusForbidden)
		return true
	}
	return false
}

func (a *sound) signIn(w http.ResponseWriter, r *http.Request) {
	if a.forged(w, r) {
		return
	}
	email, secret := r.FormValue("email"), r.FormValue("password")
	if a.asJSON {
		var fields map[string]string
		_ = json.NewDecoder(r.Body).Decode(&fields)
		email, secret = fields["email"], fields["password"]
	}
	a.mu.Lock()
	a.failures[email]++
	tries := a.failures[email]
	a.mu.Unlock()
	if tries > 8 {
		http.Error(w, "wait", http.StatusTooManyRequests)
		return
	}
	if email != user || secret != password {
		a.form(w, r, "That is not right.")
		return
	}
	a.mu.Lock()
	delete(a.failures, email)
	if cookie, err := r.Cookie(soundCookie); err == nil {
		delete(a.sessions, cookie.Value)
	}
	a.begin(w, email)
	a.mu.Unlock()
	switch {
	case a.asJSON || a.answers200:
		fmt.Fprintf(w, "<h1>Hello</h1><p>%s</p>", email)
	case a.atRoot:
		http.Redirect(w, r, "/", http.StatusSeeOther)
	default:
		http.Redirect(w, r, "/home", http.StatusSeeOther)
	}
}

func (a *sound) signOut(w http.ResponseWriter, r *http.Request) {
	if a.forged(w, r) {
		return
	}
	if cookie, err := r.Cookie(soundCookie); err == nil {
		a.mu.Lock()
		delete(a.sessions, cookie.Value)
		a.mu.Unlock()
	}
	http.SetCookie(w, &http.Cookie{Name: soundCookie, Path: "/", Secure: true, MaxAge: -1})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (a *sound) home(w http.ResponseWriter, r *http.Request) {
	name := a.name(w, r)
	switch {
	case a.asJSON:
		w.Header().Set("Content-Type", "application/json")
		if name == "" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		fmt.Fprintf(w, `{"email": %q, "at": %q}`, name, rand.Text())
	case name == "" && a.answers200: // a sign-in page under the same address
		a.form(w, r, "Please log in first.")
	case name == "":
		http.Redirect(w, r, "/login", http.StatusSeeOther)
	default:
		hidden := ""
		if cookie, err := r.Cookie("csrf"); err == nil {
			hidden = `<input type=hidden name=csrf value=` + cookie.Value + `>`
		}
		fmt.Fprintf(w, `<h1>Your orders</h1><p>%s</p><p>%s</p>%s<form method=post action=/logout>%s<button>Log out</button></form>`, name, rand.Text(), a.beside, hidden)
	}
}

// Sound applications that are made to fool a scanner are accused of nothing.
func TestFooled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		app     *sound
		profile sessioncheck.Profile
	}{
		{"a private page that looks public", &sound{atRoot: true}, sessioncheck.Profile{}},
		{"a login that answers 200", &sound{answers200: true}, sessioncheck.Profile{Private: "/home"}},
		{"a token that changes with every answer", &sound{rotates: true}, sessioncheck.Profile{}},
		{"a cookie against forged forms beside", &sound{doubleSubmit: true}, sessioncheck.Profile{}},
		{"a single page with JSON", &sound{asJSON: true}, sessioncheck.Profile{
			Private: "/api/me", Logout: sessioncheck.Act{Request: "POST /logout"},
			SignIn: sessioncheck.Act{Request: "POST /login", JSON: map[string]string{"email": "{user}", "password": "{password}"}},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := scanned(t, c.app.handler(), func(o *sessioncheck.Options) { o.Profile, o.MaxWait = c.profile, time.Minute })
			if got := ids(r, sessioncheck.Finding); len(got) > 0 || r.Verdict == sessioncheck.NotSignedIn {
				show(t, r)
				t.Errorf("got %s and findings %v, want none", r.Verdict, got)
			}
			t.Logf("%s, inconclusive %v, skipped %v, %q", r.Verdict, ids(r, sessioncheck.Inconclusive), ids(r, sessioncheck.Skipped), r.Notes)
			if passed := ids(r, sessioncheck.Passed); len(passed) < 15 || !slices.Contains(passed, "signout-server") {
				t.Errorf("only %v passed", passed)
			}
			if left := len(c.app.sessions); left > 0 {
				t.Errorf("the scan left %d sessions", left)
			}
		})
	}
}

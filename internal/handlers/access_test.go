package handlers

import (
	"bufio"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
)

// access reads the table of docs/access.md: the guard of each "METHOD route".
func access(t *testing.T) map[string]string { return accessColumn(t, 3) }

// accessColumn reads one column of the table: 3 is the guard, 4 what a request changes.
func accessColumn(t *testing.T, column int) map[string]string {
	t.Helper()
	f, err := os.Open("../../docs/access.md")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		cells := strings.Split(lines.Text(), "|")
		if len(cells) < 5 || !strings.HasPrefix(strings.TrimSpace(cells[2]), "`/") {
			continue
		}
		table[strings.TrimSpace(cells[1])+" "+strings.Trim(cells[2], " `")] = strings.TrimSpace(cells[column])
	}
	return table
}

// TestAccess walks the router: each route has its line in the table, and its guard does what the line says.
func TestAccess(t *testing.T) {
	p := newPortal(t)
	table := access(t)
	u := p.newUser("Walker")
	err := chi.Walk(p.app.routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if route == "/static/*" && method != "GET" {
			return nil // a file handler is mounted for all methods and answers two of them
		}
		guard, ok := table[method+" "+route]
		if !ok {
			t.Errorf("%s %s has no line in docs/access.md", method, route)
			return nil
		}
		delete(table, method+" "+route)
		t.Run(method+" "+route, func(t *testing.T) { p.checkGuard(t, guard, method, route, u.Email) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for line := range table {
		t.Errorf("docs/access.md has a line for %s, the router has no such route", line)
	}
}

func (p *portal) checkGuard(t *testing.T, guard, method, route, email string) {
	path := strings.NewReplacer("{handle}", "NOSUCHHANDLE", "{token}", "NOSUCHTOKEN", "*", "nothing.css").Replace(route)
	ask := func(b *browser) *answer {
		if method == "POST" {
			return b.post(path)
		}
		return b.get(path)
	}
	stranger := ask(p.browser())
	toLogin := stranger.StatusCode == http.StatusSeeOther && strings.HasPrefix(stranger.Header.Get("Location"), "/login?next=")
	if guarded := guard == "signed in" || guard == "re-authenticated" || guard == "password here"; guarded != toLogin {
		t.Errorf("a stranger got %d to %q, guard is %q", stranger.StatusCode, stranger.Header.Get("Location"), guard)
	}
	member := p.browser()
	member.signIn(email, password)
	got := ask(member)
	toReauth := got.StatusCode == http.StatusSeeOther && strings.HasPrefix(got.Header.Get("Location"), "/reauth?next=")
	if (guard == "re-authenticated") != toReauth {
		t.Errorf("a member got %d to %q, guard is %q", got.StatusCode, got.Header.Get("Location"), guard)
	}
	if guard == "password here" && got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a member without the password got %d, want 422", got.StatusCode)
	}
	if guard == "script" {
		r := p.browser().request(method, path, nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if got := p.browser().do(r).StatusCode; got != http.StatusForbidden {
			t.Errorf("a script of another site got %d, want 403", got)
		}
	}
	if guard != "everybody" && guard != "script" && stranger.StatusCode == http.StatusOK && guard != "development" {
		t.Errorf("a stranger got the page, guard is %q", guard)
	}
}

// signIns are the routes by which a session begins, each with a form that does it for the address.
var signIns = map[string]func(email string) []string{
	"POST /login": func(email string) []string { return []string{"email", email, "password", password} },
	"POST /demo":  func(string) []string { return nil },
}

// No other route leads to a session, whatever is opened by somebody who is not signed in (ASVS v5.0.0-7.6.2, 6.3.4).
func TestOnlyTheseRoutesSignIn(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Only")
	before := p.count(`SELECT count(*) FROM sessions`)
	for line, changes := range accessColumn(t, 4) {
		method, route, _ := strings.Cut(line, " ")
		if signIns[line] != nil {
			continue
		}
		if strings.Contains(changes, "session begins") {
			t.Errorf("docs/access.md: by %s a session begins, want only by those known here", line)
		}
		b := p.browser()
		path := strings.NewReplacer("{handle}", "X", "{token}", "X", "*", "app.css").Replace(route)
		if method == "POST" {
			b.post(path, "email", u.Email, "password", password, "current_password", password, "name", "Only", "plan", "hall")
		} else {
			b.get(path + "?email=" + u.Email + "&password=" + strings.ReplaceAll(password, " ", "+"))
		}
		if b.alive() {
			t.Errorf("%s signed somebody in", line)
		}
	}
	if after := p.count(`SELECT count(*) FROM sessions`); after != before {
		t.Errorf("%d sessions, want %d", after, before)
	}
	for line, form := range signIns {
		b := p.browser()
		b.post(strings.TrimPrefix(line, "POST "), form(u.Email)...).want(http.StatusSeeOther)
		if !b.alive() || !strings.HasPrefix(accessColumn(t, 4)[line], "a session begins") {
			t.Errorf("%s: signed in: %t, docs/access.md says %q", line, b.alive(), accessColumn(t, 4)[line])
		}
	}
}

// A development portal shows its letters; any other has no such address.
func TestDevelopmentMailbox(t *testing.T) {
	p := portalOn(t, sqliteBackend(t), nil)
	p.browser().get("/dev/mail").want(http.StatusOK)
	q := portalOn(t, sqliteBackend(t), nil)
	q.app.Outbox = nil
	q.Handler = q.app.router()
	q.browser().get("/dev/mail").want(http.StatusNotFound)
}

// Another person's session answers like one that does not exist, and stays as it is (ASVS v5.0.0-8.2.2).
func TestForeignSession(t *testing.T) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) { portalOn(t, open(t), nil).checkForeignSession(t) })
	}
}

func (p *portal) checkForeignSession(t *testing.T) {
	mine, theirs := p.signedIn(p.newUser("Mallory")), p.signedIn(p.newUser("Alice"))
	handle := theirs.handle()
	mine.reauth(password).location("/account/sessions")
	for _, h := range []string{handle, "NOSUCHHANDLE", "%00", "%ff", "..%2f..", strings.Repeat("x", 3000)} {
		path := "/account/sessions/" + h
		if got := mine.get(path + "/end"); got.StatusCode != http.StatusNotFound {
			t.Errorf("GET .../%.20s/end: got %d, want 404", h, got.StatusCode)
		}
		for _, action := range []string{"/end", "/recognise"} {
			if got := mine.post(path + action); got.StatusCode != http.StatusNotFound {
				t.Errorf("POST .../%.20s%s: got %d, want 404", h, action, got.StatusCode)
			}
		}
	}
	if !theirs.alive() {
		t.Error("somebody else's session ended")
	}
	if !strings.Contains(p.log.String(), "authz_fail") {
		t.Error("no authz_fail in the log")
	}
}

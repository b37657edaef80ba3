package handlers

import (
	"bufio"
	"net/http"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/webtest"
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
	t.Parallel()
	p := portalOn(t, sqliteBackend(t), func(o *Options, _ *settings) { o.Extend = nil })
	table := access(t)
	u := p.newUser("Walker")
	member := p.signedIn(u)
	withRoles := map[string]*browser{}
	for _, role := range admin.Roles {
		withRoles[role] = p.withRole("Walker", role)
	}
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
		if !strings.Contains(member.Get("/account").Body, "Walker") { // the last route signed it out, or in as somebody else
			member = p.signedIn(u)
		}
		t.Run(method+" "+route, func(t *testing.T) { p.checkGuard(t, guard, method, route, member, withRoles) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for line := range table {
		t.Errorf("docs/access.md has a line for %s, the router has no such route", line)
	}
}

// withParams is an address of the route, for nothing that there is.
func withParams(route string) string {
	route = regexp.MustCompile(`{([a-z]+)}`).ReplaceAllStringFunc(route, func(name string) string { return "NOSUCH" + strings.ToUpper(name[1:len(name)-1]) })
	return strings.Replace(route, "*", "nothing.css", 1)
}

func (p *portal) checkGuard(t *testing.T, guard, method, route string, member *browser, withRoles map[string]*browser) {
	path := withParams(route)
	ask := func(b *browser) *webtest.Answer {
		r := b.Request(method, path)
		r.Header.Set("Accept", "text/html") // as a browser that follows a link or sends a form
		return b.Do(r)
	}
	stranger := ask(p.browser())
	toLogin := stranger.StatusCode == http.StatusSeeOther && strings.HasPrefix(stranger.Header.Get("Location"), "/login?next=")
	if guarded := guard == "signed in" || guard == "re-authenticated" || guard == "password here" || isRole(guard); guarded != toLogin {
		t.Errorf("a stranger got %d to %q, guard is %q", stranger.StatusCode, stranger.Header.Get("Location"), guard)
	}
	if half := guard == "password given"; half != (stranger.StatusCode == http.StatusSeeOther && stranger.Header.Get("Location") == "/login") {
		t.Errorf("a stranger got %d to %q, guard is %q", stranger.StatusCode, stranger.Header.Get("Location"), guard)
	}
	got := ask(member)
	toReauth := got.StatusCode == http.StatusSeeOther && strings.HasPrefix(got.Header.Get("Location"), "/reauth?next=")
	if (guard == "re-authenticated" || isRole(guard)) != toReauth {
		t.Errorf("a member got %d to %q, guard is %q", got.StatusCode, got.Header.Get("Location"), guard)
	}
	if isRole(guard) {
		for role, b := range withRoles {
			allowed := admin.Includes(role, strings.TrimSuffix(strings.TrimPrefix(guard, "role("), ")"))
			if got := ask(b); (got.StatusCode == http.StatusForbidden) == allowed || got.StatusCode == http.StatusSeeOther {
				t.Errorf("the role %s got %d, guard is %q", role, got.StatusCode, guard)
			}
		}
	}
	if guard == "password here" && got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a member without the password got %d, want 422", got.StatusCode)
	}
	if guard == "script" {
		r := p.browser().NewRequest(method, path, nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if got := p.browser().Do(r).StatusCode; got != http.StatusForbidden {
			t.Errorf("a script of another site got %d, want 403", got)
		}
	}
	if guard != "everybody" && guard != "script" && stranger.StatusCode == http.StatusOK && guard != "development" {
		t.Errorf("a stranger got the page, guard is %q", guard)
	}
}

// isRole reports whether the guard of a line asks for a role, such as "role(admin)".
func isRole(guard string) bool { return strings.HasPrefix(guard, "role(") }

// withRole is somebody with the role who has confirmed a moment ago who it is.
func (p *portal) withRole(name, role string) *browser {
	p.t.Helper()
	u := p.newUser(name)
	p.exec(`UPDATE users SET role = $1 WHERE id = $2`, role, u.ID)
	b := p.signedIn(u)
	b.Reauth(password).Want(http.StatusSeeOther)
	return b
}

// signIns are the routes by which a session begins.
var signIns = []string{"POST /login", "POST /login/passkey/finish", "POST /login/verify", "POST /demo", "POST /demo/phone/{token}", "POST /demo/back"}

// inSteps are those that come after something else, each with all of it.
var inSteps = map[string]func(b *browser) *webtest.Answer{
	"POST /demo/back": func(b *browser) *webtest.Answer {
		b.startDemo()
		b.Get("/account")
		b.Post("/logout").Leads("/signed-out")
		return b.Post("/demo/back")
	},
	"POST /login/passkey/finish": func(b *browser) *webtest.Answer {
		d := b.p.signedIn(b.p.newUser("Passkey")).passkeyOf("Laptop")
		return b.finish(d.answers(b.begin("/login/passkey/begin")), "")
	},
	"POST /login/verify": func(b *browser) *webtest.Answer {
		u, app, _ := b.p.enrolled("Second")
		b.Post("/login", "email", u.Email, "password", password).Leads("/login/verify")
		return b.Post("/login/verify", "code", app.code())
	},
}

// wayIn is what somebody needs who tries to get in by a route without being signed in: the owner's own address, password
// and emails. What a route asks for is in the form, what its address asks for replaces the parameter.
type wayIn struct {
	email string
	form  []string
	param string
}

// validFor fills in everything a route could take from somebody who knows the password and reads the emails of u. Whoever
// adds a route by which an email or a form gets somebody further adds here what is valid for it.
func (p *portal) validFor(u auth.User, line string) wayIn {
	p.t.Helper()
	in := wayIn{email: u.Email, param: "X", form: []string{
		"email", u.Email, "password", password, "current_password", password, "name", "Only", "plan", "hall", "next", "/account",
	}}
	switch line {
	case "POST /signup":
		in.form[1] = webtest.Email()
	case "GET /email/confirm/{token}", "POST /email/confirm/{token}":
		in.email = webtest.Email()
		p.browser().Post("/signup", "name", "Only", "email", in.email, "password", password).Want(http.StatusSeeOther)
		_, in.param, _ = strings.Cut(linkIn(p.t, p.email(in.email, "confirm/")), "confirm/")
	case "GET /email/undo/{token}", "POST /email/undo/{token}":
		mover := p.newUser("Only")
		_, stop := p.signedIn(mover).moves(mover, webtest.Email())
		in.param = path.Base(stop)
	case "GET /account/email/confirm/{token}":
		mover := p.newUser("Only")
		confirm, _ := p.signedIn(mover).moves(mover, webtest.Email())
		in.param = path.Base(confirm)
	case "GET /password/reset/{token}", "POST /password/reset/{token}":
		in.param = path.Base(p.browser().forgets(p.newUser("Only").Email))
	case "GET /demo/phone/{token}", "POST /demo/phone/{token}":
		in.param = path.Base(p.inDemo().link())
	case "GET /login":
		_, key, err := p.app.Guard.NewUnlockToken(p.t.Context(), u.Email, device.Client{})
		if err != nil {
			p.t.Fatal(err)
		}
		in.form = append(in.form, "unlock", key)
	}
	return in
}

// The routes by which a session begins are found by trying every route of the router with everything that could be valid
// for it, and are those that docs/access.md names (ASVS v5.0.0-6.1.3, 6.3.4, 7.6.2).
func TestOnlyTheseRoutesSignIn(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Only")
	var found []string
	err := chi.Walk(p.app.routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if route == "/static/*" {
			return nil
		}
		line := method + " " + route
		in := p.validFor(u, line)
		before := p.count(`SELECT count(*) FROM sessions`)
		b := p.browser()
		address := regexp.MustCompile(`{[a-z]+}`).ReplaceAllLiteralString(route, in.param)
		var res *webtest.Answer
		if steps := inSteps[line]; steps != nil {
			res = steps(b)
		} else if method == "POST" {
			res = b.Post(address, in.form...)
		} else {
			query := url.Values{}
			for i := 0; i < len(in.form); i += 2 {
				query.Set(in.form[i], in.form[i+1])
			}
			res = b.Get(address + "?" + query.Encode())
		}
		if strings.Contains(route, "{token}") && res.StatusCode >= http.StatusBadRequest {
			t.Errorf("%s: got %d, so what was tried is not valid", line, res.StatusCode)
		}
		opened := p.count(`SELECT count(*) FROM sessions`) > before
		if alive := b.Alive(); alive || opened {
			found = append(found, line)
		}
		for _, c := range res.Cookies() { // every cookie of the answer by itself, under the name of the session's
			if c.Value != "" && p.replay(c.Value).StatusCode == http.StatusOK && !slices.Contains(found, line) {
				found = append(found, line)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	documented := documentedSignIns(t)
	slices.Sort(found)
	for what, list := range map[string][]string{"signIns": signIns, "docs/access.md": documented} {
		list = slices.Sorted(slices.Values(list))
		if !slices.Equal(found, list) {
			t.Errorf("a session begins by %q; %s says by %q", found, what, list)
		}
	}
	for line, changes := range accessColumn(t, 4) {
		if strings.HasPrefix(changes, "a session begins") != slices.Contains(documented, line) {
			t.Errorf("docs/access.md: by %s %q, which the sentence above the table does not say", line, changes)
		}
	}
}

// documentedSignIns reads the sentence of docs/access.md that begins with "A session begins by".
func documentedSignIns(t *testing.T) (lines []string) {
	t.Helper()
	doc, err := os.ReadFile("../../docs/access.md")
	if err != nil {
		t.Fatal(err)
	}
	sentence := between(string(doc), "A session begins by ", "nowhere else.")
	for _, m := range regexp.MustCompile("`([A-Z]+ /[^`]*)`").FindAllStringSubmatch(sentence, -1) {
		lines = append(lines, m[1])
	}
	return lines
}

// A development portal shows its emails; any other has no such address.
func TestDevelopmentMailbox(t *testing.T) {
	t.Parallel()
	p := portalOn(t, sqliteBackend(t), nil)
	p.browser().Get("/dev/mail").Want(http.StatusOK)
	l := p.app.emails.AlreadyMember("marta@example.org")
	if err := p.app.Mailbox.Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	p.browser().Get("/dev/mail").Says("See it as HTML")
	res := p.browser().Get("/dev/mail/" + l.ID).Want(http.StatusOK).Says("sent to marta@example.org by")
	if policy := res.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'; style-src 'unsafe-inline';") ||
		!strings.HasSuffix(policy, "; sandbox") {
		t.Errorf("got policy %q", policy)
	}
	p.browser().Get("/dev/mail/NOSUCHLETTER").Want(http.StatusNotFound)
	q := portalOn(t, sqliteBackend(t), nil)
	q.app.Mailbox = nil
	q.Handler = q.app.router()
	q.browser().Get("/dev/mail").Want(http.StatusNotFound)
	q.browser().Get("/dev/mail/" + l.ID).Want(http.StatusNotFound)
}

// Another person's session answers like one that does not exist, and stays as it is (ASVS v5.0.0-8.2.2).
func TestSessionNotOwned(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) { p.checkSessionNotOwned(t) })
}

func (p *portal) checkSessionNotOwned(t *testing.T) {
	mine, theirs := p.signedIn(p.newUser("Mallory")), p.signedIn(p.newUser("Alice"))
	handle := theirs.Handle()
	mine.Reauth(password).Leads("/account/sessions")
	for _, h := range []string{handle, "NOSUCHHANDLE", "%00", "%ff", "..%2f..", strings.Repeat("x", 3000)} {
		path := "/account/sessions/" + h
		if got := mine.Get(path + "/end"); got.StatusCode != http.StatusNotFound {
			t.Errorf("GET .../%.20s/end: got %d, want 404", h, got.StatusCode)
		}
		for _, action := range []string{"/end", "/recognise"} {
			if got := mine.Post(path + action); got.StatusCode != http.StatusNotFound {
				t.Errorf("POST .../%.20s%s: got %d, want 404", h, action, got.StatusCode)
			}
		}
	}
	if !theirs.Alive() {
		t.Error("somebody else's session ended")
	}
	if !strings.Contains(p.log.String(), "authz_fail") {
		t.Error("no authz_fail in the log")
	}
}

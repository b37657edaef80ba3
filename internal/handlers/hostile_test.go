package handlers

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/internal/probe"
)

var hostileValues = map[string]string{
	"empty":           "",
	"long":            strings.Repeat("x", 60_000),
	"too long":        strings.Repeat("x", 1<<20),
	"nul":             "a\x00b",
	"invalid utf-8":   "a\xff\xfeb",
	"right to left":   "abc\u202etxt.exe",
	"markup":          `"><script>alert(1)</script><img src=x onerror=alert(1)>`,
	"template":        `{{.SignedIn.Email}}`,
	"sql":             `' OR 1=1; DROP TABLE users; --`,
	"header":          "x\r\nSet-Cookie: a=b",
	"evil next":       "//evil.example",
	"evil backslash":  `/\evil.example`,
	"evil scheme":     "javascript:alert(1)",
	"control before":  "\t//evil.example",
	"number":          "99999999999999999999",
	"surrogate":       "\xed\xa0\x80",
	"only spaces":     "      ",
	"combining":       strings.Repeat("e\u0301", 500),
	"emoji":           strings.Repeat("👩‍👩‍👧‍👦", 50),
	"percent garbage": "%zz%",
	"escape":          "a\x1b[31mb\x9bc\u009b2J",
}

// unstorable are the values that PostgreSQL refuses, or that would disturb whoever reads them in a terminal.
var unstorable = []string{"nul", "invalid utf-8", "surrogate", "right to left", "escape", "long"}

// readLate are the fields of forms that look at them only after something else was done first.
var readLate = map[string][]string{"/login/verify": {"code"}, "/password/reset": {"password"}, "/password/reset/NOSUCHTOKEN": {"password"}}

// TestHostileForms puts every hostile value into every field of every form, signed out and signed in: a clear answer, never
// a fault of ours, nothing changed, nothing unescaped (ASVS v5.0.0-1.2.1, 1.2.4, 2.2.1).
func TestHostileForms(t *testing.T) {
	t.Parallel()
	names := fieldNames(t)
	for _, path := range newPortal(t).app.formPaths() {
		if path == "/demo" { // takes nothing, and makes an account each time
			continue
		}
		t.Run(path, func(t *testing.T) {
			p := newPortal(t)
			p.limits.Limiter = limiterOff{}
			p.checkHostileForm(t, path, names, hostileValues)
		})
	}
}

// PostgreSQL refuses text that SQLite stores: no form hands it on.
func TestHostileFormsOnPostgres(t *testing.T) {
	t.Parallel()
	b, names := serverBackend(t), fieldNames(t)
	b.pool = nil
	p := portalOn(t, b, nil)
	p.limits.Limiter = limiterOff{}
	values := maps.Clone(hostileValues)
	maps.DeleteFunc(values, func(what, _ string) bool { return !slices.Contains(unstorable, what) })
	for _, path := range p.app.formPaths() {
		if path != "/demo" {
			p.checkHostileForm(t, path, names, values)
		}
	}
	p.checkTexts(t)
}

// checkHostileForm puts each of the values into each field of one form, on a portal whose people are not changed by that.
func (p *portal) checkHostileForm(t *testing.T, path string, names []string, hostile map[string]string) {
	t.Helper()
	good := map[string]string{"name": "Good Name", "email": "good@example.org", "plan": "hall", "next": "/account", "theme": "dark", "notes": "on"}
	u := p.newUser("Hostess")
	people := p.count(`SELECT count(*) FROM users`)
	b := p.signedIn(u)
	if strings.HasPrefix(b.Post(path).Header.Get("Location"), "/reauth?") {
		b.Reauth(password)
	}
	read := b.fieldsOf(names, path)
	fields := slices.Concat(read, readLate[path])
	if len(fields) == 0 {
		fields = []string{"any"}
	}
	checkHostile := func(b *browser, what, body, value string) {
		p.checkHostile(t, b, path, path+": "+what, body, value, len(read) > 0)
	}
	for what, value := range hostile {
		for _, field := range fields {
			if b.Token() == "" {
				b.SignIn(u.Email, password)
			}
			values := url.Values{}
			for _, name := range fields {
				values.Set(name, good[name])
			}
			values.Set(field, value)
			checkHostile(p.browser(), "signed out: "+what+" "+field, values.Encode(), value)
			checkHostile(b, what+" "+field, values.Encode(), value)
		}
	}
	twice := url.Values{fields[0]: {"a", "b"}}
	checkHostile(p.signedIn(u), "twice", twice.Encode(), "")
	checkHostile(p.signedIn(u), "damaged", fields[0]+"=%zz", "")
	checkHostile(p.signedIn(u), "nothing", "", "")
	if n := p.count(`SELECT count(*) FROM users`); n != people {
		t.Errorf("%s: %d users, want %d", path, n, people)
	}
	if !p.signedIn(u).Alive() {
		t.Errorf("%s: the account cannot sign in any more", path)
	}
}

// checkHostile sends one body. A form that reads its fields says of one that is too large that it is.
func (p *portal) checkHostile(t *testing.T, b *browser, path, what, body, value string, read bool) {
	t.Helper()
	r := b.NewRequest("POST", path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res := b.Do(r)
	if res.StatusCode >= 500 || res.StatusCode < 300 {
		t.Errorf("%s: got %d, want a redirect or 4xx", what, res.StatusCode)
	}
	if len(body) > maxBody && b.Token() != "" && read && res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("%s: got %d, want 413", what, res.StatusCode)
	}
	if strings.ContainsAny(value, `<>"`) && strings.Contains(res.Body, value) {
		t.Errorf("%s: echoed unescaped", what)
	}
	if location := res.Header.Get("Location"); location != "" && (!strings.HasPrefix(location, "/") || strings.HasPrefix(location, "//") || strings.Contains(location, "evil")) {
		t.Errorf("%s: sent to %q", what, location)
	}
	if strings.Contains(strings.Join(res.Header.Values("Set-Cookie"), "\n"), "a=b") {
		t.Errorf("%s: header injected", what)
	}
}

// Bad input comes back with a message where the person is, and with what they typed but for secrets.
func TestMistakesComeBack(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.browser()
	res := b.Post("/signup", "name", "Mira <b>", "email", "mira(at)example.org", "password", "only short").Want(422)
	res.Says("Write an address like name@example.com.").Says("at least 15")
	for _, want := range []string{`value="Mira &lt;b&gt;"`, `value="mira(at)example.org"`} {
		if !strings.Contains(res.Body, want) {
			t.Errorf("the form lost %s", want)
		}
	}
	if strings.Contains(res.Body, "only short") {
		t.Error("the password came back")
	}
	res = b.Post("/login", "email", "mira@example.org", "password", "wrong and long enough", "remember", "on", "next", "/account/activity").Want(422)
	res.Says("That address and password do not match an account.")
	for _, want := range []string{`value="mira@example.org"`, "checked", `value="/account/activity"`} {
		if !strings.Contains(res.Body, want) {
			t.Errorf("the form lost %s", want)
		}
	}
	b.Post("/signup", "name", "M\u202eira", "email", "m@example.org", "password", password).Want(422).Says("direction of the text")
	if n := p.count(`SELECT count(*) FROM signups`); n != 0 {
		t.Errorf("%d sign-ups stored, want 0", n)
	}
}

// What is not a form is refused before anything reads it.
func TestContentTypes(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Connie")
	for _, kind := range []string{"", "text/plain", "application/json", "multipart/form-data; boundary=x", ";;;", "application/x-www-form-urlencodedx"} {
		b := p.browser()
		r := b.NewRequest("POST", "/login", strings.NewReader("email="+url.QueryEscape(u.Email)+"&password="+url.QueryEscape(password)))
		r.Header.Set("Content-Type", kind)
		if got := b.Do(r); got.StatusCode != http.StatusUnsupportedMediaType || b.Token() != "" {
			t.Errorf("%q: got %d, signed in: %v, want 415", kind, got.StatusCode, b.Token() != "")
		}
	}
	b := p.browser()
	b.Post("/login?email=" + url.QueryEscape(u.Email) + "&password=" + url.QueryEscape(password)).Want(422)
}

// TestHostileCookies: exactly one well-formed cookie counts. Anything else is nobody, and goes (ASVS v5.0.0-7.2.1).
func TestHostileCookies(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Cookie"))
	good := b.Token()
	flipped := good[:10] + "A" + good[11:]
	if flipped == good {
		flipped = good[:10] + "B" + good[11:]
	}
	for name, header := range map[string]string{
		"truncated": "__Host-id=" + good[:42], "extended": "__Host-id=" + good + "A", "flipped": "__Host-id=" + flipped,
		"empty": "__Host-id=", "quoted": `__Host-id="` + good + `"`, "nul": "__Host-id=" + good[:20] + "\x00" + good[21:],
		"twice": "__Host-id=" + good + "; __Host-id=" + good, "twice, second wrong": "__Host-id=" + good + "; __Host-id=x",
		"long": "__Host-id=" + strings.Repeat("A", 8192), "sql": "__Host-id=' OR 1=1 --", "other alphabet": "__Host-id=" + strings.Repeat("+", 43),
		"other name": "id=" + good, "case": "__host-id=" + good, "wrong bits": "__Host-id=" + good[:42] + "B",
		"many": strings.Repeat("a=b; ", 2000) + "__Host-id=x", "space behind the name": "__Host-id =" + good,
	} {
		for _, path := range []string{"/account", "/", "/session/state", "/nothing"} {
			r := p.browser().NewRequest("GET", path, nil)
			r.Header.Set("Cookie", header)
			res := p.browser().Do(r)
			if path == "/account" && res.StatusCode != http.StatusSeeOther || res.StatusCode >= 500 || strings.Contains(res.Body, "Sign out") {
				t.Errorf("%s at %s: got %d", name, path, res.StatusCode)
			}
			if strings.Contains(res.Body, good) {
				t.Errorf("%s at %s: the token is in the page", name, path)
			}
		}
	}
	if !b.Alive() {
		t.Fatal("the session died of it")
	}
	for name, r := range map[string]*http.Request{
		"query": b.NewRequest("GET", "/account?id="+good+"&__Host-id="+good, nil), "bearer": b.NewRequest("GET", "/account", nil),
	} {
		r.Header.Del("Cookie")
		r.Header.Set("Authorization", "Bearer "+good)
		r.Header.Set("X-User-Id", "1")
		if got := p.browser().Do(r).StatusCode; got != http.StatusSeeOther {
			t.Errorf("token by %s: got %d, want 303", name, got)
		}
	}
}

// A dead or malformed cookie goes with whatever answer comes first: public pages and errors too.
func TestDeadCookieIsDeletedEverywhere(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Dede")
	for _, path := range []string{"/", "/login", probe.Bag, "/account", "/nothing", "/signed-out", "/session/state", "/email/confirm/x"} {
		dead := p.signedIn(u)
		p.exec(`UPDATE sessions SET ended_at = $1, end_reason = 'revoked' WHERE ended_at IS NULL`, longAgo)
		res := dead.Get(path)
		if line := cookieLine(res); !strings.Contains(line, "Max-Age=0") || !strings.Contains(line, "HttpOnly") || !strings.Contains(line, "Secure") {
			t.Errorf("%s: the dead cookie stays: %q", path, line)
		}
		for _, malformed := range []string{"x", strings.Repeat("A", 43)} {
			b := p.holding(malformed)
			res := b.Get(path)
			if path == "/session/state" && len(malformed) == 43 {
				continue // it may be the token of a visitor's bag, which this address does not look for
			}
			if !strings.Contains(cookieLine(res), "Max-Age=0") {
				t.Errorf("%s: the cookie %.5s... stays", path, malformed)
			}
		}
	}
}

// A field that comes twice says two things: the form is refused as a whole (ASVS v5.0.0-15.3.7).
func TestFieldTwice(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Twain")
	b := p.browser()
	b.Post("/login", "email", u.Email, "email", u.Email, "password", password).Want(http.StatusBadRequest).Says("sent twice")
	b.Post("/login", "email", u.Email, "password", password, "password", password).Want(http.StatusBadRequest)
	b.Post("/login", "email", u.Email+"\x00", "password", password).Want(http.StatusBadRequest)
	if b.Token() != "" {
		t.Error("signed in")
	}
}

package handlers

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/webtest"

	"golang.org/x/text/unicode/norm"
)

// table reads the rows of a downloaded file behind its heading.
func table(a *webtest.Answer) [][]string {
	a.T.Helper()
	a.Want(http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(a.Body, "\ufeff"))).ReadAll()
	if err != nil {
		a.T.Fatalf("%v:\n%s", err, a.Body)
	}
	want := []string{"time", "kind", "sentence", "session", "device", "address", "browser says", "times"}
	if len(rows) == 0 || !slices.Equal(rows[0], want) {
		a.T.Fatalf("got %q, want the heading %q", rows, want)
	}
	return rows[1:]
}

func TestActivityCSV(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) { p.checkCSV(t) })
}

func (p *portal) checkCSV(t *testing.T) {
	stranger := p.newUser("Nobody")
	p.signedIn(stranger)
	u := p.newUser("Cecil")
	b := p.signedIn(u)
	b.Get("/account/activity.csv?q=%22x").Leads("/reauth?next=" + url.QueryEscape("/account/activity.csv?q=%22x"))
	b.Get("/reauth?next=%2Faccount%2Factivity.csv").Says("Waiting for you Download your activity")
	b.Post("/reauth", "password", password, "next", "/account/activity.csv").Leads("/account/activity.csv")

	res := b.Get("/account/activity.csv").Want(http.StatusOK)
	for name, want := range map[string]string{
		"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": `attachment; filename="gatehouse-activity.csv"`,
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if strings.Count(res.Body, "\n") != strings.Count(res.Body, "\r\n") {
		t.Error("lines do not end as RFC 4180 wants")
	}
	var kinds []string
	for _, row := range table(res) {
		kinds = append(kinds, row[1])
		if at, err := time.Parse(time.RFC3339, row[0]); err != nil || !strings.HasSuffix(row[0], "Z") || time.Since(at) > time.Hour {
			t.Errorf("got time %q", row[0])
		}
	}
	if want := []string{"reauth_success", "authn_login_success", "user_created"}; !slices.Equal(kinds, want) {
		t.Errorf("got %q, want %q", kinds, want)
	}
	signedIn := table(res)[1]
	if want := []string{"Signed in", b.Handle(), "Chrome on macOS", b.IP, webtest.ChromeOnMac, "1"}; !slices.Equal(signedIn[2:], want) {
		t.Errorf("got %q, want %q", signedIn[2:], want)
	}
	if got := table(b.Get("/account/activity.csv?kind=account")); len(got) != 1 || got[0][2] != "Account created" {
		t.Errorf("kind=account: got %q", got)
	}
	if got := table(b.Get("/account/activity.csv?q=CONFIRMED")); len(got) != 1 || got[0][1] != "reauth_success" {
		t.Errorf("q=CONFIRMED: got %q", got)
	}
	if got := table(b.Get("/account/activity.csv?q=no+such")); len(got) != 0 {
		t.Errorf("q=no such: got %q", got)
	}
	if body := b.Get("/account/activity?kind=account&q=made").Body; !strings.Contains(body, `href="/account/activity.csv?kind=account&amp;q=made"`) {
		t.Error("the page does not offer what it shows")
	}
}

// isFormula reports whether a spreadsheet with any separator may take the cell, or a part of it, for a formula.
func isFormula(cell string) bool {
	for part := range strings.FieldsFuncSeq(norm.NFKC.String(cell), func(c rune) bool { return strings.ContainsRune(";,|\t\r\n", c) }) {
		if part = strings.TrimLeft(part, " \u200b\ufeff"); part != "" && strings.ContainsAny(part[:1], "=+-@") {
			return true
		}
	}
	return false
}

// What strangers say of themselves is no formula in the owner's spreadsheet (ASVS v5.0.0-1.2.10).
func TestNoFormulas(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	u := p.newUser("Calc")
	agents := []string{`=HYPERLINK("https://evil.example")`, "+1", "-1", "@SUM(A1)", "\t=1", `"=1`, "a,b\"c", "1=1", "\uff1d1+1", "\uff20SUM(A1)", "\ufe621", "\u00a0-1", "\u200b=1", "a;=1+1", "a, \t\uff0b1", "a|@b", "a=1"}
	for _, agent := range agents {
		stranger := p.browser().at(webtest.Network() + "::7") // else all of them are one line
		stranger.Agent = agent
		stranger.guess(u.Email)
	}
	b := p.signedIn(u)
	b.Reauth(password)
	if body := b.Get("/account/activity.csv").Body; !strings.HasPrefix(body, "\ufefftime,") { // without it some read the file as Latin-1
		t.Errorf("the file begins with %q, want a byte-order mark", body[:min(8, len(body))])
	}
	got := map[string]bool{}
	for _, row := range table(b.Get("/account/activity.csv?kind=sign-ins&q=refused")) {
		got[row[6]] = true
		for _, cell := range row {
			if isFormula(cell) {
				t.Errorf("got the cell %q", cell)
			}
		}
	}
	for _, want := range []string{`'=HYPERLINK("https://evil.example")`, "'+1", "'-1", "'@SUM(A1)", "'=1", `"=1`, "a,b\"c", "1=1", "a=1", "'\uff1d1+1", "a;'=1+1"} {
		if !got[want] {
			t.Errorf("got no cell %q among %v", want, got)
		}
	}
	for cell, want := range map[string]string{"\tx": "'\tx", "\rx": "'\rx", "": "", "'": "'", " =1": " '=1", "\n\uff1d1": "\n'\uff1d1",
		"a;;=1": "a;;'=1", "a;\u2003-1;@b": "a;\u2003'-1;'@b", "a\t+1": "a\t'+1", "\ufeff\ufe631": "\ufeff'\ufe631", "a - b": "a - b", "\t=1": "'\t'=1"} {
		if got := inert(cell); got != want {
			t.Errorf("inert(%q): got %q, want %q", cell, got, want)
		}
	}
}

// The file is bounded, and says so where that shortens it.
func TestLongActivityCSV(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Long")
	b := p.signedIn(u)
	b.Reauth(password)
	before := len(table(b.Get("/account/activity.csv")))
	insert := func(n int) {
		p.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
			INSERT INTO events (id, user_id, session_id, kind, reason, ip, user_agent, at)
			SELECT 'N' || i || '/' || $2, $3, '', 'reauth_fail', '', '', '', $4 FROM n`, n, n, u.ID, longAgo)
	}
	insert(csvEvents - before)
	if rows := table(b.Get("/account/activity.csv")); len(rows) != csvEvents || rows[csvEvents-1][1] != "reauth_fail" {
		t.Errorf("got %d rows and %q, want %d events", len(rows), rows[len(rows)-1], csvEvents)
	}
	insert(1)
	for query, want := range map[string]string{"": "gzip", "?q=wrong": ""} { // a guess in it must not show in its length
		r := b.NewRequest("GET", "/account/activity.csv"+query, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		if got := b.Do(r).Want(http.StatusOK).Header.Get("Content-Encoding"); got != want {
			t.Errorf("%q: got Content-Encoding %q, want %q", query, got, want)
		}
	}
	rows := table(b.Get("/account/activity.csv"))
	if last := rows[len(rows)-1]; len(rows) != csvEvents+1 || !strings.HasPrefix(last[2], "Older events are not in this file") || last[0] != "" {
		t.Errorf("got %d rows and %q, want %d events and a word about the rest", len(rows), last, csvEvents)
	}
}

// A search reads a bounded way back, and offers to go on from there.
func TestSearchIsBounded(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Bound")
	b := p.signedIn(u)
	p.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO events (id, user_id, session_id, kind, reason, ip, user_agent, at)
		SELECT 'N' || i, $2, '', 'reauth_fail', '', '', '', $3 FROM n`, eventsScanned, u.ID, longAgo)
	p.exec(`UPDATE events SET at = $1 WHERE kind = 'user_created'`, longAgo.Add(-time.Hour))
	first := b.Get("/account/activity?q=account+created").Want(http.StatusOK).SaysNot("Account created")
	older := between(first.Body, `href="/account/activity?before=`, `"`)
	b.Get("/account/activity?before=" + strings.ReplaceAll(older, "&amp;", "&")).Says("Account created").SaysNot("Older")
}

// A browser that has just confirmed sees where it is, instead of a form that seems to have done nothing.
func TestDownloadAfterConfirming(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Dora"))
	b.Reauth(password)
	r := b.NewRequest("GET", "/account/activity.csv?kind=account", nil)
	r.Header.Set("Referer", "https://portal.test/reauth?next=%2Faccount%2Factivity.csv%3Fkind%3Daccount")
	page := b.Do(r)
	page.Leads("/account/activity?kind=account")
	b.Follow(page).Says("It is you. The download is ready below.").Says("Download as CSV")
	r = b.NewRequest("GET", "/account/activity.csv", nil)
	r.Header.Set("Referer", "https://evil.example/reauth")
	table(b.Do(r).Want(http.StatusOK))
}

func TestNotMe(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) { p.checkNotMe(t) })
}

func (p *portal) checkNotMe(t *testing.T) {
	u := p.newUser("Nora")
	b, other := p.signedIn(u), p.browser()
	other.Agent = webtest.FirefoxOnWindows
	other.SignIn(u.Email, password)
	handle := other.Handle()
	p.browser().guess(u.Email)
	other.Reauth("wrong, and long enough")
	page := func(kind audit.Kind) string {
		t.Helper()
		events, err := p.audit.Events(t.Context(), u.ID, audit.Filter{Kinds: []audit.Kind{kind}, Limit: 1})
		if err != nil || len(events) != 1 {
			t.Fatalf("%s: %v %v", kind, events, err)
		}
		return "/account/activity/" + events[0].ID + "/recognise"
	}
	trail := b.Get("/account/activity")
	for _, link := range []string{page(audit.LoginFail), page(audit.ReauthFail), "/account/sessions#t-" + handle} {
		if !strings.Contains(trail.Body, `href="`+link+`"`) {
			t.Errorf("the activity page has no link to %s", link)
		}
	}
	if strings.Contains(trail.Body, page(audit.LoginSuccess)) {
		t.Error("the activity page warns about an ordinary sign-in")
	}
	b.Get(page(audit.LoginFail)).Want(200).Says("A sign-in with a wrong password was refused").Says("It belongs to no session")
	seen := b.Get(page(audit.ReauthFail)).Want(200).Says("Session Firefox on Windows").Says("Good to know.")
	for _, part := range []string{"/account/sessions#t-" + handle, `action="` + page(audit.ReauthFail), `action="/account/secure"`, `name="session" value="` + handle} {
		if !strings.Contains(seen.Body, part) {
			t.Errorf("the page has no %s", part)
		}
	}
	other.Get(page(audit.ReauthFail)).Want(200).Says("the one you are using now")
	if !other.Alive() || !b.Alive() {
		t.Fatal("opening a page changed something")
	}
	b.Reauth(password)
	b.Post("/account/sessions/" + handle + "/end").Leads("/account/sessions")
	b.Get(page(audit.ReauthSuccess)).Want(200).Says("the one you are using now")
	ended := b.Get(strings.Replace(page(audit.ReauthFail), "//", "/", 1)).Want(200).Says("It is over")
	if strings.Contains(ended.Body, handle) || strings.Contains(b.Get("/account/activity").Body, "#t-"+handle) {
		t.Error("a link to a session that is over")
	}
	p.checkEventNotOwned(t, page(audit.LoginFail))
}

// Somebody else's event answers like one that does not exist (ASVS v5.0.0-8.2.2).
func (p *portal) checkEventNotOwned(t *testing.T, path string) {
	mallory := p.signedIn(p.newUser("Mallory"))
	logged := len(p.log.String())
	notOwned := mallory.Get(path).Want(http.StatusNotFound)
	unknown := mallory.Get("/account/activity/AAAAAAAAAAAAAAAAAAAAAAAAAA/recognise").Want(http.StatusNotFound)
	if webtest.Text(notOwned.Body) != webtest.Text(unknown.Body) {
		t.Error("somebody else's event answers differently from none")
	}
	if got := strings.Count(p.log.String()[logged:], `"msg":"authz_fail"`); got != 2 {
		t.Errorf("got %d authz_fail in the log, want 2", got)
	}
	for _, id := range []string{"x", "%00", "%ff", "..%2f..", strings.Repeat("A", 3000)} {
		mallory.Get("/account/activity/" + id + "/recognise").Want(http.StatusNotFound)
	}
	events, err := p.audit.Events(t.Context(), mallory.user(), audit.Filter{Kinds: []audit.Kind{audit.SessionCreated}, Limit: 1})
	if err != nil || len(events) != 1 {
		t.Fatal(events, err)
	}
	mallory.Get("/account/activity/" + events[0].ID + "/recognise").Want(http.StatusNotFound)
}

// user is the id of the person signed in with the browser.
func (b *browser) user() (id string) {
	b.p.t.Helper()
	err := b.p.store.DB().QueryRowContext(b.p.t.Context(), `SELECT user_id FROM sessions WHERE id = $1`, b.Handle()).Scan(&id)
	if err != nil {
		b.p.t.Fatal(err)
	}
	return id
}

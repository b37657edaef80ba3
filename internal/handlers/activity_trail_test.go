package handlers

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

// kinds returns the kinds of a person's events, oldest first.
func (p *portal) kinds(userID string) (kinds []string) {
	p.t.Helper()
	events, err := p.audit.Events(p.t.Context(), userID, audit.Filter{Limit: 1000})
	if err != nil {
		p.t.Fatal(err)
	}
	slices.SortStableFunc(events, func(a, b audit.Event) int { return a.At.Compare(b.At) })
	for _, e := range events {
		kinds = append(kinds, slices.Repeat([]string{strings.TrimSuffix(string(e.Kind)+":"+e.Reason, ":")}, e.Count())...)
	}
	return kinds
}

// TestTrail walks through everything that leaves a trace: exactly these events, in the owner's trail and in the log.
func TestTrail(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Trace")
	step := func(want []string, do func()) {
		t.Helper()
		before := len(p.kinds(u.ID))
		logged := len(p.log.String())
		do()
		got := p.kinds(u.ID)[before:]
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		for _, one := range want {
			kind, _, _ := strings.Cut(one, ":")
			if !strings.Contains(p.log.String()[logged:], `"msg":"`+kind+`"`) {
				t.Errorf("%s is not in the log", kind)
			}
		}
	}
	b, other := p.browser(), p.browser()
	step([]string{"authn_login_fail:password"}, func() { b.guess(u.Email) })
	step([]string{"authn_login_success:password", "session_created"}, func() { b.SignIn(u.Email, password) })
	step([]string{"authn_login_success:password", "session_created"}, func() { other.SignIn(u.Email, password) })
	step(nil, func() { b.Get("/account"); b.keeps("lantern"); b.Get("/session/state") })
	step([]string{"reauth_fail"}, func() { b.Reauth("wrong, and long enough") })
	step([]string{"reauth_success", "session_renewed:reauthentication"}, func() { b.Reauth(password) })
	step([]string{"session_expired:revoked"}, func() { b.Post("/account/sessions/" + other.Handle() + "/end") })
	other = p.signedIn(u)
	step([]string{"authn_password_change_fail"}, func() {
		b.Post("/account/security/password", "current_password", "wrong, and long enough", "password", otherPassword)
	})
	step([]string{"authn_password_change", "session_renewed:password_changed", "session_expired:password_changed"}, func() { b.changePassword() })
	step([]string{"sensitive_read:export"}, func() { b.Post("/account/export", "password", otherPassword).Want(http.StatusOK) })
	step([]string{"session_expired:signed_out"}, func() { b.Post("/logout") })
	step([]string{"sign_up_address_taken"}, func() {
		p.browser().Post("/signup", "name", "N", "email", u.Email, "password", password)
	})
	var link string
	step([]string{"password_reset_requested"}, func() { link = b.forgetsAfter(u.Email, "/password/reset/") })
	b.SignIn(u.Email, otherPassword)
	step([]string{"authn_password_change:reset", "session_expired:password_changed"}, func() { b.Post(link, "password", password) })
	b.SignIn(u.Email, password)
	b.Reauth(password).Want(http.StatusSeeOther)
	step([]string{"email_change_requested"}, func() { b.Post("/account/email", "email", webtest.Email()) })
	link = linkIn(t, p.email(u.Email, "/email/undo/"))
	step([]string{"email_change_undone", "session_expired:revoked"}, func() { b.Post(link) })
	b.Post(b.forgets(u.Email), "password", password).Want(http.StatusSeeOther) // the one from before opens nothing any more
	b.SignIn(u.Email, password)
	link, _ = b.moves(u, webtest.Email())
	step([]string{"email_changed", "session_renewed:email_changed"}, func() { b.confirmsEmail(link) })
	step([]string{"account_deletion_requested", "session_expired:account_deleted"}, func() { b.deletes() })
	moved := ""
	if err := p.store.DB().QueryRow(`SELECT email FROM users WHERE id = $1`, u.ID).Scan(&moved); err != nil {
		t.Fatal(err)
	}
	b.SignIn(moved, password)
	step([]string{"account_deletion_stopped"}, func() { b.Post("/account/delete/stop") })
}

// TestNothingSecretLeaks collects every secret of a walk and looks for it in the log, in pages, in addresses and in
// the database (ASVS v5.0.0-3.3.4, 14.2.1, 16.2.5).
func TestNothingSecretLeaks(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	email := webtest.Email()
	b := p.browser()
	secrets := map[string]string{"password": password, "other password": otherPassword, "guess": "hunter2 hunter2 hunter2"}
	var seen strings.Builder
	keep := func(a *webtest.Answer) {
		seen.WriteString(a.Body + a.Header.Get("Location"))
		if token := b.Token(); token != "" {
			secrets["token "+token[:4]] = token
			secrets["hash of "+token[:4]] = auth.HashToken(token)
		}
	}
	keep(b.Post("/signup", "name", "Leah", "email", email, "password", password))
	link := linkIn(t, p.email(email, "confirm/"))
	secrets["confirmation key"] = strings.TrimPrefix(link, "/email/confirm/")
	b.Get(link)
	keep(b.Post(link))
	keep(b.Post(probe.Bag, "value", "lantern"))
	keep(b.Post("/login", "email", email, "password", secrets["guess"]))
	keep(b.Post("/login", "email", email, "password", password))
	for _, path := range []string{"/account", "/account/session", "/account/sessions", "/account/activity", "/account/security", "/session/state", "/nothing"} {
		keep(b.Get(path))
	}
	keep(b.Reauth(secrets["guess"]))
	keep(b.Reauth(password))
	keep(b.changePassword())
	keep(b.Get("/account/sessions"))
	keep(b.Get("/account?password=" + strings.ReplaceAll(password, " ", "+")))
	reset := b.forgetsAfter(email, "/password/reset/")
	secrets["reset key"] = strings.TrimPrefix(reset, "/password/reset/")
	keep(b.Get(reset))
	keep(b.Get("/password/reset"))
	keep(b.Post("/password/reset", "password", password))
	keep(b.Post("/login", "email", email, "password", password))
	b.Reauth(password)
	keep(b.Post("/account/email", "email", webtest.Email()))
	stop := linkIn(t, p.email(email, "/email/undo/"))
	secrets["stop key"] = strings.TrimPrefix(stop, "/email/undo/")
	b.Get(stop)
	keep(b.Post(stop))
	keep(b.Post("/login", "email", email, "password", password))
	keep(b.Post("/logout"))
	if len(secrets) < 12 {
		t.Fatalf("only %d secrets collected", len(secrets))
	}
	dump := p.dump()
	for what, secret := range secrets {
		for where, text := range map[string]string{"the log": p.log.String(), "a page or address": seen.String()} {
			if strings.Contains(text, secret) {
				t.Errorf("the %s is in %s", what, where)
			}
		}
		if strings.Contains(p.log.String(), url.QueryEscape(secret)) { // as addresses have it
			t.Errorf("the %s is in the log, as part of an address", what)
		}
		if strings.Contains(dump, secret) && !strings.HasPrefix(what, "hash") {
			t.Errorf("the %s is in the database", what)
		}
	}
	if strings.Contains(p.log.String(), email) {
		t.Error("the address is in the log")
	}
}

// dump is the text of every row.
func (p *portal) dump() string {
	p.t.Helper()
	return p.dumpOf("users", "signups", "sessions", "events", "stray_events", "letter_keys", "sent_tokens", "email_changes", "bags", "payment_methods", "payments",
		"totp_secrets", "totp_enrolments", "recovery_codes", "pending_sign_ins", "passkeys", "spent_challenges", "held_forms")
}

// dumpOf is the text of every row of the tables.
func (p *portal) dumpOf(tables ...string) string {
	p.t.Helper()
	var all strings.Builder
	for _, table := range tables {
		if err := p.dumpTable(&all, table); err != nil {
			p.t.Fatal(err)
		}
	}
	return all.String()
}

func (p *portal) dumpTable(to *strings.Builder, table string) error {
	rows, err := p.store.DB().QueryContext(p.t.Context(), `SELECT * FROM `+table)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		cells := make([]any, len(names))
		for i := range cells {
			cells[i] = new([]byte)
		}
		if err := rows.Scan(cells...); err != nil {
			return err
		}
		for _, cell := range cells {
			to.Write(*cell.(*[]byte))
			to.WriteByte('\n')
		}
	}
	return rows.Err()
}

// Whatever a client sends, the log stays one JSON object a line (ASVS v5.0.0-16.4.1).
func TestLogInjection(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.browser()
	b.Agent = "x\r\n{\"msg\":\"forged\"}\x1b[31m"
	r := b.NewRequest("GET", "/nothing%0a%7b%22msg%22:%22forged%22%7d", nil)
	b.Do(r)
	b.guess("a\r\nb@example.org")
	for line := range strings.Lines(p.log.String()) {
		var parsed map[string]any
		if err := json.Unmarshal([]byte(line), &parsed); err != nil || parsed["msg"] == "forged" {
			t.Errorf("bad line %q: %v", line, err)
		}
	}
}

// The activity page: newest first, by kind, by text, page by page, without a gap or an overlap.
func TestActivity(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	u := p.newUser("Acta")
	b := p.signedIn(u)
	b.Agent = webtest.FirefoxOnWindows
	for range eventsPerPage + 5 {
		b.Reauth("wrong, and long enough").Want(http.StatusUnprocessableEntity)
		p.exec(`UPDATE events SET same = NULL`) // nothing more is counted in the lines so far, as after a minute
	}
	const line = "A wrong password was given to confirm it is you"
	first := b.Get("/account/activity?kind=sign-ins&q=FIREFOX").Want(200)
	older := between(first.Body, `href="/account/activity?before=`, `"`)
	rest := b.Get("/account/activity?before=" + strings.ReplaceAll(older, "&amp;", "&")).Want(200)
	if n, m := strings.Count(first.Body, line), strings.Count(rest.Body, line); n != eventsPerPage || m != 5 {
		t.Errorf("%d and %d lines on two pages, want %d and 5", n, m, eventsPerPage)
	}
	if strings.Contains(rest.Body, `href="/account/activity?before=`) {
		t.Error("the last page offers an older one")
	}
	b.Get("/account/activity?kind=account").Says("Account created").SaysNot(line)
	b.Get("/account/activity?q=no+such+words").Want(200).SaysNot(line)
	for _, before := range []string{"x", "~", "2026-01-01T00:00:00Z~", "9999-99-99~x", "2026-11-20T10:00:00Z~%00", "99999-01-01T00:00:00Z~x"} {
		b.Get("/account/activity?before=" + before + "&kind=nonsense&q=%ff").Want(200)
	}
	stranger := p.signedIn(p.newUser("Stranger"))
	stranger.Get("/account/activity").SaysNot(line)
}

// Whoever repeats one post in a stolen session does not bury what mattered: the trail has a line with a count.
func TestTrailIsNotBuried(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		p.limits.Limiter = limiterOff{}
		u := p.newUser("Buried")
		b := p.signedIn(u)
		b.Reauth(password)
		const many = 60
		for range many {
			b.Post("/account/profile", "name", "Buried").Leads("/account/profile")
			b.Post("/account/security/password", "current_password", "wrong, and long enough", "password", "another good password").Want(http.StatusUnprocessableEntity)
		}
		lines := map[string]int{}
		for _, row := range table(b.Get("/account/activity.csv")) {
			lines[row[1]]++
		}
		for kind, n := range lines { // one a minute, and this takes no more than a few
			if n > 5 {
				t.Errorf("%d lines of %s", n, kind)
			}
		}
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE user_id = $1 AND kind = 'authn_password_change_fail'`, u.ID); n != many {
			t.Errorf("%d refused changes are counted, want %d", n, many)
		}
		p.exec(`UPDATE events SET times = 7 WHERE kind = 'authn_password_change_fail'`)
		const line = "A password change with a wrong current password was refused, 7 times within a minute"
		for _, path := range []string{"/account/activity", "/account", "/account/activity.csv"} {
			b.Get(path).Says(line)
		}
		if lines["authn_login_success"] != 1 || lines["reauth_success"] != 1 {
			t.Errorf("lines %v, want what happened before among them", lines)
		}
	})
}

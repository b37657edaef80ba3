package handlers

import (
	"crypto/rand"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/guard"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/webtest"
)

// startDemo presses "Try the demo" in the browser and lands on the overview.
func (b *browser) startDemo() {
	b.p.t.Helper()
	b.Post("/demo").Leads("/account")
}

var (
	demoPassword = regexp.MustCompile(`Its password: <code>([a-z2-7-]+)</code>`)
	demoEmail    = regexp.MustCompile(`visitor-[a-z2-7]{12}@demo\.example`)
)

// demo is what the pages of a demo account say of it.
func (b *browser) demo() (email, password string) {
	b.p.t.Helper()
	page := b.Get("/account").Want(http.StatusOK).Says("Demo account. It is yours alone, and gone at ").Body
	if m := demoPassword.FindStringSubmatch(page); m != nil {
		password = m[1]
	}
	return demoEmail.FindString(page), password
}

func (p *portal) demoID(email string) (id string) {
	p.t.Helper()
	if err := p.store.DB().QueryRowContext(p.t.Context(), `SELECT id FROM users WHERE email_key = $1`, email).Scan(&id); err != nil {
		p.t.Fatal(err)
	}
	return id
}

// wholeDemo is when a demo goes, and when its session ends for good: at the same minute, or, as on a slow machine, the one before.
var wholeDemo = regexp.MustCompile(`gone at (\d\d:\d\d) UTC.*Ends for good at (\d\d:\d\d) UTC Sign out`)

// Try the demo: one press makes a private account with a past, signs the visitor in under a token of its own, brings
// the bag along, and the password on every page is the one that is asked for.
func TestDemo(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		b := p.browser()
		b.Get("/").Says("Try the demo")
		b.keeps("lantern")
		anonymous := b.Token()
		b.startDemo()
		if b.Token() == "" || b.Token() == anonymous {
			t.Error("the visitor's token was kept")
		}
		if got := p.replay(anonymous).StatusCode; got == http.StatusOK {
			t.Errorf("the visitor's token opens something: %d", got)
		}
		email, password := b.demo()
		if email == "" || len(password) != 23 {
			t.Fatalf("address %q, password %q", email, password)
		}
		overview := b.Get("/account")
		ends := wholeDemo.FindStringSubmatch(webtest.Text(overview.Body))
		if ends == nil || minutesBetween(t, ends[2], ends[1]) > 1 || minutesBetween(t, time.Now().UTC().Format("15:04"), ends[2]) < 118 {
			t.Errorf("the page does not show a lifetime of two hours:\n%s", webtest.Text(overview.Body))
		}
		overview.Says("4 other sessions").Says("looks suspicious")
		b.bag().Says("lantern")
		b.Get("/account/sessions").Says("3 more signed in. The limit is 5").Says("Recently ended (4)").
			Says("A cookie that this session had replaced was used again").Says(password)
		b.Get("/account/activity").Says("Password changed").Says("A sign-in with a wrong password was refused")
		b.Reauth("not that one, surely").Want(422)
		b.Reauth(password).Leads("/account/sessions")
		b.Get("/").Says("Go to your account")

		id := p.demoID(email)
		if n := p.count(`SELECT count(*) FROM sessions WHERE user_id = $1 AND ended_at IS NULL`, id); n != 5 {
			t.Errorf("%d sessions, want the limit of 5 with none replaced", n)
		}
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE user_id = $1 AND reason = 'replaced'`, id); n != 0 {
			t.Errorf("%d sessions were replaced", n)
		}
		again := p.browser()
		again.SignIn(email, password)
		again.Get("/account").Says("Demo account.").SaysNot(password) // it is kept in the bag of the first browser alone
	})
}

func TestDemoOff(t *testing.T) {
	t.Parallel()
	p := portalOn(t, sqliteBackend(t), func(o *Options, _ *settings) { o.Demo = false })
	b := p.browser()
	b.Get("/").Want(http.StatusOK).SaysNot("Try the demo").Says("Create an account")
	b.Post("/demo").Want(http.StatusNotFound)
	if n := p.count(`SELECT count(*) FROM users`); n != 0 {
		t.Errorf("%d accounts, want 0", n)
	}
}

// Without a cookie of ours another site could sign its readers in to an account of its making.
func TestDemoCrossSite(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	member := p.signedIn(p.newUser("Cosima"))
	for name, b := range map[string]*browser{"a stranger": p.browser(), "a member": member} {
		for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"} {
			r := b.NewRequest("POST", "/demo", nil)
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Del("Origin")
			r.Header.Set(header, value)
			res := b.Do(r).Want(http.StatusForbidden)
			if cookieLine(res) != "" {
				t.Errorf("%s, %s: %s sets a cookie", name, header, value)
			}
		}
	}
	r := member.NewRequest("POST", "/demo", nil)
	r.Header.Del("Sec-Fetch-Site")
	r.Header.Del("Origin")
	member.Do(r).Want(http.StatusForbidden)
	if n := p.count(`SELECT count(*) FROM users WHERE demo_until IS NOT NULL`); n != 0 || !member.Alive() {
		t.Errorf("%d demo accounts, member alive: %t; want none, and true", n, member.Alive())
	}
}

// Somebody who is signed in is signed out of that session first, and leaves nothing of theirs in the demo's bag; nor
// does the demo's password go along to another account.
func TestDemoTakesThePlaceOfASession(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Ines")
	b := p.signedIn(u)
	b.keeps("lantern")
	before := b.Token()
	b.startDemo()
	p.checkDead(before)
	p.endedOnce(u.ID, "signed_out")
	b.Get("/account").SaysNot("Ines")
	b.bag().SaysNot("lantern")
	_, demo := b.demo()
	b.SignIn(u.Email, password)
	if page := b.Get("/account").Says("Ines").SaysNot("Demo account").Body; strings.Contains(page, demo) {
		t.Error("the demo's password came along")
	}
}

// The banner says nothing that is not so: not the old password after a change, none when the bag is lost.
func TestDemoBanner(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.browser()
	b.startDemo()
	email, made := b.demo()
	b.Post("/account/security/password", "current_password", made, "password", otherPassword).Leads("/account/security")
	b.Get("/account").Says("Its password is the one you chose.").SaysNot(made)
	p.browser().SignIn(email, otherPassword)

	c := p.browser()
	c.startDemo()
	p.exec(`DELETE FROM bags`)
	if _, password := c.demo(); password != "" {
		t.Errorf("shows %q from a bag that is lost", password)
	}
	c.Get("/account").SaysNot("Its password")
	r := c.NewRequest("GET", "/session/state", nil)
	r.Header.Set("Sec-Fetch-Dest", "document")
	c.Do(r).Want(http.StatusForbidden).Says("Demo account.") // a page without a bag
}

// No session of a demo account outlives it, whatever its visitor does, and afterwards nobody can sign in to it.
func TestDemoEnds(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		b, kept := p.browser(), p.browser()
		b.startDemo()
		began := time.Now()
		email, password := b.demo()
		time.Sleep(20 * time.Minute)
		res := kept.Post("/login", "email", email, "password", password, "remember", "on").Want(http.StatusSeeOther)
		if line := cookieLine(res); !strings.Contains(line, "Max-Age=600") { // a hundred minutes, rounded up
			t.Errorf("got %q, want a cookie until the demo is over", line)
		}
		kept.state()
		for time.Since(began) < auth.DemoLife-15*time.Minute {
			time.Sleep(9 * time.Minute)
			b.Get("/account").Want(http.StatusOK)
			b.Post("/session/extend").Want(http.StatusSeeOther)
			b.Reauth(password).Want(http.StatusSeeOther)
			p.sweep()
		}
		time.Sleep(time.Until(began.Add(auth.DemoLife - time.Second)))
		if !b.Alive() || !kept.Alive() {
			t.Fatal("signed out a second before the end of the demo")
		}
		time.Sleep(time.Second)
		want := p.browser().Post("/login", "email", email, "password", "wrong, and long enough").Want(422)
		sameAnswer(t, "sign-in after the demo", p.browser().Post("/login", "email", email, "password", password).Want(422), want)
		p.sweep()
		for _, one := range []*browser{b, kept} {
			one.Follow(one.Get("/account")).Says("The demo is over").Says("It lasted 2 hours").Says("Go to the start page")
			over := one.Get("/signed-out").Says("The demo is over")
			if strings.Contains(between(over.Body, "<main", "</main>"), `href="/login"`) {
				t.Error("sent to sign in to an account that is deleted")
			}
		}
		time.Sleep(10 * time.Minute)
		p.sweep()
		if n := p.count(`SELECT count(*) FROM users`); n != 0 {
			t.Errorf("%d accounts ten minutes after the demo, want 0", n)
		}
		b.Get("/signed-out").Want(http.StatusOK).Says("You are signed out")
	})
}

// A row that says otherwise does not keep a session of a demo alive either, and a proof from before opens none.
func TestDemoEndsTwice(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		b := p.browser()
		b.startDemo()
		proof, _, err := p.demos.NewDemo(t.Context(), device.Client{})
		if err != nil {
			t.Fatal(err)
		}
		tomorrow := time.Now().UTC().Add(24 * time.Hour).Truncate(time.Microsecond)
		p.exec(`UPDATE sessions SET idle_expires_at = $1, expires_at = $1`, tomorrow)
		time.Sleep(auth.DemoLife - time.Nanosecond)
		if !b.Alive() {
			t.Fatal("signed out before the end of the demo")
		}
		time.Sleep(time.Nanosecond)
		b.Follow(b.Get("/account")).Says("The demo is over")
		if _, err := p.sessions.SignIn(t.Context(), proof, session.SignInRequest{NewToken: session.NewToken{NewTokenHash: "x"}}); err == nil {
			t.Error("a proof from before opened a session afterwards")
		}
	})
}

// Nobody can sign in to a demo that is over, so nobody is told that what they typed in it waits for that.
func TestNoDraftForAnEndedDemo(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		b := p.browser()
		b.startDemo()
		email, _ := b.demo()
		b.timeOut()
		past := time.Now().UTC().Add(-time.Second).Truncate(time.Microsecond)
		p.exec(`UPDATE users SET demo_until = $1 WHERE id = $2`, past, p.demoID(email))
		late := b.Post(profilePage, "name", "Lovelace")
		late.Leads("/login?next=" + url.QueryEscape(profilePage))
		b.Follow(late).SaysNot("What you typed is kept")
	})
}

func (p *portal) sweep() {
	p.t.Helper()
	if err := p.sweepAll(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	if err := p.store.Bags().Sweep(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
}

// Two visitors, every page: neither finds anything of the other's.
func TestDemosArePrivate(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	ann, bob := p.browser(), p.browser()
	ann.Agent, ann.IP = strings.Replace(webtest.FirefoxOnWindows, "145", "141", 1), "2001:db8:aaaa:1::1"
	bob.Agent, bob.IP = strings.Replace(webtest.FirefoxOnWindows, "145", "142", 1), "2001:db8:bbbb:1::1"
	ann.startDemo()
	bob.startDemo()
	secrets := func(b *browser) []string {
		email, password := b.demo()
		all := []string{email, password, b.Agent, b.IP, strings.Join(strings.Split(b.IP, ":")[:3], ":"), p.demoID(email), b.Token()}
		page := b.Get("/account/sessions").Body
		for _, m := range regexp.MustCompile(`data-session="([^"]+)"`).FindAllStringSubmatch(page, -1) {
			all = append(all, m[1])
		}
		return all
	}
	anns, bobs := secrets(ann), secrets(bob)
	if len(anns) != 12 || len(bobs) != 12 {
		t.Fatalf("got %q and %q", anns, bobs)
	}
	_ = chi.Walk(p.app.routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if method != "GET" {
			return nil
		}
		for _, visit := range []struct {
			who    *browser
			others []string
		}{{ann, bobs}, {bob, anns}} {
			for _, handle := range []string{visit.others[7], "x"} {
				path := strings.NewReplacer("{handle}", handle, "{token}", "x", "*", "x").Replace(route)
				body := strings.ReplaceAll(visit.who.Get(path).Body, "next="+strings.ReplaceAll(path, "/", "%2F"), "")
				for i, theirs := range visit.others {
					if theirs != handle && strings.Contains(body, theirs) {
						t.Errorf("%s shows secret %d of another visitor, %q", path, i, theirs)
					}
				}
			}
		}
		return nil
	})
	for _, action := range []string{"end", "recognise"} {
		_, made := ann.demo()
		ann.Reauth(made)
		ann.Post("/account/sessions/" + bobs[7] + "/" + action).Want(http.StatusNotFound)
	}
	if !bob.Alive() {
		t.Error("a visitor ended another's session")
	}
}

// exact is where the visitor of TestDemoAddresses is, but for the last part.
const exact = "203.0.113.2"

// A demo keeps the network of its visitor and nothing finer, whatever is recorded: sessions, events, log.
func TestDemoAddresses(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Olga")
	inTime(t, p, func(t *testing.T) {
		b := p.browser()
		b.IP = exact + "17"
		b.startDemo()
		email, password := b.demo()
		b.Get("/account/sessions").Says("203.0.113.0")
		b.Get("/account/session").Says("203.0.113.0 now and at sign-in").Says("we keep the network alone")
		thief := b.Copied(b.Token())
		b.Reauth("wrong, and long enough")
		b.Reauth(password)
		time.Sleep(5 * time.Minute) // activity is written, and the token of before is a copy's
		thief.Get("/account")
		b.Post("/session/extend")
		b.Get("/account/sessions/" + strings.Repeat("A", 26) + "/end").Want(http.StatusNotFound)
		other := p.browser()
		other.IP = exact + "18"
		other.guess(email)
		other.SignIn(email, password)
		other.Post("/logout").Leads("/signed-out")
		b.Post("/account/security/password", "current_password", password, "password", otherPassword).Want(http.StatusSeeOther)
		b.Post("/account/sessions/end-all").Leads("/signed-out")

		for _, column := range []string{"sessions WHERE ip", "sessions WHERE last_ip", "events WHERE ip"} {
			if n := p.count(`SELECT count(*) FROM `+column+` LIKE $1`, exact+"1_"); n != 0 {
				t.Errorf("%d %s is the visitor's own", n, column)
			}
		}
		id := p.demoID(email)
		for line := range strings.Lines(p.log.String()) {
			if strings.Contains(line, exact+"1") && (strings.Contains(line, id) || strings.Contains(line, `"session":"`)) {
				t.Errorf("logged: %s", line)
			}
			if strings.Contains(line, `"route":"/demo"`) && strings.Contains(line, exact+"1") {
				t.Errorf("logged: %s", line)
			}
		}

		// Nobody hides behind a demo: what concerns another account is recorded as ever.
		c := p.browser()
		c.IP = exact + "29"
		c.startDemo()
		c.guess(u.Email)
		c.SignIn(u.Email, passwordOfMembers)
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE user_id = $1 AND ip = $2`, u.ID, c.IP); n != 3 {
			t.Errorf("%d events of an ordinary account have the address, want 3", n)
		}
		if n := p.count(`SELECT count(*) FROM sessions WHERE user_id = $1 AND ip = $2 AND last_ip = $2`, u.ID, c.IP); n != 1 {
			t.Errorf("%d sessions of an ordinary account have the address, want 1", n)
		}
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE user_id <> $1 AND ip = $2`, u.ID, c.IP); n != 0 {
			t.Errorf("%d events of the demo that was left have the address, want 0", n)
		}
	})
}

const passwordOfMembers = password

// Nothing is sent to the address of a demo account, and signing up with such an address looks as it always does.
func TestDemoSendsNoMail(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.browser()
	b.startDemo()
	email, made := b.demo()
	b.Post("/account/security/password", "current_password", made, "password", otherPassword).Leads("/account/security")

	guesser := p.browser()
	var last *webtest.Answer
	for range guard.AccountHere.Burst + 2 {
		last = guesser.guess(email)
	}
	last.Want(http.StatusTooManyRequests)
	if _, _, err := p.app.Guard.NewUnlockToken(t.Context(), email, device.Client{}); err == nil {
		t.Error("a demo account has an unlock key")
	}
	signUp := func(email string) *webtest.Answer {
		return p.browser().Post("/signup", "name", "N", "email", email, "password", password).Want(http.StatusSeeOther)
	}
	known := p.newUser("Kay")
	want := signUp(known.Email)
	sameAnswer(t, "of a demo account", signUp(strings.ToUpper(email)), want)
	sameAnswer(t, "of the demo's domain", signUp("somebody@demo.example"), want)
	if n := p.count(`SELECT count(*) FROM signups`) + p.count(`SELECT count(*) FROM letter_keys`); n != 0 {
		t.Errorf("%d rows wait for an email, want 0", n)
	}
	// Emails leave in order: when the last has come, so has every other.
	p.app.Outbox.Send(p.app.emails.AlreadyMember("last@example.org"))
	p.email("last@example.org", "account")
	for _, l := range p.outbox.Emails() {
		if strings.HasSuffix(strings.ToLower(l.To), "@demo.example") {
			t.Errorf("an email to %s: %s", l.To, l.Subject)
		}
	}
	if _, err := p.accounts.CreateUser(t.Context(), "Op", "op@demo.example", password, auth.RoleAdmin); err == nil {
		t.Error("an operator made an account in the demo's domain")
	}
}

// A flood of demos waits, by network; whoever has one goes on with it.
func TestDemoLimit(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		var b *browser
		for range guard.Demos.Burst {
			b = p.browser()
			b.startDemo()
		}
		res := p.browser().Post("/demo").Want(http.StatusTooManyRequests).Says("Many demos were started from your network")
		if res.Header.Get("Retry-After") == "" || cookieLine(res) != "" {
			t.Errorf("Retry-After %q, cookie %q", res.Header.Get("Retry-After"), cookieLine(res))
		}
		if n := p.count(`SELECT count(*) FROM users`); n != guard.Demos.Burst || !b.Alive() {
			t.Errorf("%d accounts, want %d and the last alive", n, guard.Demos.Burst)
		}
		elsewhere := p.browser()
		elsewhere.IP = webtest.Network() + "::1"
		elsewhere.startDemo()
	})
}

// There are never more demo accounts than there is room for; the answer says so, and costs nobody a place in the queue.
func TestDemoFull(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		p.fill(4999)
		b := p.browser()
		b.startDemo()
		for range guard.Demos.Burst + 1 {
			res := p.browser().Post("/demo").Want(http.StatusServiceUnavailable).Says("The demo is full")
			if res.Header.Get("Retry-After") == "" || cookieLine(res) != "" {
				t.Errorf("Retry-After %q, cookie %q", res.Header.Get("Retry-After"), cookieLine(res))
			}
		}
		p.exec(`DELETE FROM users WHERE id = 'demo-1'`)
		p.browser().startDemo()
	})
}

// fill makes demo accounts without anything in them.
func (p *portal) fill(n int) {
	p.t.Helper()
	at := time.Now().UTC().Truncate(time.Microsecond)
	p.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
		INSERT INTO users (id, email, email_key, name, role, password_hash, password_changed_at, epoch, created_at, demo_until)
		SELECT 'demo-' || i, '', 'visitor-' || i || '@demo.example', 'N', 'member', '', $2, 0, $3, $4 FROM n`,
		n, at, at, at.Add(auth.DemoLife))
}

// A thousand visitors an hour come and go, with several instances sweeping. Ten minutes after the last demo is over
// nothing of them is left in any table, and nothing of anybody else is gone.
func TestDemosAreCleanedUp(t *testing.T) {
	t.Parallel()
	b := sqliteBackend(t)
	p, q := portalOn(t, b, nil), portalOn(t, b, nil)
	u := p.newUser("Stays")
	inTime(t, p, func(t *testing.T) {
		member := p.browser()
		member.Post("/login", "email", u.Email, "password", password, "remember", "on").Want(http.StatusSeeOther)
		member.state()
		ordinary := p.rowsOf("user_id NOT LIKE 'demo-%'")
		most := 0
		for minute := range 60 {
			if minute%20 == 0 {
				visitor := p.browser()
				visitor.startDemo()
				email, _ := visitor.demo()
				p.exec(`INSERT INTO letter_keys (token_hash, user_id, purpose, created_at, expires_at) VALUES ($1, $2, 'x', $3, $3)`,
					email, p.demoID(email), time.Now().UTC().Add(9*time.Hour))
			}
			for range 17 {
				p.createDemo()
			}
			p.sweep()
			most = max(most, p.count(`SELECT count(*) FROM users`)-1)
			time.Sleep(time.Minute)
		}
		if most < 1000 {
			t.Fatalf("%d demos at once, want a thousand", most)
		}
		for range 130 {
			var sweeping sync.WaitGroup
			for _, instance := range []*portal{p, q} {
				sweeping.Go(func() {
					if err := instance.sweepAll(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			sweeping.Wait()
			time.Sleep(time.Minute)
		}
		p.sweep()
		for table, n := range p.rowsOf("user_id LIKE 'demo-%'") {
			if n != 0 {
				t.Errorf("%d rows of demos left in %s", n, table)
			}
		}
		if got := p.rowsOf("user_id NOT LIKE 'demo-%'"); !maps.Equal(got, ordinary) {
			t.Errorf("rows of others: %v, before %v", got, ordinary)
		}
		if n := p.count(`SELECT count(*) FROM users`) + p.count(`SELECT count(*) FROM bags`); n != 1 {
			t.Errorf("%d accounts and bags left, want the member's account", n)
		}
		if !member.Alive() {
			t.Error("an ordinary account was signed out")
		}
	})
}

// createDemo stores a small demo account that begins now, without the price of a password.
func (p *portal) createDemo() {
	p.t.Helper()
	at, id := time.Now().UTC().Truncate(time.Microsecond), "demo-"+rand.Text()
	d := demo.Demo{User: auth.User{
		ID: id, Email: id, NormalizedEmail: id, Name: "N", Role: auth.RoleMember, PasswordHash: "none", PasswordChangedAt: at, CreatedAt: at,
		DemoUntil: at.Add(auth.DemoLife),
	}}
	for range 2 {
		d.Events = append(d.Events, audit.Event{ID: rand.Text(), UserID: id, Kind: audit.LoginSuccess, At: at})
		d.Sessions = append(d.Sessions, session.Session{
			ID: rand.Text(), UserID: id, TokenHash: rand.Text(), Method: auth.MethodPassword,
			CreatedAt: at, RotatedAt: at, LastSeenAt: at, IdleExpiresAt: at.Add(time.Hour), ExpiresAt: at.Add(24 * time.Hour),
		})
	}
	if err := p.store.CreateDemo(p.t.Context(), d); err != nil {
		p.t.Fatal(err)
	}
}

// rowsOf counts the rows in every table that says whose its rows are.
func (p *portal) rowsOf(whose string) map[string]int {
	p.t.Helper()
	rows, err := p.store.DB().QueryContext(p.t.Context(),
		`SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'user_id'`)
	if err != nil {
		p.t.Fatal(err)
	}
	defer rows.Close()
	counts := map[string]int{}
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			p.t.Fatal(err)
		}
		counts[table] = p.count(`SELECT count(*) FROM ` + table + ` WHERE ` + whose)
	}
	if err := rows.Err(); err != nil || len(counts) < 3 {
		p.t.Fatalf("%v in tables %v, want sessions, events and letter_keys at least", err, counts)
	}
	return counts
}

// After a night without a sweeper the first sweep catches up, however many demos have piled up.
func TestDemosPiledUp(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		p.fill(450)
		time.Sleep(9 * time.Hour)
		p.sweep()
		if n := p.count(`SELECT count(*) FROM users`); n != 0 {
			t.Errorf("%d accounts left, want 0", n)
		}
	})
}

// minutesBetween is how many minutes after one hour of the day the next other comes.
func minutesBetween(t *testing.T, from, to string) int {
	t.Helper()
	a, errA := time.Parse("15:04", from)
	b, errB := time.Parse("15:04", to)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	return int(b.Sub(a).Minutes()+24*60) % (24 * 60)
}

package main

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"

	"example.com/gatehouse/webtest"
)

// A pressRun is what the forms of TestDoublePress have in common.
type pressRun struct {
	*program
	line  *slowLine
	first string // address of the account that the operator made

	mu     sync.Mutex
	once   map[string]pressLeft // by scene
	demos  int
	emails int
	pairs  int // presses while the first answer was on its way
	alone  int // those of which the browser sent one form alone
}

// pressLeft is what presses leave.
type pressLeft struct {
	leads   string // without what is different each time
	alive   bool   // the browser is signed in
	events  string // of the account, by kind
	live    int    // sessions
	flags   int
	emails  int
	signUps int
	codes   int // on the page that the answer leads to
}

var ownInPath = regexp.MustCompile(`[A-Z2-7]{26}`)

// leftOf looks at what is there after the answers.
func (x *pressRun) leftOf(s *pressStage, f pressForm, leads string) (l pressLeft) {
	s.t.Helper()
	var user string
	l.leads, l.alive = ownInPath.ReplaceAllLiteralString(leads, "{own}"), s.c.Alive()
	if len(f.emails) > 0 {
		either := []any{f.emails[0], f.emails[len(f.emails)-1]}
		x.ask(s.t, `SELECT coalesce(max(id), '') FROM users WHERE email IN ($1, $2)`, either, &user)
	} else {
		x.ask(s.t, `SELECT user_id FROM sessions WHERE id = $1`, []any{s.c.Handle()}, &user)
	}
	webtest.Until(s.t, "what happens after the answer", func() (happened bool) {
		x.ask(s.t, `SELECT $1 = '' OR count(*) > 0 FROM events WHERE user_id = $2 AND kind = $1`, []any{f.later, user}, &happened)
		return happened
	})
	webtest.Until(s.t, "the answer to each payment", func() (settled bool) {
		x.ask(s.t, `SELECT count(*) = 0 FROM payments WHERE user_id = $1 AND state = 'pending'`, []any{user}, &settled)
		return settled
	})
	if leads == recoveryPage {
		l.codes = len(codesOnPage.FindAllString(s.c.Get(recoveryPage).Body, -1))
	}
	x.ask(s.t, `SELECT count(*) FROM sessions WHERE user_id = $1 AND ended_at IS NULL`, []any{user}, &l.live)
	x.ask(s.t, `SELECT count(*) FROM sessions WHERE user_id = $1 AND flag <> '' AND user_id NOT LIKE 'demo-%'`, []any{user}, &l.flags)
	x.ask(s.t, `SELECT coalesce(group_concat(kind || ' ' || n, ', '), '') FROM
		(SELECT kind, sum(times) AS n FROM events WHERE user_id = $1 GROUP BY kind ORDER BY kind)`, []any{user}, &l.events)
	for _, email := range f.emails {
		var waiting int
		x.ask(s.t, `SELECT count(*) FROM signups WHERE email = $1`, []any{email}, &waiting)
		l.signUps += waiting
		l.emails += x.emailsTo(s, email)
	}
	return l
}

// emailsTo counts the emails to an address, once those written by now are sent.
func (x *pressRun) emailsTo(s *pressStage, email string) int {
	now := time.Now().UTC().Truncate(time.Microsecond)
	webtest.Until(s.t, "an empty outbox", func() (sent bool) {
		x.ask(s.t, `SELECT count(*) = 0 FROM letters WHERE created_at <= $1`, []any{now}, &sent)
		return sent
	})
	return strings.Count(s.c.Get("/dev/mail").Body, "<dt>To</dt><dd><bdi>"+email+"</bdi>")
}

// judge compares what two presses left with what one left.
func (x *pressRun) judge(t *testing.T, o pressing, got pressLeft) {
	t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.emails += got.emails
	if strings.HasPrefix(o.scene.route, "/demo") {
		x.demos++
	}
	if o.presses == 1 {
		x.once[o.scene.name] = got
		return
	}
	want, known := x.once[o.scene.name]
	if !known {
		t.Fatal("nobody knows what one press of this form leaves: press it once as well")
	}
	if got != want {
		t.Errorf("got  %+v,\nwant %+v as after one press", got, want)
	}
}

// judgeAll looks for what belongs to nobody: emails that came late, and accounts of demos.
func (x *pressRun) judgeAll(t *testing.T) {
	t.Helper()
	if t.Failed() {
		return
	}
	var demos, emails int
	x.ask(t, `SELECT count(*) FROM users WHERE id LIKE 'demo-%'`, nil, &demos)
	x.ask(t, `SELECT count(*) FROM written`, nil, &emails)
	if demos != x.demos || emails != x.emails {
		t.Errorf("%d demo accounts, want %d; %d emails, want %d", demos, x.demos, emails, x.emails)
	}
	if x.pairs == 0 || x.alone > x.pairs/2 {
		t.Errorf("of %d double presses %d sent one form alone: nothing was pressed twice", x.pairs, x.alone)
	}
}

// someAccount is another one as the operator made the first.
func (s *pressStage) someAccount() (email string) {
	s.t.Helper()
	email = webtest.Email()
	s.x.change(s.t, `
		INSERT INTO users (id, email, email_key, name, role, password_hash, password_changed_at, epoch, created_at)
		SELECT $1, $2, $2, name, role, password_hash, password_changed_at, 0, created_at FROM users WHERE email = $3`,
		rand.Text(), email, s.x.first)
	return email
}

// take gives the window the cookies of a client.
func (b *person) take(c *webtest.Client) {
	b.t.Helper()
	yes := true
	for name, value := range c.Cookies {
		callWith(b, network.SetCookie, network.SetCookieParams{
			Name: name, Value: value, URL: b.Origin, Path: "/", Secure: &yes, HTTPOnly: &yes, SameSite: network.CookieSameSiteLax,
		})
	}
}

// give gives a client those of the window.
func (b *person) give(c *webtest.Client) {
	b.t.Helper()
	clear(c.Cookies)
	for _, cookie := range callWith(b, network.GetCookies, network.GetCookiesParams{URLs: []string{b.Origin}}).Cookies {
		c.Cookies[cookie.Name] = cookie.Value
	}
}

// enter fills in fields by their ids; a box or choice is ticked.
func (b *person) enter(fields []string) {
	b.t.Helper()
	for i := 0; i < len(fields); i += 2 {
		b.is(fmt.Sprintf(`(() => {
			const field = document.querySelector(%q)
			if (['checkbox', 'radio'].includes(field.type)) field.checked = true
			else field.value = %q
			return true
		})()`, fields[i], fields[i+1]))
	}
}

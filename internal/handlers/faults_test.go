package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/session"
)

// brokenBags is a bag store that can be switched off, as a Redis that is away.
type brokenBags struct {
	session.Bags
	away bool
}

var errAway = errors.New("dial tcp 10.0.0.1:6379: connection refused")

func (b *brokenBags) Find(ctx context.Context, key string) ([]byte, bool, error) {
	if b.away {
		return nil, false, errAway
	}
	return b.Bags.Find(ctx, key)
}

func (b *brokenBags) Swap(ctx context.Context, key string, old, sealed []byte, expires time.Time) (bool, error) {
	if b.away {
		return false, errAway
	}
	return b.Bags.Swap(ctx, key, old, sealed, expires)
}

func (b *brokenBags) Take(ctx context.Context, key string) ([]byte, error) {
	if b.away {
		return nil, errAway
	}
	return b.Bags.Take(ctx, key)
}

// Without the bag people stay signed in, sign in and out, rotate and revoke; only what is the bag says it is away.
func TestBagAway(t *testing.T) {
	under := sqliteBackend(t)
	bags := &brokenBags{Bags: under.bags}
	p := portalOn(t, backend{store: under.store, bags: bags}, nil)
	u := p.newUser("Bagley")
	b := p.signedIn(u)
	b.post("/basket", "plan", "hall").location("/plans")
	anonymous := p.browser()
	anonymous.post("/basket", "plan", "keep").location("/plans")

	bags.away = true
	b.get("/account").want(http.StatusOK).says("Bagley").saysNot("Hall")
	b.get("/plans").want(http.StatusOK)
	res := b.post("/basket", "plan", "keep").want(http.StatusServiceUnavailable).says("basket").says("Sign out")
	if res.Header.Get("Retry-After") == "" || strings.Contains(res.body, "connection refused") {
		t.Error("no Retry-After, or the cause is on the page")
	}
	p.browser().post("/basket", "plan", "keep").want(http.StatusServiceUnavailable)
	old := b.token()
	b.reauth(password).location("/account/sessions")
	if b.token() == old || p.replay(old).StatusCode == http.StatusOK {
		t.Error("not rotated")
	}
	second := p.signedIn(u)
	b.post("/account/sessions/" + second.handle() + "/end").location("/account/sessions")
	if second.alive() || !b.alive() {
		t.Error("want the other session ended, and this one not")
	}
	if anonymous.get("/").want(http.StatusOK); anonymous.token() == "" {
		t.Error("a visitor's cookie was deleted while nobody could tell whether it was good")
	}

	bags.away = false
	anonymous.get("/plans").says("Keep")
	b.get("/account").want(http.StatusOK)
	b.post("/logout").location("/signed-out")
	bags.away = true
	third := p.signedIn(u)
	third.post("/logout").location("/signed-out")
	if third.alive() {
		t.Error("still signed in")
	}
}

// A bag that is lost, damaged or sealed for somebody else is an empty one, never an error, and never a sign-out.
func TestBagLost(t *testing.T) {
	p := newPortal(t)
	b, other := p.signedIn(p.newUser("Lotte")), p.signedIn(p.newUser("Ossi"))
	for what, damage := range map[string]string{
		"deleted":  `DELETE FROM bags`,
		"garbage":  `UPDATE bags SET sealed = CAST('garbage' AS BLOB)`,
		"empty":    `UPDATE bags SET sealed = CAST('' AS BLOB)`,
		"swapped":  `UPDATE bags SET sealed = (SELECT sealed FROM bags other WHERE other.key <> bags.key)`,
		"outdated": `UPDATE bags SET expires_at = '2001-01-01 00:00:00+00:00'`,
	} {
		b.post("/basket", "plan", "hall").location("/plans")
		other.post("/basket", "plan", "keep").location("/plans")
		b.get("/account").says("Hall")
		p.exec(damage)
		b.get("/account").want(http.StatusOK).says("Lotte").saysNot("Hall").saysNot("Keep")
		t.Log(what)
	}
}

// Without the database nobody is shown a page as signed in, and no sign-out is claimed (ASVS v5.0.0-16.5.2, 16.5.3).
func TestDatabaseAway(t *testing.T) {
	p := newPortal(t)
	u := p.newUser("Dora")
	b := p.signedIn(u)
	token := b.token()
	if err := p.store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/account", "/account/sessions", "/session/state", "/plans", "/"} {
		res := b.get(path).want(http.StatusServiceUnavailable).saysNot("Dora")
		if strings.Contains(res.body, "sql") || res.Header.Get("Retry-After") == "" {
			t.Errorf("%s: the cause is on the page, or no Retry-After", path)
		}
	}
	res := b.post("/logout").want(http.StatusServiceUnavailable).saysNot("You are signed out")
	if b.token() != token || res.Header.Get("Clear-Site-Data") != "" {
		t.Error("the sign-out was claimed")
	}
	p.browser().post("/login", "email", u.Email, "password", password).want(http.StatusServiceUnavailable)
	p.browser().get("/readyz").want(http.StatusServiceUnavailable)
	p.browser().get("/healthz").want(http.StatusOK)
	p.browser().get("/login").want(http.StatusOK)
}

// A fault of ours shows one page with a reference; the log has the cause under it; neither has the other's part
// (ASVS v5.0.0-16.5.1, 16.5.4).
func TestFault(t *testing.T) {
	p := newPortal(t)
	b := p.signedIn(p.newUser("Faulty"))
	p.exec(`ALTER TABLE events RENAME TO elsewhere`)
	res := b.get("/account/activity").want(http.StatusInternalServerError).says("Something went wrong").says("Sign out")
	reference := between(text(res.body), "Reference ", " ")
	if len(reference) < 20 || !strings.Contains(p.log.String(), reference) || !strings.Contains(p.log.String(), "no such table") {
		t.Errorf("reference %q not in the log with its cause", reference)
	}
	if strings.Contains(res.body, "table") || strings.Contains(res.body, "SELECT") {
		t.Error("the cause is on the page")
	}
	p.exec(`ALTER TABLE elsewhere RENAME TO events`)
	if !b.alive() {
		t.Error("signed out by a fault")
	}
}

// A sign-out that cannot be written is not claimed: the cookie stays, and so does the row.
func TestSignOutFails(t *testing.T) {
	p := newPortal(t)
	b := p.signedIn(p.newUser("Stella"))
	token := b.token()
	p.exec(`ALTER TABLE events RENAME TO elsewhere`)
	res := b.post("/logout").want(http.StatusInternalServerError).saysNot("You are signed out").says("Sign out")
	if b.token() != token || res.Header.Get("Clear-Site-Data") != "" {
		t.Error("the sign-out was claimed")
	}
	p.exec(`ALTER TABLE elsewhere RENAME TO events`)
	if !b.alive() {
		t.Error("the session ended without its event")
	}
	b.post("/logout").location("/signed-out")
	if p.replay(token).StatusCode == http.StatusOK {
		t.Error("still signed in")
	}
}

// A change that was begun is finished although the client hangs up, and a guess leaves its trace.
func TestClientHangsUp(t *testing.T) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			p := portalOn(t, open(t), nil)
			u := p.newUser("Hanga")
			hungUp := func(b *browser, path, body string) *answer {
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				r := b.request("POST", path, strings.NewReader(body)).WithContext(ctx)
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				return b.do(r)
			}
			b := p.signedIn(u)
			old := b.token()
			hungUp(b, "/reauth", "password="+strings.ReplaceAll(password, " ", "+")).want(http.StatusSeeOther)
			if b.token() == old || p.replay(old).StatusCode == http.StatusOK || !b.alive() {
				t.Error("the rotation was torn apart")
			}
			token := b.token()
			hungUp(b, "/logout", "").location("/signed-out")
			if p.replay(token).StatusCode == http.StatusOK {
				t.Error("the sign-out did not happen")
			}
			hungUp(p.browser(), "/login", "email="+u.Email+"&password=a+wrong+password+here").want(422)
			if n := p.count(`SELECT count(*) FROM events WHERE user_id = $1 AND kind = 'authn_login_fail'`, u.ID); n != 1 {
				t.Errorf("%d events of the guess, want 1", n)
			}
		})
	}
}

// A panic answers like any fault, keeps the session, and drops what the request wanted of its bag.
func TestPanic(t *testing.T) {
	p := newPortal(t)
	b := p.signedIn(p.newUser("Pan"))
	panicking := p.app.session(p.app.handle(func(_ http.ResponseWriter, r *http.Request) error {
		p.app.Sessions.Put(r.Context(), bagPlan, "hall")
		panic("secret detail")
	}))
	routed := p.Handler
	p.Handler = p.app.clientAddress()(p.app.exchange(p.app.headers(panicking)))
	func() {
		defer func() { p.Handler = routed }()
		b.get("/account").want(http.StatusInternalServerError).saysNot("secret detail")
	}()
	b.get("/account").want(http.StatusOK).saysNot("Hall")
}

func between(s, before, after string) string {
	_, s, _ = strings.Cut(s, before)
	s, _, _ = strings.Cut(s, after)
	return s
}

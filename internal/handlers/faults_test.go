package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

// brokenBags is a bag store that can be switched off, like a Redis that is down.
type brokenBags struct {
	bag.Bags
	unavailable bool
}

var errUnavailable = errors.New("dial tcp 10.0.0.1:6379: connection refused")

func (b *brokenBags) Find(ctx context.Context, key string) ([]byte, error) {
	if b.unavailable {
		return nil, errUnavailable
	}
	return b.Bags.Find(ctx, key)
}

func (b *brokenBags) Swap(ctx context.Context, key string, old, sealed []byte, expires time.Time) (bool, error) {
	if b.unavailable {
		return false, errUnavailable
	}
	return b.Bags.Swap(ctx, key, old, sealed, expires)
}

func (b *brokenBags) Delete(ctx context.Context, key string) error {
	if b.unavailable {
		return errUnavailable
	}
	return b.Bags.Delete(ctx, key)
}

// Without the bag people stay signed in, sign in and out, rotate and revoke; only what needs the bag says that it is unavailable.
func TestBagUnavailable(t *testing.T) {
	t.Parallel()
	under := sqliteBackend(t)
	bags := &brokenBags{Bags: under.bags}
	p := portalOn(t, backend{store: under.store, bags: bags}, nil)
	u := p.newUser("Bagley")
	b := p.signedIn(u)
	b.keeps("lantern")
	anonymous := p.browser()
	anonymous.keeps("ladder")

	bags.unavailable = true
	b.Get("/account").Want(http.StatusOK).Says("Bagley")
	b.bag().Says("out of reach").SaysNot("lantern")
	res := b.Post(probe.Bag, "value", "rope").Want(http.StatusServiceUnavailable).Says("is out of reach").Says("Sign out")
	if res.Header.Get("Retry-After") == "" || strings.Contains(res.Body, "connection refused") {
		t.Error("no Retry-After, or the cause is on the page")
	}
	p.browser().Post(probe.Bag, "value", "rope").Want(http.StatusServiceUnavailable)
	old := b.Token()
	b.Reauth(password).Leads("/account/sessions")
	if b.Token() == old || p.replay(old).StatusCode == http.StatusOK {
		t.Error("not rotated")
	}
	second := p.signedIn(u)
	b.Post("/account/sessions/" + second.Handle() + "/end").Leads("/account/sessions")
	if second.Alive() || !b.Alive() {
		t.Error("want the other session ended, and this one not")
	}
	if anonymous.Get("/").Want(http.StatusOK); anonymous.Token() == "" {
		t.Error("a visitor's cookie was deleted while nobody could tell whether it was good")
	}

	bags.unavailable = false
	anonymous.bag().Says("ladder").SaysNot("rope")
	b.Get("/account").Want(http.StatusOK)
	b.bag().SaysNot("rope")
	b.Post("/logout").Leads("/signed-out")
	bags.unavailable = true
	third := p.signedIn(u)
	third.Post("/logout").Leads("/signed-out")
	if third.Alive() {
		t.Error("still signed in")
	}
}

// A bag that is lost, damaged or sealed for somebody else is an empty one, never an error, and never a sign-out.
func TestBagLost(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b, other := p.signedIn(p.newUser("Lotte")), p.signedIn(p.newUser("Ossi"))
	for what, damage := range map[string]string{
		"deleted":  `DELETE FROM bags`,
		"garbage":  `UPDATE bags SET sealed = CAST('garbage' AS BLOB)`,
		"empty":    `UPDATE bags SET sealed = CAST('' AS BLOB)`,
		"swapped":  `UPDATE bags SET sealed = (SELECT sealed FROM bags other WHERE other.key <> bags.key)`,
		"outdated": `UPDATE bags SET expires_at = '2001-01-01 00:00:00+00:00'`,
	} {
		b.keeps("lantern")
		other.keeps("ladder")
		b.bag().Says("lantern")
		p.exec(damage)
		b.Get("/account").Want(http.StatusOK).Says("Lotte")
		if page := b.bag().Says("Lotte").Text(); strings.Contains(page, "lantern") || strings.Contains(page, "ladder") {
			t.Errorf("%s: the bag still has a value: %s", what, page)
		}
	}
}

// Without the database nobody is shown a page as signed in, and no sign-out is claimed (ASVS v5.0.0-16.5.2, 16.5.3).
func TestDatabaseUnavailable(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Dora")
	b := p.signedIn(u)
	token := b.Token()
	if err := p.store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/account", "/account/sessions", "/session/state", probe.Bag, "/"} {
		res := b.Get(path).Want(http.StatusServiceUnavailable).SaysNot("Dora")
		if strings.Contains(res.Body, "sql") || res.Header.Get("Retry-After") == "" {
			t.Errorf("%s: the cause is on the page, or no Retry-After", path)
		}
	}
	res := b.Post("/logout").Want(http.StatusServiceUnavailable).SaysNot("You are signed out")
	if b.Token() != token || res.Header.Get("Clear-Site-Data") != "" {
		t.Error("the sign-out was claimed")
	}
	p.browser().Post("/login", "email", u.Email, "password", password).Want(http.StatusServiceUnavailable)
	p.browser().Get("/readyz").Want(http.StatusServiceUnavailable)
	p.browser().Get("/healthz").Want(http.StatusOK)
	p.browser().Get("/login").Want(http.StatusOK)
}

// A portal that was told to stop is not ready for the next person, and serves those who are there.
func TestNotReadyWhenStopping(t *testing.T) {
	t.Parallel()
	told := false
	p := portalOn(t, sqliteBackend(t), func(o *Options, _ *settings) { o.Stopping = func() bool { return told } })
	b := p.signedIn(p.newUser("Stella"))
	b.Get("/readyz").Want(http.StatusOK)
	told = true
	b.Get("/readyz").Want(http.StatusServiceUnavailable).Says("stopping")
	b.Get("/account").Want(http.StatusOK).Says("Stella")
	b.Get("/healthz").Want(http.StatusOK)
}

// A fault of ours shows one page with a reference; the log has the cause under it; neither has the other's part
// (ASVS v5.0.0-16.5.1, 16.5.4).
func TestFault(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Faulty"))
	p.exec(`ALTER TABLE events RENAME TO elsewhere`)
	res := b.Get("/account/activity").Want(http.StatusInternalServerError).Says("Something went wrong").Says("Sign out")
	reference := between(webtest.Text(res.Body), "Reference ", " ")
	if len(reference) < 20 || !strings.Contains(p.log.String(), reference) || !strings.Contains(p.log.String(), "no such table") {
		t.Errorf("reference %q not in the log with its cause", reference)
	}
	if strings.Contains(res.Body, "table") || strings.Contains(res.Body, "SELECT") {
		t.Error("the cause is on the page")
	}
	p.exec(`ALTER TABLE elsewhere RENAME TO events`)
	if !b.Alive() {
		t.Error("signed out by a fault")
	}
}

// A sign-out that cannot be written is not claimed: the cookie stays, and so does the row.
func TestSignOutFails(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Stella"))
	token := b.Token()
	p.exec(`ALTER TABLE events RENAME TO elsewhere`)
	res := b.Post("/logout").Want(http.StatusInternalServerError).SaysNot("You are signed out").Says("Sign out")
	if b.Token() != token || res.Header.Get("Clear-Site-Data") != "" {
		t.Error("the sign-out was claimed")
	}
	p.exec(`ALTER TABLE elsewhere RENAME TO events`)
	if !b.Alive() {
		t.Error("the session ended without its event")
	}
	b.Post("/logout").Leads("/signed-out")
	if p.replay(token).StatusCode == http.StatusOK {
		t.Error("still signed in")
	}
}

// A change that was begun is finished although the client hangs up, and a guess leaves its trace.
func TestClientHangsUp(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		u := p.newUser("Hanga")
		hungUp := func(b *browser, path, body string) *webtest.Answer {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			r := b.NewRequest("POST", path, strings.NewReader(body)).WithContext(ctx)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return b.Do(r)
		}
		b := p.signedIn(u)
		old := b.Token()
		hungUp(b, "/reauth", "password="+strings.ReplaceAll(password, " ", "+")).Want(http.StatusSeeOther)
		if b.Token() == old || p.replay(old).StatusCode == http.StatusOK || !b.Alive() {
			t.Error("the rotation was torn apart")
		}
		token := b.Token()
		hungUp(b, "/logout", "").Leads("/signed-out")
		if p.replay(token).StatusCode == http.StatusOK {
			t.Error("the sign-out did not happen")
		}
		hungUp(p.browser(), "/login", "email="+u.Email+"&password=a+wrong+password+here").Want(422)
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE user_id = $1 AND kind = 'authn_login_fail'`, u.ID); n != 1 {
			t.Errorf("%d events of the guess, want 1", n)
		}
	})
}

// A panic answers like any fault, keeps the session, and drops what the request wanted of its bag.
func TestPanic(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Pan"))
	panicking := p.app.session(p.app.handle(func(_ http.ResponseWriter, r *http.Request) error {
		p.app.Bag.Put(r.Context(), probe.BagValue, "lantern")
		panic("secret detail")
	}))
	routed := p.Handler
	p.Handler = p.app.exchange(p.app.headers(panicking))
	func() {
		defer func() { p.Handler = routed }()
		b.Get("/account").Want(http.StatusInternalServerError).SaysNot("secret detail")
	}()
	b.bag().Says("Pan").SaysNot("lantern")
}

func between(s, before, after string) string {
	_, s, _ = strings.Cut(s, before)
	s, _, _ = strings.Cut(s, after)
	return s
}

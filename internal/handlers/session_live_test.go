package handlers

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/live"
)

// liveOn runs a story with a clock of its own, on SQLite: the hub of another instance reads the same rows on PostgreSQL, which
// the tests of the program show.
func liveOn(t *testing.T, story func(t *testing.T, p *portal, u auth.User)) {
	t.Helper()
	p := newPortal(t)
	u := p.newUser("Olive")
	inTime(t, p, func(t *testing.T) {
		defer p.app.Live.Stop()
		story(t, p, u)
	})
}

// What becomes of a session elsewhere is told to its page, once, in no more than a second, and to no other page.
func TestLive(t *testing.T) {
	t.Parallel()
	liveOn(t, func(t *testing.T, p *portal, u auth.User) {
		b, other := p.signedIn(u), p.signedIn(u)
		handle := b.Handle()
		page, window, others := b.listens(), b.listens(), other.listens()
		page.wantStatus(http.StatusOK)
		if kind := page.header.Get("Content-Type"); kind != "text/event-stream" {
			t.Errorf("got Content-Type %q", kind)
		}
		page.wantHears("")
		b.Post("/session/extend").Want(http.StatusSeeOther)
		page.wantHears("extended")
		p.holding(b.Token()).as(firefoxOnLinux).Get("/account").Want(http.StatusOK)
		page.wantHears("flagged")
		window.wantHears("extended; flagged")
		time.Sleep(time.Minute) // each read goes back further than the one before
		page.wantHears("")
		late := b.listens() // its page has the flag already
		late.wantHears("")
		other.Reauth(password)
		others.wantHears("")
		others.wantOver(true) // its token is another
		others = other.listens()
		other.Post("/account/sessions/" + handle + "/end").Leads("/account/sessions")
		for _, l := range []*listener{page, window, late} {
			l.wantHears(`ended {"reason":"revoked","where":"/signed-out"}`)
			l.wantOver(true)
		}
		others.wantHears("")
		others.wantOver(false)
		back := b.listens() // and is told again
		back.wantHears(`ended {"reason":"revoked","where":"/signed-out"}`)
		back.wantStatus(http.StatusOK)
		back.wantOver(true)
	})
}

// Each way to end a session leaves its news, those without an event too.
func TestLiveEndings(t *testing.T) {
	t.Parallel()
	liveOn(t, func(t *testing.T, p *portal, u auth.User) {
		for reason, end := range map[string]func(b, other *browser){
			"signed_out":       func(b, _ *browser) { b.Post("/logout") },
			"password_changed": func(_, other *browser) { other.changePasswordTo(password) },
		} {
			b, other := p.signedIn(u), p.signedIn(u)
			page := b.listens()
			end(b, other)
			page.wantHears(`ended {"reason":"` + reason + `","where":"/signed-out"}`)
		}
		page := p.signedIn(u).listens()
		p.exec(`UPDATE users SET delete_after = $1 WHERE id = $2`, time.Now().UTC().Add(-time.Second), u.ID)
		if err := p.sweepAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		page.wantHears(`ended {"reason":"account_deleted","where":"/signed-out"}`)
	})
}

// A stream is no activity and keeps nothing alive: it ends with its session, whose time runs out as it would have. Its page
// comes back every quarter of an hour.
func TestLiveIsNoActivity(t *testing.T) {
	t.Parallel()
	liveOn(t, func(t *testing.T, p *portal, u auth.User) {
		b := p.signedIn(u)
		b.Get("/account")
		before := p.sessionRow(b)
		page := b.listens()
		time.Sleep(14 * time.Minute)
		page.wantHears("")
		page.wantOver(false)
		writes := page.mayTake()
		if len(writes) < 30 {
			t.Errorf("%d writes in a quarter of an hour, want one in each half minute", len(writes))
		}
		for _, within := range writes {
			if within <= 0 || within > 10*time.Second {
				t.Fatalf("a write may take %s", within)
			}
		}
		time.Sleep(time.Minute)
		page.wantOver(true)
		page = b.listens()
		if after := p.sessionRow(b); after != before {
			t.Errorf("the stream changed the session: got %+v, was %+v", after, before)
		}
		time.Sleep(time.Until(before.IdleExpiresAt) - time.Second)
		page.wantOver(false)
		page.wantHears(`ended {"reason":"idle","where":"/signed-out"}`)
		page.wantOver(true)
		if b.Token() == "" {
			t.Error("the stream took the cookie")
		}
	})
}

// What is written by another clock, or committed late, is told all the same, and once. What was swept or is too old is not.
func TestLiveOfOtherClocks(t *testing.T) {
	t.Parallel()
	liveOn(t, func(t *testing.T, p *portal, u auth.User) {
		b := p.signedIn(u)
		handle, page := b.Handle(), b.listens()
		page.wantHears("")
		for i, late := range []time.Duration{-10 * time.Second, 10 * time.Second, -time.Hour} {
			p.exec(`INSERT INTO session_news (id, session_id, kind, reason, at) VALUES ($1, $2, 'extended', '', $3)`,
				"late"+strconv.Itoa(i), handle, time.Now().UTC().Truncate(time.Microsecond).Add(late))
		}
		page.wantHears("extended; extended")
		time.Sleep(time.Minute)
		page.wantHears("")
		time.Sleep(5 * time.Minute)
		if err := p.app.Live.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := p.count(`SELECT count(*) FROM session_news`); left != 0 {
			t.Errorf("%d rows after the sweep, want none", left)
		}
	})
}

// Nobody holds more than their share, and whoever is turned away gets 204: the page asks instead.
func TestLiveIsBounded(t *testing.T) {
	t.Parallel()
	liveOn(t, func(t *testing.T, p *portal, u auth.User) {
		b := p.signedIn(u)
		var pages []*listener
		for range live.MaxOfSession + 1 {
			pages = append(pages, b.listens())
		}
		pages[0].wantOver(true) // its connection may be lost
		for _, l := range pages[1:] {
			l.wantOver(false)
		}
		pages[1].hangUp()
		pages[1].wantOver(true)
		b.listens().wantOver(false)
		pages[2].wantOver(false) // there was room

		for n := range live.MaxOfNetwork {
			if s := p.app.Live.Open(strconv.Itoa(n), customer(b.IP), ""); s == nil && n < live.MaxOfNetwork-live.MaxOfSession {
				t.Fatalf("no room for stream %d of a network", n)
			}
		}
		full := p.browser()
		full.SignIn(u.Email, password)
		refused := full.listens()
		refused.wantStatus(http.StatusNoContent)
		refused.wantOver(true)
		full.at("2001:db8:77::1").listens().wantStatus(http.StatusOK)
		p.app.Live.Stop()
		pages[2].wantOver(true)
		b.listens().wantStatus(http.StatusNoContent)
	})
}

// While nothing can be read streams stay, until news may have been missed: then the pages come back and are told.
func TestLiveWithoutDatabase(t *testing.T) {
	t.Parallel()
	liveOn(t, func(t *testing.T, p *portal, u auth.User) {
		b := p.signedIn(u)
		page := b.listens()
		page.wantHears("")
		p.exec(`ALTER TABLE session_news RENAME TO elsewhere`)
		time.Sleep(50 * time.Second)
		page.wantOver(false)
		time.Sleep(20 * time.Second)
		page.wantOver(true)
		p.exec(`ALTER TABLE elsewhere RENAME TO session_news`)
	})
}

// Only a script of this origin is told anything, and a connection whose writes cannot be bounded gets no stream.
func TestLiveIsForScripts(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Olga"))
	b.Get(livePage).Want(http.StatusNoContent)
	b.Do(b.NewRequest(http.MethodHead, livePage, nil)).Want(http.StatusNoContent)
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"} {
		r := b.NewRequest(http.MethodGet, livePage, nil)
		r.Header.Set(name, value)
		b.Do(r).Want(http.StatusForbidden)
	}
	b.Post(livePage).Want(http.StatusMethodNotAllowed)
	p.browser().Get(livePage).Want(http.StatusNoContent)
	if p.app.Live.Open("somebody", "", "") == nil {
		t.Error("those that were refused take room")
	}
	p.app.Live.Stop()
}

// Whoever says again and again that they are still there makes no row each time.
func TestExtendedIsNewsOnce(t *testing.T) {
	t.Parallel()
	liveOn(t, func(t *testing.T, p *portal, u auth.User) {
		b := p.signedIn(u)
		for range 20 {
			b.Post("/session/extend").Want(http.StatusSeeOther)
			time.Sleep(100 * time.Millisecond)
		}
		if n := p.count(`SELECT count(*) FROM session_news WHERE kind = 'extended'`); n < 1 || n > 2 {
			t.Errorf("%d rows, want one for all that was said within five seconds", n)
		}
	})
}

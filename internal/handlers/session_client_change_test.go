package handlers

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/internal/store/storetest"
	"example.com/gatehouse/webtest"
)

const (
	chromeUpdated  = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"
	firefoxOnLinux = "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0"
)

// flagged returns the reasons of a person's session_flagged events.
func (p *portal) flagged(userID string) (reasons []string) {
	p.t.Helper()
	for _, kind := range p.kinds(userID) {
		if reason, ok := strings.CutPrefix(kind, "session_flagged:"); ok {
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

func (p *portal) wantFlagged(userID string, want ...string) {
	p.t.Helper()
	if got := p.flagged(userID); strings.Join(got, ", ") != strings.Join(want, ", ") {
		p.t.Errorf("got session_flagged events %q, want %q", got, want)
	}
}

// A phone changes networks and goes on. Its owner sees it once, and can say that it was them.
func TestAnotherNetwork(t *testing.T) {
	t.Parallel()
	onBoth(t, "", func(t *testing.T, p *portal) {
		u := p.newUser("Nettie")
		b := p.signedIn(u)
		elsewhere := b.at("198.51.100.7")
		for range 3 {
			elsewhere.Get("/account").Want(http.StatusOK)
			b.Get("/account").Want(http.StatusOK)
			b.at("203.0.113.9").Get("/account").Want(http.StatusOK)
		}
		p.wantFlagged(u.ID, "network")
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE kind = 'session_flagged' AND ip = '198.51.100.7'`); n != 1 {
			t.Errorf("%d events with the address it came from, want 1", n)
		}
		other := p.signedIn(u)
		other.Get("/account").Says("One of your sessions looks suspicious").SaysNot("Nothing to improve")
		other.Get("/account/sessions").Says("It was used from another network, 198.51.100.0/24.")
		b.Get("/account/sessions").Says("It was used from another network, 198.51.100.0/24.").SaysNot("This session began")
		b.Get("/account/activity?kind=sessions").Says("A session was used from another browser or network")

		b.Reauth(password).Leads("/account/sessions")
		elsewhere.Cookies = b.Cookies
		elsewhere.Post("/account/sessions/" + elsewhere.Handle() + "/recognise").Leads("/reauth?next=" + url.QueryEscape(recognisePage(elsewhere.Handle())))
		elsewhere.Reauth(password).Leads("/account/sessions") // of its own
		elsewhere.dismissFlag()
		elsewhere.Get("/account").Want(http.StatusOK).SaysNot("looks suspicious")
		b.Cookies = elsewhere.Cookies
		b.Get("/account").Want(http.StatusOK)
		p.wantFlagged(u.ID, "network")
		b.at("203.0.113.9").Get("/account").Says("looks suspicious").Says("another network, 203.0.113.0/24")
		p.wantFlagged(u.ID, "network", "network")
		if messages := p.emailsTo(u.Email); len(messages) != 0 {
			t.Errorf("got emails %q, want none for a network", messages)
		}
	})
}

// dismissFlag presses "This was me" on this browser's own session card.
func (b *browser) dismissFlag() {
	b.p.t.Helper()
	b.Post("/account/sessions/" + b.Handle() + "/recognise").Leads("/account/sessions")
}

// What is one network, and what is another.
func TestNetworks(t *testing.T) {
	t.Parallel()
	onBoth(t, "", func(t *testing.T, p *portal) {
		u := p.newUser("Ned")
		p.limits.Limiter = limiterOff{}
		for _, tt := range []struct {
			from, to string
			change   bool
		}{
			{"198.51.100.7", "198.51.100.250", false}, {"198.51.100.7", "198.51.101.7", true},
			{"198.51.100.7", "::ffff:198.51.100.8", false}, {"::ffff:198.51.100.7", "198.51.100.7", false},
			{"2001:db8:40:1::1", "2001:db8:40:ffff::9", false}, {"2001:db8:40:1::1", "2001:db8:41:1::1", true},
			{"198.51.100.7", "2001:db8:40::1", true}, {"::1", "127.0.0.1", false}, {"127.0.0.1", "127.5.5.5", false},
			{"127.0.0.1", "198.51.100.7", true},
		} {
			b := p.browser().at(tt.from)
			b.SignIn(u.Email, password)
			b.at(tt.to).Get("/account").Want(http.StatusOK)
			if n := p.count(`SELECT count(*) FROM sessions WHERE id = $1 AND flag <> ''`, b.Handle()); (n == 1) != tt.change {
				t.Errorf("%s to %s: flagged %d, want a change: %t", tt.from, tt.to, n, tt.change)
			}
		}
	})
}

// An update of the browser is no change, another browser is. Its owner reads which, on the session card and in one email.
func TestAnotherBrowser(t *testing.T) {
	t.Parallel()
	onBoth(t, "", func(t *testing.T, p *portal) {
		u := p.newUser("Bruno")
		b := p.signedIn(u)
		b.as(chromeUpdated).Get("/account").Want(http.StatusOK)
		p.wantFlagged(u.ID)
		stolen := b.as(firefoxOnLinux)
		for range 3 {
			stolen.Get("/account").Want(http.StatusOK)
			b.Get("/account").Want(http.StatusOK)
		}
		p.wantFlagged(u.ID, "browser")
		b.Get("/account/sessions").Says("This session began in Chrome on macOS and was used from Firefox on Linux.").SaysNot("another network")
		b.Reauth(password).Leads("/account/sessions")
		b.dismissFlag()
		stolen.Cookies = b.Cookies
		stolen.Get("/account").Want(http.StatusOK)
		p.wantFlagged(u.ID, "browser")
		stolen.as(webtest.FirefoxOnWindows).at("198.51.100.7").Get("/account").Says("was used from Firefox on Windows. It was used from another network, 198.51.100.0/24.")
		p.wantFlagged(u.ID, "browser", "browser and network")
		messages := p.emailsTo(u.Email)
		if len(messages) != 2 {
			t.Fatalf("got %d emails, want one for each flag: %q", len(messages), messages)
		}
		for _, want := range []string{"begun with Chrome on macOS, was used from Firefox on Linux on", "We have flagged it", "https://portal.test/account/sessions"} {
			if !strings.Contains(messages[1], want) {
				t.Errorf("got no %q in\n%s", want, messages[1])
			}
		}
	})
}

// What cannot be read is a browser and a network like any other.
func TestUnknownClients(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Uma")
	b := p.signedIn(u)
	b.as("").Get("/account").Says("was used from an unknown browser.")
	other := p.signedIn(u)
	r := other.NewRequest("GET", "/account", nil)
	r.RemoteAddr = "@"
	other.Do(r).Want(http.StatusOK).Says("It was used from an unknown network.")
}

// Of many requests of a changed client that come at once, one raises the flag and one email goes out.
func TestChangedClientAtOnce(t *testing.T) {
	t.Parallel()
	onBackendsWith(t, func(_ *Options, policy *settings) { policy.Browser = together(crowd) }, func(t *testing.T, p *portal) {
		u := p.newUser("Simon")
		p.crowdIn(p.signedIn(u).Token(), http.StatusOK)
		p.wantFlagged(u.ID, "browser")
		if messages := p.emailsTo(u.Email); len(messages) != 1 {
			t.Errorf("got %d emails, want 1", len(messages))
		}
	})
}

// crowd is how many requests come at once.
const crowd = 20

// together names browsers, and lets nobody go on with Firefox on Linux before n have asked: all of them have read the
// row by then, and none has written.
func together(n int32) device.Namer {
	var asked atomic.Int32
	gate := make(chan struct{})
	return func(c device.Client) string {
		if c.UserAgent == firefoxOnLinux {
			if asked.Add(1) == n {
				close(gate)
			}
			select {
			case <-gate:
			case <-time.After(webtest.Patience): // one was answered before it asked, and crowdIn says how
			}
		}
		return c.Name()
	}
}

// crowdIn asks for a page with a copy of the token, from Firefox on Linux, a crowd of times at once.
func (p *portal) crowdIn(token string, want int) {
	p.t.Helper()
	var wg sync.WaitGroup
	for range crowd {
		one := p.holding(token).as(firefoxOnLinux)
		wg.Go(func() {
			if got := one.Get("/account").StatusCode; got != want {
				p.t.Errorf("got %d, want %d", got, want)
			}
		})
	}
	wg.Wait()
}

// Looking changes nothing, whoever looks and whatever the setting.
func TestReadOnlyFromAnotherClient(t *testing.T) {
	t.Parallel()
	for _, mode := range []session.ClientChange{session.ClientChangeFlag, session.ClientChangeReauth, session.ClientChangeEnd} {
		onBoth(t, mode, func(t *testing.T, p *portal) {
			u := p.newUser("Pia")
			b := p.signedIn(u)
			before := p.sessionRow(b)
			if got := b.as(firefoxOnLinux).at("198.51.100.7").state(); got.State != "active" {
				t.Errorf("%s: got %+v, want active", mode, got)
			}
			if after := p.sessionRow(b); after != before {
				t.Errorf("%s: got %+v, was %+v", mode, after, before)
			}
			p.wantFlagged(u.ID)
		})
	}
}

func (p *portal) sessionRow(b *browser) session.Session {
	p.t.Helper()
	s, _, err := p.store.SessionByToken(p.t.Context(), auth.HashToken(b.Token()))
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

// X-Forwarded-For counts only from a proxy that is trusted: anybody else can neither raise a flag with it nor hide one.
func TestForwardedClients(t *testing.T) {
	t.Parallel()
	asked := func(b *browser, forwarded string) {
		r := b.NewRequest("GET", "/account", nil)
		r.Header.Set("X-Forwarded-For", forwarded)
		b.Do(r).Want(http.StatusOK)
	}
	onBoth(t, "", func(t *testing.T, p *portal) {
		u := p.newUser("Xaver")
		b := p.signedIn(u)
		asked(b, "198.51.100.7")
		p.wantFlagged(u.ID)
		asked(b.at("198.51.100.7"), b.IP)
		p.wantFlagged(u.ID, "network")
	})
	p := portalOn(t, sqliteBackend(t), func(o *Options, _ *settings) {
		o.Proxies = trusting("192.0.2.0/24")
	})
	u := p.newUser("Xenia")
	b := p.browser().at("198.51.100.7")
	b.SignIn(u.Email, password)
	asked(b, "203.0.113.9")
	asked(b.at("192.0.2.1"), "198.51.100.9")
	asked(b.at("192.0.2.2"), "198.51.100.9")
	p.wantFlagged(u.ID)
	asked(b.at("192.0.2.2"), "203.0.113.9")
	p.wantFlagged(u.ID, "network")
}

// A session that was opened before sessions knew their clients learns them with its next activity, and is not flagged.
func TestSessionFromBefore(t *testing.T) {
	t.Parallel()
	onBoth(t, "", func(t *testing.T, p *portal) {
		u := p.newUser("Old")
		b := p.signedIn(u)
		p.exec(`UPDATE sessions SET known_clients = '' WHERE user_id = $1`, u.ID)
		elsewhere := b.at("198.51.100.7")
		elsewhere.Get("/account").Want(http.StatusOK)
		if got := p.sessionRow(b).Known; got != "" {
			t.Errorf("learnt %q within the touch interval, want nothing written", got)
		}
		p.exec(`UPDATE sessions SET last_seen_at = $1 WHERE user_id = $2`, time.Now().UTC().Add(-2*time.Minute), u.ID)
		elsewhere.Get("/account").Want(http.StatusOK) // learnt
		elsewhere.Get("/account").Want(http.StatusOK)
		b.at(p.prefix + "::99").as(chromeUpdated).Get("/account").Want(http.StatusOK)
		p.wantFlagged(u.ID)
		b.as(firefoxOnLinux).at("203.0.113.9").Get("/account").Want(http.StatusOK)
		p.wantFlagged(u.ID, "browser and network")
	})
}

// A sign-in of the same browser from elsewhere is a session of its own, which knows where it began.
func TestSignInFromElsewhere(t *testing.T) {
	t.Parallel()
	for _, mode := range []session.ClientChange{session.ClientChangeFlag, session.ClientChangeReauth, session.ClientChangeEnd} {
		onBoth(t, mode, func(t *testing.T, p *portal) {
			u := p.newUser("Signe")
			b := p.signedIn(u)
			elsewhere := b.at("198.51.100.7")
			elsewhere.Get("/account")
			elsewhere.SignIn(u.Email, password)
			elsewhere.Get("/account").Want(http.StatusOK).SaysNot("looks suspicious")
			if got := p.sessionRow(elsewhere); got.Flag != "" || got.Known.Network() != "198.51.100.0/24" {
				t.Errorf("%s: got %+v, want a session of that network without a flag", mode, got)
			}
		})
	}
}

// Whoever copies a cookie while its owner's elevation window is open can do nothing with the window: the flag closes it.
func TestFlagClosesTheWindow(t *testing.T) {
	t.Parallel()
	onBoth(t, "", func(t *testing.T, p *portal) {
		b := p.signedIn(p.newUser("Wanda"))
		handle := b.Handle()
		b.Reauth(password).Leads("/account/sessions")
		thief := p.holding(b.Token()).as(firefoxOnLinux)
		for range 2 { // in the very request that raises the flag, and in the next
			thief.Post("/account/sessions/" + handle + "/recognise").Leads("/reauth?next=%2Faccount%2Fsessions%2F" + handle + "%2Frecognise")
		}
		b.Get(probe.Form).Leads("/reauth?next=" + url.QueryEscape(probe.Form))
		if p.sessionRow(b).Flag != session.FlagClientChanged {
			t.Error("the flag is gone")
		}
	})
}

// The use of a replaced token is the more serious flag: it takes the place of a changed client, and not the other way round.
func TestGraverFlag(t *testing.T) {
	t.Parallel()
	onBoth(t, "", func(t *testing.T, p *portal) {
		u := p.newUser("Greta")
		b := p.signedIn(u)
		old := b.Token()
		b.Reauth(password).Leads("/account/sessions")
		b.at("198.51.100.7").Get("/account").Says("another network")
		p.exec(`UPDATE sessions SET rotated_at = $1 WHERE user_id = $2`, time.Now().UTC().Add(-time.Minute), u.ID)
		for range 3 {
			p.replay(old).Want(http.StatusSeeOther)
			b.as(firefoxOnLinux).Get("/account/sessions").Says("A cookie that this session had replaced was used again.").SaysNot("another network")
		}
		p.wantFlagged(u.ID, "network")
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE user_id = $1 AND kind = 'session_token_reused'`, u.ID); n != 1 {
			t.Errorf("%d session_token_reused events, want 1", n)
		}
		b.Reauth(password) // the flag has closed the window
		b.dismissFlag()    // says nothing about clients
		b.at("198.51.100.7").Get("/account").Says("another network, 198.51.100.0/24")
		p.wantFlagged(u.ID, "network", "network")
		messages := p.emailsTo(u.Email)
		if len(messages) != 1 || !strings.Contains(messages[0], "begun with Chrome on macOS, had replaced its cookie.") {
			t.Errorf("got emails %q, want one about the cookie", messages)
		}
	})
}

// The script of a page that was left open can be what uses a replaced token: its owner is told all the same.
func TestReplacedTokenAsksForTheState(t *testing.T) {
	t.Parallel()
	onBoth(t, "", func(t *testing.T, p *portal) {
		u := p.newUser("Stan")
		b := p.signedIn(u)
		old := p.holding(b.Token())
		b.Reauth(password).Leads("/account/sessions")
		p.exec(`UPDATE sessions SET rotated_at = $1 WHERE user_id = $2`, time.Now().UTC().Add(-time.Minute), u.ID)
		for range 2 {
			if got := old.state(); got.State != "ended" {
				t.Errorf("got %+v, want ended", got)
			}
		}
		if messages := p.emailsTo(u.Email); len(messages) != 1 {
			t.Errorf("got %d emails, want 1", len(messages))
		}
	})
}

// A flag belongs to the owner of the session: to anybody else it is not there.
func TestFlagNotOwned(t *testing.T) {
	t.Parallel()
	onBoth(t, "", func(t *testing.T, p *portal) {
		u := p.newUser("Fay")
		b, stranger := p.signedIn(u), p.signedIn(p.newUser("Stranger"))
		b.at("198.51.100.7").Get("/account").Want(http.StatusOK)
		stranger.Reauth(password).Leads("/account/sessions")
		stranger.Post("/account/sessions/" + b.Handle() + "/recognise").Want(http.StatusNotFound)
		b.Get("/account/sessions").Says("another network")
		stranger.Get("/account").SaysNot("looks suspicious")
	})
}

// With "reauth" a session that is used from elsewhere does nothing more until the password is given in it.
func TestClientChangeReauth(t *testing.T) {
	t.Parallel()
	onBoth(t, session.ClientChangeReauth, func(t *testing.T, p *portal) {
		u := p.newUser("Rhea")
		b := p.signedIn(u)
		b.Reauth(password).Leads("/account/sessions") // the window is open
		handle := b.Handle()
		before := p.sessionRow(b)
		p.exec(`UPDATE sessions SET last_seen_at = $1 WHERE id = $2`, before.LastSeenAt.Add(-5*time.Minute), handle)
		stolen := p.holding(b.Token()).as(firefoxOnLinux).at("198.51.100.7")

		for _, who := range []*browser{stolen, b} {
			who.Get("/account").Leads("/reauth?next=%2Faccount")
			who.Get("/account/activity?kind=sessions").Leads("/reauth?next=%2Faccount%2Factivity%3Fkind%3Dsessions")
			who.Post("/account/sessions/" + handle + "/recognise").Leads("/reauth?next=%2Faccount%2Fsessions%2F" + handle + "%2Frecognise")
			who.Post("/account/sessions/end-all", "password", password).Leads("/reauth?next=%2Faccount%2Fsessions%2Fend-all")
			who.Post("/account/security/password", "current_password", password, "password", otherPassword).
				Leads("/reauth?next=%2Faccount%2Fsecurity%2Fpassword")
			who.Get("/reauth?next=/account").Want(http.StatusOK).
				Says("This session was used from another browser, Firefox on Linux, and another network, 198.51.100.0/24. Confirm that it is you")
			who.Get("/reauth?next=/account/sessions/" + handle + "/end").Want(http.StatusOK).SaysNot("Chrome")
			who.bag()
			who.Post("/session/extend", "next", "/account/security").Leads("/reauth?next=%2Faccount%2Fsecurity")
			who.wantWaiting()
		}
		after := p.sessionRow(b)
		if !after.IdleExpiresAt.Equal(before.IdleExpiresAt) || after.LastIP != before.LastIP || !after.LastSeenAt.Before(before.LastSeenAt) {
			t.Errorf("what was refused counted as activity: got %+v, was %+v", after, before)
		}
		p.wantFlagged(u.ID, "browser and network")

		stolen.Post("/reauth", "password", otherPassword, "next", "/account").Want(http.StatusUnprocessableEntity).Says("another browser, Firefox on Linux")
		b.Reauth(password).Leads("/account/sessions")
		b.Get("/account").Want(http.StatusOK).SaysNot("looks suspicious")
		if p.replay(stolen.Token()).StatusCode == http.StatusOK {
			t.Error("the copy of the cookie is alive")
		}
		stolen.Cookies["__Host-id"] = b.Token() // a copy of the new one: the owner confirmed from home, so elsewhere is as strange as before
		stolen.Get("/account").Leads("/reauth?next=%2Faccount")
		p.wantFlagged(u.ID, "browser and network", "browser and network")
		stolen.Reauth(password).Leads("/account/sessions")
		stolen.Get("/account").Want(http.StatusOK)
		p.wantFlagged(u.ID, "browser and network", "browser and network")
		stolen.Post("/logout").Leads("/signed-out")
		if n := p.count(`SELECT COALESCE(sum(times), 0) FROM events WHERE user_id = $1 AND kind = 'session_recognised' AND reason = 'reauthentication'`, u.ID); n != 2 {
			t.Errorf("%d session_recognised events, want 2", n)
		}
	})
}

// A message that its owner has not read yet stays with the session that waits.
func TestMessageWaits(t *testing.T) {
	t.Parallel()
	onBoth(t, session.ClientChangeReauth, func(t *testing.T, p *portal) {
		u := p.newUser("Rhea")
		b, other := p.signedIn(u), p.signedIn(u).Handle()
		b.Reauth(password).Leads("/account/sessions")
		b.Post("/account/sessions/" + other + "/end").Leads("/account/sessions")
		stolen := b.as(firefoxOnLinux)
		stolen.Get("/account").Leads("/reauth?next=%2Faccount")
		stolen.Get("/reauth").Want(http.StatusOK).SaysNot("Chrome on macOS")
		stolen.Get("/").Want(http.StatusOK).SaysNot("Chrome on macOS")
		b.Follow(b.Reauth(password)).Says("Signed out Chrome on macOS.")
	})
}

// wantWaiting asks as the script of the idle warning does.
func (b *browser) wantWaiting() {
	b.p.t.Helper()
	r := b.NewRequest("POST", "/session/extend", nil)
	r.Header.Set("Accept", "application/json")
	var got stateJSON
	if err := json.Unmarshal([]byte(b.Do(r).Want(http.StatusOK).Body), &got); err != nil || got.State != "reauth" || !strings.HasPrefix(got.Where, "/reauth?next=") {
		b.p.t.Errorf("got %+v, %v, want reauth", got, err)
	}
}

// The other flag does not set a waiting session free, nor keep one from being made to wait.
func TestWaitingOutlivesTheGraverFlag(t *testing.T) {
	t.Parallel()
	onBoth(t, session.ClientChangeReauth, func(t *testing.T, p *portal) {
		u := p.newUser("Gwen")
		for _, reusedFirst := range []bool{false, true} {
			b := p.signedIn(u)
			old := b.Token()
			b.Reauth(password).Leads("/account/sessions")
			p.exec(`UPDATE sessions SET rotated_at = $1 WHERE user_id = $2`, time.Now().UTC().Add(-time.Minute), u.ID)
			steps := []func(){
				func() { b.at("198.51.100.7").Get("/account").Leads("/reauth?next=%2Faccount") },
				func() { p.replay(old).Want(http.StatusSeeOther) },
			}
			if reusedFirst {
				steps[0], steps[1] = steps[1], steps[0]
			}
			steps[0]()
			steps[1]()
			b.at("198.51.100.7").Get("/account").Leads("/reauth?next=%2Faccount")
			b.Get("/account").Leads("/reauth?next=%2Faccount")
			b.Reauth(password).Leads("/account/sessions")
			b.Get("/account/sessions").Says("A cookie that this session had replaced was used again.")
		}
	})
}

// "This was me" from another session of the owner sets the waiting one free, without the window it had.
func TestDismissWaiting(t *testing.T) {
	t.Parallel()
	p := portalOn(t, sqliteBackend(t), func(_ *Options, policy *settings) { policy.OnClientChange = session.ClientChangeReauth })
	u := p.newUser("Wanda")
	b, other := p.signedIn(u), p.signedIn(u)
	b.Reauth(password).Leads("/account/sessions")
	handle := b.Handle()
	elsewhere := b.at("198.51.100.7")
	elsewhere.Get("/account").Leads("/reauth?next=%2Faccount")
	other.Reauth(password).Leads("/account/sessions")
	other.Post("/account/sessions/" + handle + "/recognise").Leads("/account/sessions")
	elsewhere.Get("/account").Want(http.StatusOK)
	if end := "/account/sessions/" + other.Handle() + "/end"; !strings.HasPrefix(elsewhere.Post(end).Header.Get("Location"), "/reauth") {
		t.Error("the window from before the change counts again")
	}
}

// A session that was flagged while its portal only flagged waits once the portal asks for more, open window or not.
func TestSettingBecomesStricter(t *testing.T) {
	t.Parallel()
	stores := sqliteBackend(t)
	p := portalOn(t, stores, nil)
	strict := portalOn(t, stores, func(_ *Options, policy *settings) { policy.OnClientChange = session.ClientChangeReauth })
	b := p.signedIn(p.newUser("Stella"))
	b.Reauth(password).Leads("/account/sessions")
	b.at("198.51.100.7").Get("/account").Want(http.StatusOK)
	b.moveTo(strict)
	b.Get("/account").Leads("/reauth?next=%2Faccount")
	b.Get("/reauth?next=/account").Want(http.StatusOK).Says("another network, 198.51.100.0/24").SaysNot("Confirmed until")
	b.Reauth(password).Leads("/account/sessions")
	b.Get("/account").Want(http.StatusOK)
}

// With "end" the session is over at once, for everybody who has its cookie, and the page says why.
func TestClientChangeEnd(t *testing.T) {
	t.Parallel()
	onBoth(t, session.ClientChangeEnd, func(t *testing.T, p *portal) {
		u := p.newUser("Enda")
		b := p.signedIn(u)
		b.at(p.prefix + "::99").as(chromeUpdated).Get("/account").Want(http.StatusOK)
		stolen := p.holding(b.Token()).as(firefoxOnLinux)
		refused := stolen.Get("/account")
		refused.Leads("/login?next=%2Faccount")
		if stolen.Token() != "" {
			t.Error("the cookie of the ended session stays")
		}
		stolen.Follow(refused).Says("This session was used from somewhere else").SaysNot("Chrome on macOS")
		b.Follow(b.Get("/account")).Says("This session was used from somewhere else")
		b.Get("/signed-out").Says("It was used from another browser or another network than before").Says("If this was not you")
		p.endedOnce(u.ID, "client_changed")
		p.wantFlagged(u.ID)
		p.signedIn(u).Get("/account/sessions").Says("Used from another browser or network").SaysNot("looks suspicious")
		messages := p.emailsTo(u.Email)
		if len(messages) != 1 || !strings.Contains(messages[0], "was used from Firefox on Linux") || !strings.Contains(messages[0], "We have ended it.") {
			t.Errorf("got emails %q, want one that says it was ended", messages)
		}
	})
}

func TestClientChangeEndAtOnce(t *testing.T) {
	t.Parallel()
	onBackendsWith(t, func(_ *Options, policy *settings) {
		policy.OnClientChange, policy.Browser = session.ClientChangeEnd, together(crowd)
	}, func(t *testing.T, p *portal) {
		u := p.newUser("Ende")
		b := p.signedIn(u)
		p.exec(`UPDATE sessions SET flag = $1 WHERE user_id = $2`, session.FlagTokenReused, u.ID) // the more serious flag is no shelter
		p.crowdIn(b.Token(), http.StatusSeeOther)
		p.endedOnce(u.ID, "client_changed")
		if messages := p.emailsTo(u.Email); len(messages) != 1 {
			t.Errorf("got %d emails, want 1", len(messages))
		}
	})
}

// A session that waits is written no more, whoever asks.
func TestWaitingIsCheap(t *testing.T) {
	t.Parallel()
	s, statements := storetest.CountingSQLite(t)
	p := portalOn(t, backend{store: s, bags: s.Bags()}, func(_ *Options, policy *settings) {
		policy.OnClientChange = session.ClientChangeReauth
	})
	b := p.signedIn(p.newUser("Wally"))
	b.keeps("lantern")
	thief := b.as(firefoxOnLinux).at("198.51.100.7")
	thief.bag()
	for _, one := range []*browser{b, thief, thief.at("203.0.113.7")} {
		statements.Taken()
		one.bag()
		if n := statements.Taken(); n != 2 {
			t.Errorf("%s: %d statements, want 2: the row and the bag", one.IP, n)
		}
	}
}

// Comparing costs no statement, and no header is taken apart whose text is known to be good. While a session is flagged,
// the owner and a thief who take turns write nothing.
func TestComparingIsCheap(t *testing.T) {
	t.Parallel()
	s, statements := storetest.CountingSQLite(t)
	parsed := 0
	p := portalOn(t, backend{store: s, bags: s.Bags()}, func(_ *Options, policy *settings) {
		policy.Browser = func(c device.Client) string { parsed++; return c.Name() }
	})
	u := p.newUser("Frugal")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		b.keeps("lantern")
		cost := func(b *browser) (int, int) {
			statements.Taken()
			parsed = 0
			b.bag()
			return statements.Taken(), parsed
		}
		if read, names := cost(b); read != 2 || names != 0 {
			t.Errorf("the client of the sign-in: %d statements, %d headers parsed, want 2 and 0", read, names)
		}
		updated := b.as(chromeUpdated)
		time.Sleep(2 * time.Minute)
		updated.bag() // activity is written, with the new text
		if read, names := cost(updated); read != 2 || names != 0 {
			t.Errorf("after an update of the browser: %d statements, %d headers parsed, want 2 and 0", read, names)
		}
		thief := b.as(firefoxOnLinux).at("198.51.100.7")
		thief.bag()
		for _, one := range []*browser{b, thief, updated, thief.at("203.0.113.7")} {
			if read, names := cost(one); read != 2 || names != 0 {
				t.Errorf("flagged: %d statements, %d headers parsed, want 2 and 0", read, names)
			}
		}
		time.Sleep(2 * time.Minute)
		thief.bag() // its activity is written, but not as good
		if got := p.sessionRow(b).KnownAgent; got != chromeUpdated {
			t.Errorf("got known agent %q, want %q", got, chromeUpdated)
		}
	})
}

// A session that is flagged already is guarded no less: the window that its owner opens is closed to a client that the session
// does not know, whatever raised the flag. That client's own confirmation opens it, and makes it known; the flag stays.
func TestFlaggedWindowIsClosedToOthers(t *testing.T) {
	t.Parallel()
	onBoth(t, "", func(t *testing.T, p *portal) {
		for _, flag := range []string{session.FlagClientChanged, session.FlagTokenReused} {
			u := p.newUser("Flagged")
			b := p.signedIn(u)
			p.exec(`UPDATE sessions SET flag = $1, flag_client = CASE WHEN $1 = 'client_changed' THEN $2 ELSE '' END WHERE id = $3`, flag, "browser Edge on Windows\nnetwork 203.0.113.0/24", b.Handle())
			b.Reauth(password).Leads("/account/sessions")
			for _, thief := range []*browser{b.as(firefoxOnLinux), b.at("198.51.100.7")} {
				if end := "/account/sessions/" + b.Handle() + "/end"; !strings.HasPrefix(thief.Post(end).Header.Get("Location"), "/reauth") {
					t.Errorf("%s: the window is open for %s from %s", flag, thief.Agent, thief.IP)
				}
				if location := thief.Get("/account/activity.csv").Header.Get("Location"); !strings.HasPrefix(location, "/reauth") {
					t.Errorf("%s: the trail is read by %s from %s", flag, thief.Agent, thief.IP)
				}
			}
			b.Get("/account/activity.csv").Want(http.StatusOK) // the owner's browser goes on
			elsewhere := b.at("198.51.100.7")
			elsewhere.Reauth(password).Leads("/account/sessions")
			elsewhere.Get("/account/activity.csv").Want(http.StatusOK)
			if x := p.sessionRow(elsewhere); x.Flag != flag || !strings.Contains(string(x.Known), "198.51.100.0/24") {
				t.Errorf("%s: flag %q, known %q, want the flag to stay and the network to be known", flag, x.Flag, x.Known)
			}
			b.Cookies = elsewhere.Cookies
			b.as(firefoxOnLinux).Get("/account/activity.csv").Leads("/reauth?next=%2Faccount%2Factivity.csv")
		}
	})
}

package handlers

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/webtest"
)

func init() {
	views = append(views, &sceneView{}, &phoneOpenView{})
	for _, name := range []string{demo.SceneDevices, demo.SceneSecondDevice, demo.SceneThief, demo.SceneWarning, demo.SceneExpire} {
		page := scenePage + name
		actForms["demo: "+name] = func(p *portal) press {
			b := p.inDemo()
			return press{auth.User{}, b, b.Get(page), page, nil, page, name != demo.SceneThief}
		}
	}
}

// inDemo is a browser with a demo that it has opened a page of.
func (p *portal) inDemo() *browser {
	p.t.Helper()
	b := p.browser()
	b.IP = webtest.Network() + "::7" // so that no limit is reached
	b.startDemo()
	b.Get(home).Want(http.StatusOK)
	return b
}

// begins presses the button of a scene.
func (b *browser) begins(name string) *webtest.Answer {
	b.p.t.Helper()
	page := scenePage + name
	return b.Submit(b.Get(page).Want(http.StatusOK), page)
}

// row is one column of the session of the browser.
func (b *browser) row(column string) (value string) {
	b.p.t.Helper()
	if err := b.p.store.DB().QueryRowContext(b.p.t.Context(), `SELECT COALESCE(CAST(`+column+` AS TEXT), '') FROM sessions WHERE token_hash = $1`,
		auth.HashToken(b.Token())).Scan(&value); err != nil {
		b.p.t.Fatal(err)
	}
	return value
}

// withThief is a portal in which a stolen cookie is used.
func withThief(t *testing.T, on backend) *portal {
	return portalOn(t, on, func(o *Options, _ *settings) { o.After = nil })
}

// A copy of the token that was replaced comes through the front door for real, and the page says so, whichever instance answers.
func TestSceneThief(t *testing.T) {
	t.Parallel()
	on := sqliteBackend(t)
	p, q := withThief(t, on), withThief(t, on)
	inTime(t, p, func(t *testing.T) {
		b := p.inDemo()
		handle, old := b.Handle(), b.Token()
		time.Sleep(time.Second)
		b.begins(demo.SceneThief).Leads(scenePage + demo.SceneThief)
		if b.Token() == old {
			t.Fatal("the press has rotated nothing")
		}
		b.Get(scenePage + demo.SceneThief).Says("Your browser has its next cookie").SaysNot("Asked and answered")
		b.Get("/account/session").Says("because a scene of the demo began")
		if dump := p.dumpOf("sessions", "demo_scenes", "acts", "bags", "events"); strings.Contains(dump, old) || strings.Contains(dump, b.Token()) {
			t.Error("a token is stored")
		}
		time.Sleep(4 * time.Second)
		here := b.Get(scenePage + demo.SceneThief)
		b.moveTo(q)
		for _, page := range []*webtest.Answer{here, b.Get(scenePage + demo.SceneThief)} {
			page.Says("GET /account from Firefox on Linux , 192.0.2.200").Says("303 See Other Location: /login?next=%2Faccount").
				Says("A replaced cookie of a session was used again").Says("What changed, and why").Says("prev_token_hash").Says("token_reused")
			for _, secret := range []string{old, b.Token(), auth.HashToken(old), auth.HashToken(b.Token())} {
				if strings.Contains(page.Body, secret) {
					t.Error("the page shows a token, or the whole hash of one")
				}
			}
		}
		if flag := b.row("flag"); flag != session.FlagTokenReused {
			t.Errorf("flag %q, want %s", flag, session.FlagTokenReused)
		}
		if n := p.count(`SELECT count(*) FROM events WHERE kind = 'session_token_reused' AND session_id = $1 AND ip = '192.0.2.0'`, handle); n != 1 {
			t.Errorf("%d events of a reused token, want 1", n)
		}
		if log := p.log.String(); strings.Contains(log, old) || !strings.Contains(log, "session_token_reused") {
			t.Error("the log has the token, or no event")
		}
	})
}

// Nobody is a thief before the browser has its next token: that would be an answer that was lost. And a session that has changed
// again in the meantime is left alone.
func TestSceneThiefWaits(t *testing.T) {
	t.Parallel()
	p := withThief(t, sqliteBackend(t))
	inTime(t, p, func(t *testing.T) {
		late, gone := p.inDemo(), p.inDemo()
		late.begins(demo.SceneThief)
		gone.begins(demo.SceneThief)
		gone.Post("/logout")
		time.Sleep(10 * time.Second)
		reused := func() int {
			return p.count(`SELECT count(*) FROM events WHERE kind IN ('session_token_reused', 'session_answer_lost') AND ip = '192.0.2.0' AND at > $1`,
				time.Now().UTC().Add(-time.Minute))
		}
		if n := reused(); n != 0 {
			t.Fatalf("%d events before the browser came back, want none", n)
		}
		late.Get(scenePage + demo.SceneThief).Says("In a moment")
		time.Sleep(2 * time.Second)
		if n := reused(); n != 1 {
			t.Errorf("%d events after it came back, want 1", n)
		}
		never := p.inDemo()
		never.begins(demo.SceneThief)
		time.Sleep(time.Minute)
		never.Get(scenePage + demo.SceneThief).Says("Nobody came")
	})
}

// The session has its last minute, never more than it had; its page takes nothing from that, and staying gives all of it back.
func TestSceneWarning(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		b, left := p.inDemo(), p.inDemo()
		page := scenePage + demo.SceneWarning
		b.begins(demo.SceneWarning).Leads(page)
		ends := b.row("idle_expires_at")
		for range 5 {
			time.Sleep(10 * time.Second)
			b.Get(page).Want(http.StatusOK).Says("idle_expires_at").Says("Let it end now")
		}
		if now := b.row("idle_expires_at"); now != ends {
			t.Errorf("the page moved the end of the session from %s to %s", ends, now)
		}
		b.begins(demo.SceneWarning).Leads(page)
		if again := b.row("idle_expires_at"); again != ends {
			t.Errorf("a second press moved the end from %s to %s", ends, again)
		}
		b.Post("/session/extend", "next", page).Leads(page)
		time.Sleep(20 * time.Minute)
		if !b.Alive() {
			t.Error("signed out after “Stay signed in”")
		}
		left.begins(demo.SceneWarning)
		time.Sleep(demo.LastMinute)
		left.Follow(left.Get(home)).Says("You did not use Gatehouse for 30 minutes").Says("Back to my demo")
		if n := p.count(`SELECT count(*) FROM sessions WHERE end_reason = 'idle' AND ended_at = idle_expires_at AND ended_at > $1`,
			time.Now().UTC().Add(-time.Minute)); n != 1 {
			t.Errorf("%d sessions ended as idle at their time, want 1", n)
		}
	})
}

// Another page counts as use, although the session was used a moment before the press.
func TestSceneWarningIsUndoneByUse(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		b := p.inDemo()
		b.begins(demo.SceneWarning)
		b.Get(home).Want(http.StatusOK)
		time.Sleep(10 * time.Minute)
		if !b.Alive() {
			t.Error("signed out, although a page was opened")
		}
	})
}

// The end of the session is found by the next request, said, and shown once its owner is back.
func TestSceneExpire(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		b := p.inDemo()
		handle, page := b.Handle(), scenePage+demo.SceneExpire
		b.begins(demo.SceneExpire).Leads(page)
		if n := p.count(`SELECT count(*) FROM sessions WHERE id = $1 AND end_reason = 'idle'`, handle); n != 1 {
			t.Error("the first request after its time has not ended the session")
		}
		over := b.Get(page)
		over.Leads("/login?next=%2Fdemo%2Fscene%2Fexpire")
		said := b.Follow(over).Says("You did not use Gatehouse for 30 minutes").Says("Back to my demo")
		b.Follow(b.Submit(said, "/demo/back")).Says("You are back in your demo").Says("end_reason empty idle").Says("goBack").
			Says("303 See Other Location: /login?next=%2Faccount").Says("Set-Cookie: it is deleted")
		if n := p.count(`SELECT count(*) FROM sessions WHERE id = $1 AND end_reason = 'idle'`, handle); n != 1 {
			t.Error("the session did not end as idle")
		}
	})
}

// Whoever pages through the guide uses the session; what a page asks for by itself uses nothing, and takes no message from others.
func TestScenesCountAsUse(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		b := p.inDemo()
		for _, name := range guide {
			if name == demo.SceneWarning {
				continue
			}
			time.Sleep(12 * time.Minute)
			b.Get(scenePage + name).Want(http.StatusOK)
		}
		if !b.Alive() {
			t.Fatal("signed out as idle while paging through the guide")
		}
		b.begins(demo.SceneSecondDevice).Leads(scenePage + demo.SceneSecondDevice)
		b.Post("/account/profile", "name", "Ada").Want(http.StatusSeeOther)
		began, ends := time.Now(), b.row("idle_expires_at")
		for range 8 {
			said := b.Get(scenePage + demo.SceneSecondDevice + "/stage").Want(http.StatusOK).Body
			if want := `{"stage":"waiting"}`; time.Since(began) < auth.PhoneLinkValid && strings.TrimSpace(said) != want {
				t.Fatalf("got %q, want %s", said, want)
			}
			time.Sleep(time.Minute)
		}
		if now := b.row("idle_expires_at"); now != ends {
			t.Errorf("polling moved the end of the session from %s to %s", ends, now)
		}
		b.Get(profilePage).Says("Your profile was saved")
		b.Get(scenePage + "nothing/stage").Want(http.StatusNotFound)
	})
}

// The request that finds the end comes from the visitor's own address, of which the network alone is stored.
func TestSceneExpireAddress(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	for ip, stored := range map[string]string{"203.0.113.217": "203.0.113.0", "2001:db8:cccc:1:2:3:4:7": "2001:db8:cccc::"} {
		b := p.browser()
		b.IP = ip
		b.startDemo()
		b.begins(demo.SceneExpire)
		b.Submit(b.Follow(b.Get(scenePage+demo.SceneExpire)), "/demo/back").Leads(scenePage + demo.SceneExpire)
		b.Get(scenePage + demo.SceneExpire).Says(stored).SaysNot(ip)
		if strings.Contains(p.dumpOf("demo_scenes", "sessions", "events", "demo_links"), ip) {
			t.Errorf("%s is stored", ip)
		}
		for line := range strings.Lines(p.log.String()) {
			if strings.Contains(line, ip) && strings.Contains(line, `"session":"`) {
				t.Errorf("logged: %s", line)
			}
		}
	}
}

// A device of the story opens a page, is signed out, and is refused.
func TestSceneDevices(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		b := p.inDemo()
		for n := range 4 {
			b.begins(demo.SceneDevices).Leads(scenePage + demo.SceneDevices)
			b.Get(scenePage + demo.SceneDevices).Says("200 OK").Says("303 See Other Location: /login?next=%2Faccount").Says("Set-Cookie: it is deleted").
				Says("end_reason empty revoked").Says("A session was signed out from another device")
			if left := p.count(`SELECT count(*) FROM sessions WHERE ended_at IS NULL AND user_id = (SELECT user_id FROM sessions WHERE id = $1)`, b.Handle()); left != 4-n {
				t.Errorf("%d sessions live after %d presses, want %d", left, n+1, 4-n)
			}
		}
		b.begins(demo.SceneDevices).Want(http.StatusConflict).Says("No other device is left")
		if !b.Alive() {
			t.Error("the session of the demo's owner has ended")
		}
	})
}

// What was paid, and what a new password ended, is on the pages of those scenes.
func TestScenesOfOtherPages(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.inDemo()
	_, made := b.demo()
	b.Get(scenePage + scenePay).Says("Choose a plan").SaysNot("What changed, and why")
	b.Get(scenePage + scenePassword).SaysNot("What changed, and why")
	b.Post("/basket", "plan", "porch").Leads("/plans")
	b.Submit(b.Get(checkoutPage), checkoutPage, "password", made).Want(http.StatusSeeOther)
	b.Get(scenePage + scenePay).Says("Payments of this demo").Says("answerAgain")
	b.Post("/account/security/password", "current_password", made, "password", otherPassword).Leads(securityPage)
	b.Get(scenePage + scenePassword).Says("Ended with it").Says("end_reason empty password_changed").Says("changeCredentials")
}

// Scenes are for demo accounts alone, and change nothing for others.
func TestScenesAreForDemosAlone(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(p.newUser("Mia"))
	before := p.dumpOf("sessions", "events", "demo_scenes")
	for name := range sceneTexts {
		b.Get(scenePage + name).Want(http.StatusNotFound)
		b.Post(scenePage + name).Want(http.StatusNotFound)
		p.browser().Get(scenePage + name).Leads("/login?next=" + strings.ReplaceAll(scenePage+name, "/", "%2F"))
	}
	if p.dumpOf("sessions", "events", "demo_scenes") != before {
		t.Error("something was changed")
	}
	p.inDemo().Get(scenePage + "nothing").Want(http.StatusNotFound)
	p.inDemo().Post(scenePage + scenePay).Want(http.StatusNotFound)
	q := portalOn(t, sqliteBackend(t), func(o *Options, _ *settings) { o.Demo = false })
	q.signedIn(q.newUser("Mia")).Get(scenePage + demo.SceneThief).Want(http.StatusNotFound)
}

// The guide is on every page of a demo and no other, can be put away, and is found again where it was.
func TestGuide(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.inDemo()
	b.Get(home).Says("Six things to see").Says("Three minutes")
	begins, leads := b.Get(home), b.Get(sessionsPage).Says("Six things to see")
	for n, name := range guide {
		way := `href="` + scenePage + name + `"`
		if n < 4 {
			way = `action="` + scenePage + name + `"`
		}
		if !strings.Contains(begins.Body, way) {
			t.Errorf("nothing begins the scene %s, or leads to it", name)
		}
	}
	if !strings.Contains(leads.Body, `href="`+home+`#six"`) {
		t.Error("nothing leads to the six things from another page")
	}
	b.Post("/preferences", "guide", "off", "next", sessionsPage).Leads(sessionsPage)
	for _, path := range []string{home, sessionsPage} {
		b.Get(path).Says("Show six things to see").SaysNot("A second screen")
	}
	b.Post("/preferences", "theme", "dark", "next", home).Leads(home)
	b.Get(home).Says("Show six things to see")
	b.Post("/preferences", "guide", "on", "next", home).Leads(home)
	b.Get(home).Says("Three minutes")
	b.Post("/preferences", "guide", "sideways").Want(http.StatusBadRequest)
	p.signedIn(p.newUser("Mia")).Get(home).SaysNot("ix things to see")
}

// The functions that scenes name are where they say.
func TestSourcesOfScenes(t *testing.T) {
	t.Parallel()
	for name, text := range sceneTexts {
		if len(text.Sources) == 0 || text.Why == "" || text.Number < 1 || guide[text.Number-1] != name && name != demo.SceneExpire {
			t.Errorf("%s says no code, no reason, or another number than its place", name)
		}
		for _, source := range text.Sources {
			file, err := os.ReadFile("../../" + source.File)
			if err != nil {
				t.Error(err)
				continue
			}
			if !regexp.MustCompile(`(?m)^func (\([a-z]+ \*?[A-Za-z]+\) )?` + source.Function + `\(`).Match(file) {
				t.Errorf("%s: there is no function %s in %s", name, source.Function, source.File)
			}
		}
	}
	if !slices.Contains(guide, scenePay) || len(guide) != 6 {
		t.Errorf("got %d scenes, want six", len(guide))
	}
}

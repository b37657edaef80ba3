package handlers

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/demo"
	"example.com/gatehouse/webtest"
)

func init() {
	actForms["demo: second screen"] = func(p *portal) press {
		b, path := p.browser(), p.inDemo().link()
		return press{auth.User{}, b, b.Get(path), path, nil, home, false}
	}
	actForms["demo: back"] = func(p *portal) press {
		b := p.inDemo()
		b.Post("/logout").Leads(signedOutPage)
		return press{auth.User{}, b, b.Get(signedOutPage), "/demo/back", nil, home, false}
	}
}

var linkOnPage = regexp.MustCompile(`<code class="secret">https://portal\.test(/demo/phone/[A-Z2-7]{26})</code>`)

// link is the address of a new link for a second screen.
func (b *browser) link() string {
	b.p.t.Helper()
	b.begins(demo.SceneSecondDevice).Leads(scenePage + demo.SceneSecondDevice)
	page := b.Get(scenePage + demo.SceneSecondDevice).Says("Scan this with a phone").Body
	m := linkOnPage.FindStringSubmatch(page)
	if m == nil || !strings.Contains(page, `<svg class="qr"`) {
		b.p.t.Fatalf("no link and picture on the page:\n%s", page)
	}
	return m[1]
}

// A second browser opens the same demo once, and goes dark when it is signed out from the first.
func TestSecondScreen(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		b, phone := p.inDemo(), p.browser()
		email, made := b.demo()
		path := b.link()
		sessions := p.count(`SELECT count(*) FROM sessions`)
		page := phone.Get(path).Want(http.StatusOK).Says("Sign in here")
		if p.count(`SELECT count(*) FROM sessions`) != sessions || phone.Token() != "" {
			t.Fatal("looking at the link has signed somebody in")
		}
		phone.Submit(page, path).Leads(home)
		phone.Get(home).Says(email).Says(made)
		phone.Get("/account/session").Says("with a link of this demo")
		b.Get(scenePage + demo.SceneSecondDevice).Says("is signed in")
		for _, other := range []*browser{p.browser(), p.browser()} {
			other.Get(path).Want(http.StatusGone).Says("This link is over")
			other.Post(path).Want(http.StatusGone)
		}
		b.Reauth(made).Leads(sessionsPage)
		b.Post("/account/sessions/" + phone.Handle() + "/end").Leads(sessionsPage)
		phone.Get(home).Want(http.StatusSeeOther)
		phone.Get(signedOutPage).Says("This device was signed out").SaysNot("Back to my demo")
		phone.Post("/demo/back").Want(http.StatusGone)
		b.Get(scenePage + demo.SceneSecondDevice).Says("end_reason empty revoked").Says("CheckDemoLink")
	})
}

// Of 64 browsers that redeem one link at the same moment one is signed in.
func TestSecondScreenRedeemedAtOnce(t *testing.T) {
	t.Parallel()
	onBackends(t, func(t *testing.T, p *portal) {
		path := p.inDemo().link()
		before := p.count(`SELECT count(*) FROM sessions`)
		var all sync.WaitGroup
		codes := make([]int, 64)
		for i := range codes {
			b := p.browser().at(webtest.Network() + "::1") // so that no limit is reached
			all.Go(func() { codes[i] = b.Post(path).StatusCode })
		}
		all.Wait()
		count := map[int]int{}
		for _, code := range codes {
			count[code]++
		}
		if n := p.count(`SELECT count(*) FROM sessions`) - before; n != 1 || count[http.StatusSeeOther] != 1 || count[http.StatusGone] != 63 {
			t.Errorf("%d sessions more, answers %v, want one and 63 times 410", n, count)
		}
	})
}

// Whoever is signed in stays who they are.
func TestSecondScreenTaken(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.inDemo()
	path := b.link()
	member := p.signedIn(p.newUser("Mia"))
	member.Get(path).Want(http.StatusForbidden).Says("signed in to another account").SaysNot("Sign in here")
	member.Post(path).Want(http.StatusForbidden)
	b.Get(path).Want(http.StatusForbidden).Says("You are in this demo already")
	b.Post(path).Want(http.StatusForbidden)
	if !strings.Contains(member.Get(home).Body, "Mia") || !b.Alive() {
		t.Error("somebody was signed out")
	}
	p.browser().Post(path).Leads(home)
}

// A link lasts two minutes, and no longer than the session that made it or the credentials that were true then.
func TestSecondScreenOver(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		b := p.inDemo()
		_, made := b.demo()
		late := b.link()
		time.Sleep(auth.PhoneLinkValid - time.Second)
		p.browser().Get(late).Want(http.StatusOK)
		time.Sleep(time.Second)
		p.browser().Post(late).Want(http.StatusGone)
		b.Get(scenePage + demo.SceneSecondDevice).Says("The link is over")

		first := b.link()
		b.link()
		p.browser().Post(first).Want(http.StatusGone)

		before := b.link()
		b.Post("/account/security/password", "current_password", made, "password", otherPassword).Leads(securityPage)
		p.browser().Post(before).Want(http.StatusGone)

		made2 := b.link()
		b.Post("/logout").Leads(signedOutPage)
		p.browser().Post(made2).Want(http.StatusGone)

		p.browser().Get(phonePage + "NOSUCHTOKEN").Want(http.StatusNotFound)
		p.browser().Post(phonePage + strings.Repeat("A", 26)).Want(http.StatusNotFound)
	})
}

// A browser comes back to its demo once after it signed out or timed out, and never after somebody else ended its session.
func TestWayBack(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		b := p.inDemo()
		email, made := b.demo()
		p.browser().Post("/demo/back").Want(http.StatusNotFound)
		b.Post("/demo/back").Leads(home) // signed in: nothing happens
		b.Post("/logout").Leads(signedOutPage)
		again := &browser{b.Twin(), p}
		b.Submit(b.Get(signedOutPage).Says("Back to my demo"), "/demo/back").Leads(home)
		b.Get(home).Says(email).Says(made)
		again.Post("/demo/back").Want(http.StatusGone).Says("No way back to that demo")
		again.Get(signedOutPage).SaysNot("Back to my demo").Says("A new demo")

		time.Sleep(31 * time.Minute)
		b.Follow(b.Get(home)).Says("Back to my demo")
		b.Post("/demo/back").Leads(home)
		b.Get(home).Says(email).Says(made)
		if strings.Contains(p.dumpOf("demo_links"), made) {
			t.Error("the password is stored in the clear")
		}

		// Somebody who had a copy of the session's cookie has no way back with it.
		thief := p.holding(b.Token())
		b.Post("/logout").Leads(signedOutPage)
		thief.Follow(thief.Get(home)).SaysNot("Back to my demo")
		thief.Post("/demo/back").Want(http.StatusNotFound)
		b.Post("/demo/back").Leads(home)

		time.Sleep(auth.DemoLife)
		b.Get(home)
		b.Post("/demo/back").Want(http.StatusGone)
	})
}

// The scene is about the session that its link has opened, and no other that a link of the demo opened, as the way back does.
func TestSecondScreenIsThatOfTheLink(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		b, phone := p.inDemo(), p.browser()
		page := scenePage + demo.SceneSecondDevice
		back := func() {
			b.Post("/logout").Leads(signedOutPage)
			b.Submit(b.Get(signedOutPage), "/demo/back").Leads(home)
			b.Get(home).Want(http.StatusOK)
		}
		b.link()
		back()
		back()
		b.Get(page).SaysNot("is signed in").SaysNot("What changed, and why").Says("The link is over")
		time.Sleep(time.Second)
		path := b.link()
		phone.Submit(phone.Get(path), path).Leads(home)
		phone.Get(home).Want(http.StatusOK)
		phone.Get(page).Says("This is the second screen").SaysNot("Nobody used it in time").SaysNot("Sign it out")
		time.Sleep(15 * time.Minute)
		phone.Get(home).Want(http.StatusOK)
		back()
		b.Get(page).Says("is signed in")
		if got := b.Get(page).Body; !strings.Contains(got, "/account/sessions/"+phone.Handle()+"/end") {
			t.Error("the page does not lead to the end of the session that the link opened")
		}
		phone.Post("/logout").Leads(signedOutPage)
		b.Get(page).Says("end_reason empty signed_out")
	})
}

// A second press that opens a demo, whose answer is the one that arrives, gives the way back as the first did.
func TestWayBackFromAPressMadeTwice(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	twice := func(b *browser, page *webtest.Answer, path string) {
		first := &browser{b.Twin(), p} // whose answer the browser drops
		first.Submit(page, path).Leads(home)
		b.Submit(page, path).Leads(home)
		if b.Token() != first.Token() {
			t.Fatalf("two presses at %s opened two sessions", path)
		}
	}
	back := func(b *browser) {
		b.Post("/logout").Leads(signedOutPage)
		twice(b, b.Get(signedOutPage).Says("Back to my demo"), "/demo/back")
		b.Get(home).Says("Its password:")
	}
	b, phone := p.browser(), p.browser()
	twice(b, b.Get("/"), "/demo")
	b.Get(home)
	path := b.link()
	twice(phone, phone.Get(path), path)
	for _, each := range []*browser{b, b, phone, phone} {
		back(each)
	}
	if dump := p.dumpOf("acts", "demo_links"); strings.Contains(dump, b.Cookies["__Host-back"]) {
		t.Error("the token of the way back is stored in the clear")
	}
}

// A second press of "Sign out", which a browser sends before it has the first answer, leaves the way back where it was.
func TestWayBackAfterSignOutPressedTwice(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.inDemo()
	email, made := b.demo()
	first := &browser{b.Twin(), p} // whose answer the browser drops
	first.Post("/logout").Leads(signedOutPage)
	b.Post("/logout").Leads(signedOutPage)
	b.Submit(b.Get(signedOutPage).Says("Back to my demo"), "/demo/back").Leads(home)
	b.Get(home).Says(email).Says(made)

	b.SignIn(p.newUser("Mia").Email, password) // somebody else's session forgets it
	b.Post("/logout").Leads(signedOutPage)
	b.Post("/demo/back").Want(http.StatusNotFound)
}

// The way back dies with the session's revocation, every sign-out everywhere and a change of the password.
func TestWayBackDies(t *testing.T) {
	t.Parallel()
	for name, kill := range map[string]func(b, other *browser, made string){
		"signed out from another device": func(b, other *browser, made string) {
			other.Reauth(made).Leads(sessionsPage)
			other.Post("/account/sessions/" + b.Handle() + "/end").Leads(sessionsPage)
		},
		"signed out everywhere": func(b, other *browser, made string) {
			b.Post("/logout").Leads(signedOutPage)
			other.Post("/account/sessions/end-others", "password", made).Leads(sessionsPage)
		},
		"the password": func(b, other *browser, made string) {
			b.Post("/logout").Leads(signedOutPage)
			other.Post("/account/security/password", "current_password", made, "password", otherPassword).Leads(securityPage)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPortal(t)
			b, other := p.inDemo(), p.browser()
			email, made := b.demo()
			other.SignIn(email, made)
			kill(b, other, made)
			b.Get(home)
			b.Get(signedOutPage).SaysNot("Back to my demo")
			b.Post("/demo/back").Want(http.StatusGone)
		})
	}
}

package handlers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/webtest"
)

// An owner who has moved to another network, and has not answered for it, hides no thief with another browser.
func TestNetworkThenBrowser(t *testing.T) {
	t.Parallel()
	onBoth(t, "", func(t *testing.T, p *portal) {
		u := p.newUser("Romy")
		b := p.signedIn(u)
		roaming := b.at("203.0.113.9")
		roaming.Get("/account").Want(http.StatusOK)
		p.wantFlagged(u.ID, "network")
		roaming.Reauth(password).Leads(sessionsPage)
		thief := p.holding(roaming.Token()).as(webtest.FirefoxOnWindows).at("198.51.100.7")
		for range 2 {
			thief.Get("/account").Want(http.StatusOK)
		}
		p.wantFlagged(u.ID, "network", "browser and network")
		roaming.Get("/account/email").Leads("/reauth?next=%2Faccount%2Femail")
		if messages := p.emailsTo(u.Email); len(messages) != 1 || !strings.Contains(messages[0], "somebody may have copied its cookie") {
			t.Errorf("got emails %q, want the alarm", messages)
		}
	})
}

// Yes teaches a session no client that the question has not named.
func TestQuestionNamesEachClient(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Nora")
	b, other := p.signedIn(u), p.signedIn(u)
	p.exec(`UPDATE sessions SET flag = $1, flag_client = $2 WHERE id = $3`, session.FlagClientChanged,
		"browser Edge on Windows\nbrowser Firefox on Linux\nnetwork 198.51.100.0/24\nnetwork 203.0.113.0/24", b.Handle())
	other.Reauth(password).Leads(sessionsPage)
	page := other.Get(recognisePage(b.Handle()))
	for _, what := range []string{"Edge on Windows", "Firefox on Linux", "another network, 198.51.100.0/24", "another network, 203.0.113.0/24"} {
		page.Says("was used from " + what + ".")
	}
	other.Submit(page, recognisePage(b.Handle())).Leads(sessionsPage)
	other.Get(sessionsPage).Says("knows Edge on Windows and Firefox on Linux and the network 198.51.100.0/24 and the network 203.0.113.0/24 from now on")
}

// Whoever begins the path, ends it and begins it again within a minute is on it. Ending it without a new password takes no flag off
// a session that lives, and answers nothing that happened while it was open.
func TestPathAgainWithinAMinute(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	inTime(t, p, func(t *testing.T) {
		u := p.newUser("Ada")
		b, odd := p.signedIn(u), p.signedIn(u)
		time.Sleep(time.Second)
		odd.as(firefoxOnLinux).at("198.51.100.7").Get("/account").Want(http.StatusOK)
		time.Sleep(time.Second)
		begin := func() { b.Post(securePage, "session", odd.Handle()).Leads(securePage) }
		begin()
		b.Reauth(password)
		time.Sleep(10 * time.Second)
		b.Post("/account/secure/done").Leads(home)
		b.Get(home).Says("looks suspicious").SaysNot("You are securing")
		time.Sleep(10 * time.Second)
		begin()
		b.Get(securePage).Says("End this here")
		b.Get(home).Says("You are securing your account").Says("looks suspicious")

		app, _ := b.enrolApp()
		p.withPassword(u.Email).Post("/login/verify", "code", app.wrong()).Want(http.StatusUnprocessableEntity)
		p.withPassword(u.Email).Post("/login/verify", "code", app.wrong()).Want(http.StatusUnprocessableEntity)
		b.Get(activityPage).Says("Check this")
		time.Sleep(time.Second)
		b.Post("/account/secure/done").Leads(home)
		b.Get(activityPage).Says("Check this")
	})
}

// A stranger who has signed in twice does not make their own browser the usual one.
func TestUsualIsFromBefore(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Ute")
	inTime(t, p, func(t *testing.T) {
		b := p.signedIn(u)
		odd := p.browser().as(firefoxOnLinux).at("198.51.100.7")
		odd.SignIn(u.Email, password)
		odd.at("192.0.2.7").Get("/account").Want(http.StatusOK)
		time.Sleep(time.Minute)
		again := p.browser().as(firefoxOnLinux).at("198.51.100.7")
		again.SignIn(u.Email, password)
		_, usual, _ := strings.Cut(webtest.Text(b.Get(recognisePage(odd.Handle())).Body), "Usual for your account")
		if strings.Contains(usual, "Firefox") {
			t.Errorf("got %q, want what was usual before", usual)
		}
	})
}

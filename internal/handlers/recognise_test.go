package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
	"example.com/gatehouse/webtest"
)

// refused is the page about a sign-in with a wrong password.
func (p *portal) refused(u auth.User) string {
	p.t.Helper()
	p.browser().guess(u.Email)
	return p.pageOf(u, audit.LoginFail)
}

// pageOf is the page about the latest event of a kind.
func (p *portal) pageOf(u auth.User, kind audit.Kind) string {
	p.t.Helper()
	events, err := p.audit.Events(p.t.Context(), u.ID, audit.Filter{Kinds: []audit.Kind{kind}, Limit: 1})
	if err != nil || len(events) != 1 {
		p.t.Fatalf("%s: %v %v", kind, events, err)
	}
	return activityPage + "/" + events[0].ID + "/recognise"
}

// A phone that asks for the desktop site is no alarm. A stolen cookie used after that, from another browser and network, is one:
// the first flag does not hide it, and an answer to the first does not dismiss it.
func TestDesktopSite(t *testing.T) {
	t.Parallel()
	onBoth(t, "", func(t *testing.T, p *portal) {
		u := p.newUser("Desi")
		b, other := p.signedIn(u), p.signedIn(u)
		b.as(firefoxOnLinux).Get("/account").Want(http.StatusOK)
		p.wantFlagged(u.ID, "browser")
		other.Get("/account").SaysNot("looks suspicious").Says("Good to know").Says("A phone or tablet that asks for the desktop site of a page does this.").
			SaysNot("Check this")
		other.Get(sessionsPage).SaysNot("Suspicious").SaysNot("Needs an answer").Says("Good to know")
		asked := other.Get(recognisePage(b.Handle())).Says("Good to know.").Says("Firefox on Linux New here")

		b.Reauth(password).Leads(sessionsPage)
		stolen := p.holding(b.Token()).as(webtest.FirefoxOnWindows).at("198.51.100.7")
		for range 2 {
			stolen.Get("/account").Want(http.StatusOK)
		}
		p.wantFlagged(u.ID, "browser", "browser and network")
		b.Get("/account/email").Leads("/reauth?next=%2Faccount%2Femail") // the flag has closed the window
		other.Get("/account").Says("looks suspicious").Says("Check this")
		other.Get(sessionsPage).Says("Needs an answer").Says("Suspicious")
		messages := p.emailsTo(u.Email)
		if len(messages) != 2 || !strings.Contains(messages[1], "asked a phone or tablet for the desktop site") ||
			!strings.Contains(messages[0], "somebody may have copied its cookie") {
			t.Errorf("got emails %q, want one that says what it may be, and one that is an alarm", messages)
		}

		other.Reauth(password).Leads(sessionsPage)
		other.Submit(asked, recognisePage(b.Handle())).Leads(recognisePage(b.Handle()))
		other.Get(recognisePage(b.Handle())).Says("Something else has happened in this session").Says("Firefox on Windows").Says("198.51.100.0/24")
		if p.sessionRow(b).Flag != session.FlagClientChanged {
			t.Error("an answer to the first flag has dismissed the second")
		}
	})
}

// A press that needs a confirmation comes back to what was pressed, named. Yes teaches the session the client, and says so.
func TestWasThisYou(t *testing.T) {
	t.Parallel()
	onBoth(t, "", func(t *testing.T, p *portal) {
		u := p.newUser("Yara")
		b, other := p.signedIn(u), p.signedIn(u)
		stolen := b.as(firefoxOnLinux).at("198.51.100.7")
		stolen.Get("/account").Want(http.StatusOK)
		page := recognisePage(b.Handle())
		overview := other.Get("/account")
		for _, link := range []string{page, "/account/sessions#t-" + b.Handle()} {
			if !strings.Contains(overview.Body, `href="`+link+`"`) {
				t.Errorf("the overview does not lead to %s", link)
			}
		}
		devices := other.Get(sessionsPage).Body
		if i, j := strings.Index(devices, `data-session="`+b.Handle()+`"`), strings.Index(devices, "data-current"); i < 0 || i > j {
			t.Errorf("the flagged session does not come first")
		}
		asked := other.Get(page).Want(http.StatusOK).Says("Was this you?").Says("Please answer.").Says("From 198.51.100.7").
			Says("Browser Firefox on Linux New here").Says("Network 198.51.100.0/24 New here").Says("Chrome on macOS on").
			Says("knows Firefox on Linux and the network 198.51.100.0/24 from now on")
		other.Submit(asked, page).Leads("/reauth?next=" + url.QueryEscape(page))
		other.Get("/reauth?next=" + url.QueryEscape(page)).Says("Waiting for you").Says("Say whether it was you, on Chrome on macOS")
		other.Post("/reauth", "password", password, "next", page).Leads(page)
		other.Submit(other.Get(page), page).Leads(sessionsPage)
		other.Get(sessionsPage).Says("Thank you. The session is no longer flagged, and knows Firefox on Linux and the network 198.51.100.0/24 from now on.").
			SaysNot("Needs an answer")
		other.Get(page).Leads(sessionsPage)
		stolen.Get("/account").Want(http.StatusOK).SaysNot("looks suspicious")
		p.wantFlagged(u.ID, "browser and network")
	})
}

// An event is asked about until it is answered. What was confirmed with a password, and what was refused, is good to know.
func TestEventIsAnswered(t *testing.T) {
	t.Parallel()
	onBoth(t, "", func(t *testing.T, p *portal) {
		u := p.newUser("Eve")
		b := p.signedIn(u)
		b.Post("/account/security/password", "current_password", password, "password", otherPassword).Want(http.StatusSeeOther)
		p.browser().guess(u.Email)
		b.Get(activityPage).SaysNot("Check this").Says("was this you?")
		p.exec(`UPDATE events SET kind = $1 WHERE kind = $2 AND user_id = $3`, audit.MFAFail, audit.LoginFail, u.ID)
		page := p.pageOf(u, audit.MFAFail)
		b.Get(activityPage).Says("Check this")
		b.Get(page).Says("Please answer.").Says("It belongs to no session")
		b.Post("/reauth", "password", otherPassword, "next", page).Leads(page)
		b.Submit(b.Get(page), page).Leads(activityPage)
		b.Get(activityPage).Says("We have noted that this was you: A wrong code was given after the right password.").Says("An event was recognised")
		b.Get(activityPage).SaysNot("Check this")
		b.Get(page).Says("You said that it was.")
		stranger := p.signedIn(p.newUser("Stranger"))
		stranger.Reauth(password).Leads(sessionsPage)
		stranger.Post(page).Want(http.StatusNotFound)
	})
}

// Whoever says that it was not them is led through what helps, in one order, and finds the place again.
func TestSecureAccount(t *testing.T) {
	t.Parallel()
	onBoth(t, "", func(t *testing.T, p *portal) {
		u := p.newUser("Sena")
		stranger, b := p.signedIn(u), p.signedIn(u)
		stranger.as(firefoxOnLinux).at("198.51.100.7").Get("/account").Want(http.StatusOK)
		handle := stranger.Handle()
		b.Get(securePage).Says("What comes").Says("Sign out the session that was not you.")
		b.Submit(b.Get(recognisePage(handle)), securePage).Leads(securePage)
		steps := b.Get(securePage).Says("1. Sign out Chrome on macOS").Says("2. Change your password").Says("3. Your other sessions").
			Says("4. Your second steps").Says("End this here").SaysNot("Done It is over")
		b.Get("/account").Says("You are securing your account").Says("looks suspicious")
		if !stranger.Alive() {
			t.Fatal("saying no has ended a session by itself")
		}

		end := sessionsPage + "/" + handle + "/end"
		b.Submit(steps, end).Leads("/reauth?next=" + url.QueryEscape(end))
		b.Post("/reauth", "password", password, "next", end).Leads(end)
		b.Submit(b.Get(end), end).Leads(securePage)
		b.Get(securePage).Says("1. Sign out Chrome on macOS Done").Says("It is over.")
		b.Post("/account/security/password", "current_password", password, "password", otherPassword).Leads(securePage)
		b.Get(securePage).Says("2. Change your password Done").Says("3. Your other sessions Done").Says("Only this device is signed in.").Says("I am done")
		b.Submit(b.Get(securePage), securePage+"/done").Leads(home)
		b.Get("/account").Says("Done. What you went through is in your activity").SaysNot("You are securing")
		b.Get(activityPage).Says("Began to secure the account").Says("Finished securing the account")
		b.Get(securePage).Says("You finished this")
	})
}

// The session in use may be the one with a copy. The path rotates it, and its end takes the flag off without learning the thief.
func TestSecureThisSession(t *testing.T) {
	t.Parallel()
	onBoth(t, "", func(t *testing.T, p *portal) {
		u := p.newUser("Hera")
		b := p.signedIn(u)
		thief := p.holding(b.Token()).as(firefoxOnLinux).at("198.51.100.7")
		thief.Get("/account").Want(http.StatusOK)
		known := p.sessionRow(b).Known
		b.Post(securePage, "session", b.Handle()).Leads(securePage)
		b.Get(securePage).Says("It is the session that you are using now.").SaysNot("Sign out Chrome on macOS Done")
		thief.Post(securePage + "/done").Leads("/reauth?next=" + url.QueryEscape(securePage))
		b.Post("/account/security/password", "current_password", password, "password", otherPassword).Leads(securePage)
		b.Get(securePage).Says("1. Sign out Chrome on macOS Done").Says("I am done")
		b.Post("/reauth", "password", otherPassword, "next", securePage).Leads(securePage)
		b.Submit(b.Get(securePage), securePage+"/done").Leads(home)
		if x := p.sessionRow(b); x.Flag != "" || x.Known != known {
			t.Errorf("got flag %q and known clients %q, want none and those of before, %q", x.Flag, x.Known, known)
		}
	})
}

// A flag that is raised while somebody is on the path is not answered by its end.
func TestFlagDuringPath(t *testing.T) {
	t.Parallel()
	onBoth(t, "", func(t *testing.T, p *portal) {
		b := p.signedIn(p.newUser("Dua"))
		b.Post(securePage, "session", b.Handle()).Leads(securePage)
		b.Post("/account/security/password", "current_password", password, "password", otherPassword).Leads(securePage)
		b.at("198.51.100.7").Get("/account").Want(http.StatusOK)
		b.Reauth(otherPassword).Leads(sessionsPage)
		b.Post(securePage + "/done").Leads(home)
		if p.sessionRow(b).Flag != session.FlagClientChanged {
			t.Error("the flag is gone")
		}
		stranger := p.signedIn(p.newUser("Stranger"))
		stranger.Post(securePage, "session", b.Handle()).Want(http.StatusNotFound)
	})
}

// Whoever a stranger's change of the password has signed out cannot sign in: the way that works comes first.
func TestPasswordChangedByAStranger(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Lola")
	b, stranger := p.signedIn(u), p.signedIn(u)
	stranger.Post("/account/security/password", "current_password", password, "password", otherPassword).Want(http.StatusSeeOther)
	b.Get("/account").Want(http.StatusSeeOther)
	page := b.Get(signedOutPage).Says("Your password opens nothing any more.")
	forgot, login := strings.Index(page.Body, `class="btn primary" href="/password/forgot"`), strings.Index(page.Body, `class="btn" href="/login"`)
	if forgot < 0 || login < forgot {
		t.Error("another password by email is not the primary way")
	}
}

// What "usual" counts leaves out the session that is asked about, and is the person's own.
func TestUsualClients(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	u := p.newUser("Ursa")
	b := p.signedIn(u)
	odd := p.browser().as(firefoxOnLinux).at("198.51.100.7")
	odd.SignIn(u.Email, password)
	odd.at("192.0.2.7").Get("/account").Want(http.StatusOK)
	page := b.Get(recognisePage(odd.Handle()))
	text := webtest.Text(page.Body)
	_, usual, _ := strings.Cut(text, "Usual for your account")
	if strings.Contains(usual, "Firefox") || !strings.Contains(usual, "Chrome on macOS") || !strings.Contains(usual, "1 sign-in") {
		t.Errorf("got %q, want the other sign-in alone", usual)
	}
}

// What needs an answer comes before what is good to know, and that before the rest.
func TestUrgency(t *testing.T) {
	t.Parallel()
	got := []sessionCard{{}, {Flag: "x"}, {Flag: "x", Asks: true}}
	slices.SortStableFunc(got, func(x, y sessionCard) int { return urgency(y) - urgency(x) })
	if !got[0].Asks || got[1].Flag == "" || got[2].Flag != "" {
		t.Errorf("got %+v", got)
	}
}

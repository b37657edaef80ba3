package main

import (
	"net/http"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// paper is the background of a page, as the browser computed it.
const (
	paper      = `getComputedStyle(document.body).backgroundColor`
	lightPaper = "rgb(250, 248, 243)"
	darkPaper  = "rgb(16, 23, 26)"
)

// TestLookWithoutScripts chooses with the buttons alone. Signing out leaves nothing in the browser, the choice included:
// browsers clear cookies after they have read the ones of the same answer.
func TestLookWithoutScripts(t *testing.T) {
	p := start(t, onSQLite(t))
	b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
	callWith(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.open("/login?next=%2Faccount%2Fsecurity")
	b.onPaper(lightPaper)
	b.press("Dark")
	b.isAt("/login")
	b.onPaper(darkPaper)
	b.press("Notes off")
	b.onPaper(darkPaper)
	b.signIn(p.account(t, "Ada Lovelace"), webtest.Password)
	b.isAt("/account/security")
	b.onPaper(darkPaper)
	b.hasNotes(false)
	b.press("Notes on")
	b.isAt("/account/security")
	b.hasNotes(true)
	b.see(1280, "dark")
	b.press("Light")
	b.onPaper(lightPaper)
	b.press("System")
	b.onPaper(darkPaper)
	b.see(1280, "light")
	b.onPaper(lightPaper)
	b.press("Dark")
	b.press("Sign out")
	b.isAt("/signed-out")
	b.onPaper(lightPaper)
}

func (b *person) onPaper(want string) {
	b.t.Helper()
	if got := evaluate[string](b, paper); got != want {
		b.t.Errorf("%s: got a background of %s, want %s", b.path(), got, want)
	}
}

// hasNotes checks for margin notes and for the markers that lead to them.
func (b *person) hasNotes(want bool) {
	b.t.Helper()
	if got := evaluate[bool](b, `[...document.querySelectorAll('.notes, .marker')].some(e => e.checkVisibility())`); got != want {
		b.t.Errorf("%s: notes in sight: %t, want %t", b.path(), got, want)
	}
}

// lookAtPreferences inspects a chosen colour scheme against that of the system: inspection itself goes through both schemes of the system.
func lookAtPreferences(t *testing.T, p *program) {
	b := p.looker(t, webtest.ChromeOnLinux, "203.0.113.24")
	b.at("look-dark-visitor", http.StatusOK, func() int {
		b.open("/")
		return b.press("Dark")
	})
	b.open("/login")
	b.signIn(p.account(t, "Ada Lovelace"), webtest.Password)
	for _, theme := range []string{"Dark", "Light"} {
		want := map[string]string{"Dark": darkPaper, "Light": lightPaper}[theme]
		b.at("look-"+theme, http.StatusOK, func() int {
			b.open("/account/sessions")
			status := b.press(theme)
			for _, v := range everyView {
				b.see(v.width, v.scheme)
				b.onPaper(want)
			}
			return status
		})
	}
	b.at("look-notes-off", http.StatusOK, func() int {
		status := b.press("Notes off")
		b.isAt("/account/sessions")
		b.hasNotes(false)
		return status
	})
	b.at("look-error", http.StatusNotFound, func() int {
		status := b.open("/nothing")
		b.onPaper(lightPaper)
		return status
	})
}

// lookAtOneSession looks inside a session, at what happened in it, and at what could be better.
func lookAtOneSession(t *testing.T, p *program) {
	b := p.looker(t, webtest.ChromeOnLinux, "203.0.113.24")
	email := p.account(t, "Ada Lovelace")
	b.open("/login")
	b.fill("email", email)
	b.fill("password", webtest.Password)
	b.click("#remember")
	b.press("Sign in")
	b.at("inspector-kept", http.StatusOK, func() int { return b.open("/account/session") })
	b.press("Sign out")
	b.open("/login")
	b.signIn(email, webtest.Password)
	b.at("overview-calm", http.StatusOK, func() int { return b.open("/account") })
	b.at("inspector", http.StatusOK, func() int {
		status := b.follow("Look inside this session")
		evaluate[chromedp.Void](b.person, `document.querySelectorAll('details').forEach(d => d.open = true)`)
		return status
	})
	b.at("inspector-reauth", http.StatusOK, func() int { return b.follow("Confirm it is you") })
	b.at("inspector-confirmed", http.StatusOK, func() int {
		b.fill("password", webtest.Password)
		status := b.press("Confirm")
		b.isAt("/account/session")
		b.reads("because you confirmed that it is you")
		return status
	})
	p.change(t, `UPDATE sessions SET flag = 'token_reused', ip = '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff' WHERE id = $1`, b.handle())
	b.press("Sign out")
	p.suspicious(t, email)
	b.open("/login")
	b.signIn(email, webtest.Password)
	b.at("overview-recommendations", http.StatusOK, func() int { return b.open("/account") })
	b.at("activity-suspicious", http.StatusOK, func() int { return b.open("/account/activity?kind=sign-ins") })
	b.at("recognise-elsewhere", http.StatusOK, func() int { return b.askedAbout("Firefox on Windows") })
	b.at("recognise-nobody", http.StatusOK, func() int { return b.askedAbout("curl") })
	b.at("recognise-session", http.StatusOK, func() int {
		b.open("/account")
		return b.follow("Was this you? On Chrome on macOS")
	})
	b.at("secure", http.StatusOK, func() int { return b.open("/account/secure") })
	b.at("secure-begun", http.StatusOK, func() int {
		b.askedAbout("Firefox on Windows")
		return b.press("No, secure my account")
	})
	b.at("overview-securing", http.StatusOK, func() int { return b.open("/account") })
	b.at("recognise-here", http.StatusOK, func() int {
		b.open("/reauth")
		b.fill("password", webtest.OtherPassword)
		b.press("Confirm")
		return b.askedAbout("Chrome on Linux")
	})
	b.at("recognise-over", http.StatusOK, func() int {
		p.change(b.t, `UPDATE sessions SET ended_at = last_seen_at, end_reason = 'idle' WHERE user_agent = $1`, webtest.FirefoxOnWindows)
		return b.askedAbout("Firefox on Windows")
	})
	b.at("activity-csv-reauth", http.StatusOK, func() int {
		b.open("/account/activity?kind=sign-ins")
		return b.follow("Download as CSV")
	})
	b.at("activity-csv-ready", http.StatusOK, func() int {
		b.fill("password", webtest.Password)
		status := b.press("Confirm")
		b.isAt("/account/activity")
		b.reads("It is you. The download is ready below.")
		return status
	})
}

// suspicious gives somebody a forgotten session on Windows, with a wrong password in it, a flagged one, an old password,
// and a guess from outside.
func (p *program) suspicious(t testing.TB, email string) {
	t.Helper()
	lastYear := time.Now().UTC().AddDate(-1, -1, 0).Truncate(time.Microsecond)
	p.change(t, `UPDATE users SET password_changed_at = $1 WHERE email = $2`, lastYear, email)
	forgotten, flagged, outside := p.Client(t), p.Client(t), p.Client(t)
	forgotten.Agent, outside.Agent = webtest.FirefoxOnWindows, "curl/8.5.0"
	forgotten.SignIn(email, webtest.Password)
	forgotten.Post("/reauth", "password", webtest.OtherPassword).Want(http.StatusUnprocessableEntity)
	p.change(t, `UPDATE sessions SET last_seen_at = $1 WHERE id = $2`, time.Now().UTC().AddDate(0, 0, -5).Truncate(time.Microsecond), forgotten.Handle())
	flagged.SignIn(email, webtest.Password)
	p.change(t, `UPDATE sessions SET flag = 'token_reused' WHERE id = $1`, flagged.Handle())
	outside.Post("/login", "email", email, "password", webtest.OtherPassword).Want(http.StatusUnprocessableEntity)
}

// askedAbout follows "was this you?" of the newest line from that device that has it.
func (l *looker) askedAbout(device string) int {
	l.t.Helper()
	l.open("/account/activity?kind=sign-ins&q=" + device[:4])
	return l.load("was this you?", chromedp.Click(`a[href$="/recognise"]`))
}

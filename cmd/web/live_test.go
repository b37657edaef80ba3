package main

import (
	"testing"
	"time"

	"example.com/gatehouse/webtest"
)

// TestLive has two browsers before the portal, on two instances where there can be two: what is done in one covers the page
// that is open in the other, which asks nobody by itself for many minutes.
func TestLive(t *testing.T) {
	for name, on := range backends {
		t.Run(name, func(t *testing.T) {
			data := on(t)
			one := start(t, data)
			one.told = true
			two := one
			if name != "sqlite" {
				two = start(t, data)
				two.told = true
				two.Network = one.Network
			}
			for what, story := range map[string]func(t *testing.T, one, two *program){
				"ended elsewhere": endedElsewhere, "typed meanwhile": endedUnderForm, "flagged elsewhere": flaggedElsewhere,
				"scripts off": endedWithoutScripts,
			} {
				t.Run(what, func(t *testing.T) { story(t, one, two) })
			}
			if name == "sqlite" {
				t.Run("one stream of a browser", func(t *testing.T) { oneStream(t, one) })
			}
		})
	}
}

// elsewhere returns another browser in which the same person is signed in, and has confirmed that it is them.
func (b *person) elsewhere(at *program) *person {
	b.t.Helper()
	other := at.person(b.t, webtest.FirefoxOnWindows, at.Network+"::2")
	other.open("/login")
	other.signIn(at.emailOf(b.t, b.handle()), webtest.Password)
	other.open("/reauth?next=/account/sessions")
	other.fill("password", webtest.Password)
	other.press("Confirm")
	other.isAt("/account/sessions")
	return other
}

// ends signs the device of the handle out, by the list of devices, and returns when that was asked for.
func (b *person) ends(handle string) time.Time {
	b.t.Helper()
	began := time.Now()
	b.is(`fetch('/account/sessions/` + handle + `/end', {method: 'POST'}).then(r => r.ok)`)
	return began
}

// streams waits until the page has its stream: whoever opens it holds the lock of the browser.
func (b *person) streams() {
	b.t.Helper()
	webtest.Until(b.t, "the stream", func() bool {
		return evaluate[bool](b, `navigator.locks.query().then(q => q.held.length === 1)`)
	})
}

func endedElsewhere(t *testing.T, one, two *program) {
	b := one.runningOut(t, "/account", 20*time.Minute)
	b.streams()
	began := b.elsewhere(two).ends(b.handle())
	b.thrown("Firefox on Windows signed this device out")
	t.Logf("said why %s after it was asked for", time.Since(began))
}

func endedUnderForm(t *testing.T, one, two *program) {
	b := one.runningOut(t, profile, 20*time.Minute)
	b.streams()
	b.fill("name", "Byron ")
	began := b.elsewhere(two).ends(b.handle())
	b.shows("covered")
	t.Logf("covered %s after it was asked for", time.Since(began))
	b.comes(`document.getElementById('idle-dialog').innerText.includes('You were signed out')`)
	b.reads("Another of your devices signed this one out.", "What you typed is still in this page")
	b.is(`document.getElementById('idle-dialog').matches(':modal[role=alertdialog]') && document.activeElement.matches('#idle-dialog a')`)
	b.is(`document.getElementById('name').value === 'Byron Ada Lovelace'`)
	b.isAt(profile)
}

// flaggedElsewhere uses the session from a browser that it does not know.
func flaggedElsewhere(t *testing.T, one, two *program) {
	b := one.runningOut(t, profile, 20*time.Minute)
	b.streams()
	b.fill("name", "Byron ")
	thief := two.sit(t, b.ctx, webtest.FirefoxOnWindows, "203.0.113.24") // beside it, with the same cookie
	thief.watch()
	thief.open("/account")
	thief.shows("") // it came after that
	b.shows("covered")
	b.reads("Was this you?", "a browser or network that it does not know")
	b.is(`document.activeElement.href.endsWith('/account/sessions')`)
	b.click(`[data-go-on]`)
	b.shows("")
	b.is(`document.getElementById('name').value === 'Byron Ada Lovelace'`)
}

// endedWithoutScripts says so on the next page.
func endedWithoutScripts(t *testing.T, one, two *program) {
	b := one.runningOut(t, "/account", 20*time.Minute)
	other := b.elsewhere(two)
	handle := b.handle()
	b.withoutScripts()
	b.open("/account/security")
	other.ends(handle)
	b.isAt("/account/security")
	b.follow("Overview")
	b.isAt("/login")
	b.reads("This device was signed out")
}

// oneStream has two windows that both can be seen: one of them listens and tells the other. A hidden one listens no more, and
// asks when it is seen again.
func oneStream(t *testing.T, p *program) {
	a := p.runningOut(t, "/account", 20*time.Minute)
	a.streams()
	b := a.another("/account/security")
	webtest.Until(t, "the other to wait for its turn", func() bool {
		return evaluate[bool](b, `navigator.locks.query().then(q => q.held.length === 1 && q.pending.length === 1)`)
	})
	hide := func(b *person, hidden string) {
		b.is(`(() => { Object.defineProperty(document, 'hidden', {configurable: true, value: ` + hidden + `})
			document.dispatchEvent(new Event('visibilitychange')); return true })()`)
	}
	hide(a, "true")
	webtest.Until(t, "its turn", func() bool {
		return evaluate[bool](b, `navigator.locks.query().then(q => q.held.length === 1 && q.pending.length === 0)`)
	})
	asked := evaluate[int](a, `asked('/session/state')`)
	a.later(4 * time.Second)
	hide(a, "false")
	a.comes(`asked('/session/state') > ` + string(rune('0'+asked)))
	a.elsewhere(p).ends(a.handle())
	a.thrown("This device was signed out")
	b.thrown("This device was signed out")
}

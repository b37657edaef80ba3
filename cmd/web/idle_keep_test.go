package main

import (
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
	"github.com/chromedp/cdproto/input"
)

// TestIdleKeeps is about what people typed: it counts as activity where a form says so, and outlives the session behind
// the cover.
func TestIdleKeeps(t *testing.T) {
	p := start(t, onSQLite(t))
	tests := map[string]func(*testing.T, *program){
		"typing stays":                  typingStays,
		"nothing else stays":            nothingElseStays,
		"kept behind the cover":         keptBehindCover,
		"kept from another account":     keptFromAnother,
		"left":                          keptThenLeft,
		"nothing typed":                 nothingTyped,
		"sign-out in another tab":       signOutTold,
		"restored from memory, unsaved": restoredUnsaved,
	}
	if *full {
		maps.Copy(tests, map[string]func(*testing.T, *program){
			"typing near the absolute end":   typingNearAbsoluteEnd,
			"a choice is kept too":           choiceKept,
			"two tabs without a session":     twoLostTabs,
			"told before it is done":         toldTooEarly,
			"a sign-in nobody was told of":   adoptedUntold,
			"found by its reader":            foundByItsReader,
			"another session, nothing typed": reloaded,
		})
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, p)
		})
	}
}

const profile = "/account/profile"

func typingStays(t *testing.T, p *program) {
	b := p.runningOut(t, profile, warning)
	b.shows("banner")
	other := b.another("/account/security")
	other.shows("banner")
	other.stopClocks() // it asks nothing of itself
	b.fill("name", "Byron ")
	b.shows("")
	other.shows("") // it was told
	p.extended(t, b.handle())
	b.stopClocks()
	b.fill("name", "King ")
	b.settles()
	b.is(`asked('/session/extend') === 1`) // once a minute
	b.later(time.Minute)
	b.fill("name", "Noel ")
	b.comes(`asked('/session/extend') === 2`)
	b.is(`document.getElementById('name').value === 'Byron King Noel Ada Lovelace'`)
}

func nothingElseStays(t *testing.T, p *program) {
	b := p.runningOut(t, profile, 20*time.Minute)
	end := p.idleEnd(t, b.handle())
	b.is(`(() => { const e = document.getElementById('name'); e.value = 'x'
		e.dispatchEvent(new InputEvent('input', {bubbles: true})); return true })()`) // a script's
	for range 3 {
		callWith(b, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: "mouseMoved", X: 200, Y: 200})
		callWith(b, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: "mouseWheel", X: 200, Y: 200, DeltaX: 1, DeltaY: 50})
	}
	b.settles()
	b.is(`asked('/session/extend') === 0`)
	b.open("/account/activity")
	b.fill("q", "zebra") // a form that does not ask for it
	b.settles()
	b.is(`asked('/session/extend') === 0`)
	if got := p.idleEnd(t, b.handle()); !got.Equal(end) {
		t.Errorf("the session ends at %s, want %s as before", got, end)
	}
}

func typingNearAbsoluteEnd(t *testing.T, p *program) {
	b := p.runningOut(t, profile, 20*time.Minute)
	p.setLimit(t, b.handle(), warning)
	b.open(profile)
	b.shows("banner")
	b.fill("name", "Byron ")
	b.settles()
	b.is(`stage() === 'banner' && asked('/session/extend') === 0`)
}

// lost types something into the profile of a session that then ends.
func (p *program) lost(t *testing.T) *person {
	t.Helper()
	b := p.runningOut(t, profile, 20*time.Minute)
	b.fill("name", "Byron ")
	b.comes(`asked('/session/extend') === 1`)
	b.settles()
	p.endAs(t, b.handle(), "idle", "")
	b.later(61 * time.Second)
	b.shows("covered")
	b.comes(behindCover)
	return b
}

const behindCover = `document.getElementById('idle-heading').innerText === 'You were signed out'`

func keptBehindCover(t *testing.T, p *program) {
	b := p.lost(t)
	handle := b.handle()
	b.isAt(profile)
	b.reads("What you typed is still in this page, behind this cover")
	b.is(`document.title === 'Signed out - Profile - Gatehouse'`)
	b.is(`getComputedStyle(document.querySelector('main').closest('body > *')).opacity === '0'`)
	b.is(`document.activeElement.innerText === 'Sign in again'`)
	b.is(`(() => { document.getElementById('name').focus(); return document.activeElement.innerText === 'Sign in again' })()`)
	b.is(`[...document.querySelectorAll('#idle-dialog :is(a, button)')].filter(e => e.checkVisibility()).map(e => e.innerText).join() === 'Sign in again,Leave it'`)
	b.key(escape)
	b.is(`stage() === 'covered' && asked('/session/extend') === 1`)

	// Nobody is asked again and again for a session that is over.
	b.is(`(() => { const later = setTimeout; window.setTimeout = (f, ms) => later(f, Math.min(ms, 20)); return true })()`)
	before := evaluate[int](b, `asked('/session/state')`)
	b.later(0)
	b.comes(`asked('/session/state') > ` + strconv.Itoa(before))
	b.settles()
	asked := evaluate[int](b, `asked('/session/state')`)
	b.is(`(() => { const now = Date.now.bind(Date); Date.now = () => now() + 30_000; return true })()`)
	b.settles()
	if got := evaluate[int](b, `asked('/session/state')`); got != asked {
		t.Errorf("asked %d times while nothing happened", got-asked)
	}

	link := evaluate[string](b, `(() => { const a = [...document.links].find(a => a.innerText === 'Sign in again')
		return [a.getAttribute('href'), a.target, a.rel].join(' ') })()`)
	if link != "/login?next=%2faccount%2fprofile _blank noopener" {
		t.Errorf("Sign in again leads to %s", link)
	}
	tab := b.another("/login?next=%2faccount%2fprofile")
	tab.signIn(p.emailOf(t, handle), webtest.Password)
	b.shows("")
	b.is(`document.title === 'Profile - Gatehouse'`)
	if got := b.handle(); got == handle || got != tab.handle() {
		t.Errorf("the page is of session %s, want %s as the other tab", got, tab.handle())
	}
	b.is(`document.getElementById('name').value === 'Byron Ada Lovelace'`)
	b.press("Save")
	b.reads("Your profile was saved.", "Byron Ada Lovelace")
}

func keptFromAnother(t *testing.T, p *program) {
	b := p.lost(t)
	tab := b.another("/login")
	tab.signIn(p.account(t, "Grace Hopper"), webtest.Password)
	b.comes(`document.getElementById('name')?.value === 'Grace Hopper'`)
	if page := evaluate[string](b, `document.documentElement.outerHTML`); strings.Contains(page, "Byron") || strings.Contains(page, "Ada") {
		t.Errorf("got somebody else's text: %s", b.text())
	}
}

func keptThenLeft(t *testing.T, p *program) {
	b := p.lost(t)
	b.click(`#idle-dialog [data-leave]`)
	b.arrives("/signed-out")
	b.is(`String(history.length) === sessionStorage.visited`)
}

func nothingTyped(t *testing.T, p *program) {
	b := p.runningOut(t, profile, 20*time.Minute)
	p.endAs(t, b.handle(), "idle", "")
	b.later(61 * time.Second)
	b.thrown("For your security, we signed you out")
}

func choiceKept(t *testing.T, p *program) {
	b := p.runningOut(t, "/reauth?next=%2Fbilling%2Fpayment-method", 20*time.Minute)
	b.fill("password", webtest.Password)
	b.press("Confirm")
	b.isAt("/billing/payment-method")
	b.click(`#instrument-1`)
	b.comes(`asked('/session/extend') === 1`)
	b.settles()
	p.endAs(t, b.handle(), "absolute", "")
	b.later(61 * time.Second)
	b.comes(behindCover)
}

// twoLostTabs tell each other once.
func twoLostTabs(t *testing.T, p *program) {
	a := p.runningOut(t, profile, 20*time.Minute)
	b := a.another(profile)
	for _, tab := range []*person{a, b} {
		tab.fill("name", "Byron ")
		tab.comes(`asked('/session/extend') === 1`)
		tab.settles()
	}
	p.endAs(t, a.handle(), "idle", "")
	a.later(61 * time.Second)
	a.comes(behindCover)
	b.comes(behindCover)
	a.settles()
	a.settles()
	a.is(`asked('/session/state') < 6`)
}

func signOutTold(t *testing.T, p *program) {
	a := p.runningOut(t, "/account", 20*time.Minute)
	b := a.another("/account/security")
	b.is(`document.querySelector('#idle-banner form').dispatchEvent(new Event('submit', {bubbles: true}))`) // another form
	a.settles()
	a.is(`asked('/session/state') === 0`)
	b.press("Sign out")
	a.arrives("/signed-out")
}

func toldTooEarly(t *testing.T, p *program) {
	a := p.runningOut(t, "/account", 20*time.Minute)
	handle := a.handle()
	b := a.another("/static/icon.svg")
	announce := func() {
		b.is(`(() => { new BroadcastChannel('session').postMessage({t: 'ended', sid: '` + handle + `'}); return true })()`)
	}
	// What the page means to do in three seconds waits for the test.
	a.is(`(() => { const set = setTimeout, clear = clearTimeout; let last = -1; window.soon = new Map()
		window.setTimeout = (f, ms) => ms === 3000 ? (soon.set(--last, f), last) : set(f, ms)
		window.clearTimeout = id => soon.delete(id) || clear(id); return true })()`)
	for n := range 4 {
		announce()
		a.comes(`asked('/session/state') === ` + strconv.Itoa(n+1)) // at once
	}
	a.is(`soon.size === 1`) // and once more for all of them
	p.endAs(t, handle, "signed_out", handle)
	a.is(`(() => { for (const f of window.soon?.values() ?? []) f(); return true })()`)
	a.thrown("You are signed out")
}

// signInUntold signs somebody in whose session has ended, in another tab, without a page that could tell the others. The
// tab is of a page that names an icon: asked for /favicon.ico, the portal could delete the cookie of this sign-in as it
// answers to the one before.
func (b *person) signInUntold(email string) {
	b.t.Helper()
	b.another("/plans").is(`fetch('/login', {method: 'POST', body: new URLSearchParams({email: '` + email + `', password: '` + webtest.Password + `'})}).then(r => r.ok)`)
}

// adoptedUntold is a page that did not notice how its person was signed out and signed in again.
func adoptedUntold(t *testing.T, p *program) {
	b := p.runningOut(t, profile, 20*time.Minute)
	handle := b.handle()
	b.fill("name", "Byron ")
	b.settles()
	p.endAs(t, handle, "idle", "")
	b.signInUntold(p.emailOf(t, handle))
	b.later(61 * time.Second)
	b.comes(`document.body.dataset.sid !== '` + handle + `'`)
	b.is(`stage() === '' && stages.length === 0 && document.getElementById('name').value === 'Byron Ada Lovelace'`)
}

func foundByItsReader(t *testing.T, p *program) {
	b := p.lost(t)
	b.signInUntold(p.emailOf(t, b.handle()))
	b.settles()
	b.is(`stage() === 'covered'`)
	b.later(0)
	b.shows("")
	b.is(`document.getElementById('name').value === 'Byron Ada Lovelace'`)
}

func reloaded(t *testing.T, p *program) {
	b := p.runningOut(t, profile, 20*time.Minute)
	handle := b.handle()
	b.is(`window.before = true`)
	p.endAs(t, handle, "idle", "")
	b.signInUntold(p.emailOf(t, handle))
	b.later(61 * time.Second)
	b.comes(`!window.before && document.body?.dataset.sid !== undefined`)
}

// restoredUnsaved comes back from another site to a page whose session has ended. It is kept in memory although it had a stream.
func restoredUnsaved(t *testing.T, p *program) {
	told := *p
	told.told = true
	b := told.runningOut(t, profile, 20*time.Minute)
	handle := b.handle()
	b.is(`(document.getElementById('name').value = 'Byron') !== ''`) // a page that has asked for anything is not kept in memory
	b.open(anotherSite(t))
	p.endAs(t, handle, "idle", "")
	b.goBack()
	b.comes(`location.origin === '` + p.Origin + `' && document.readyState === 'complete'`)
	b.comes(behindCover)
	b.is(`sessionStorage.found === 'covered'`)
}

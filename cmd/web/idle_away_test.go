package main

import (
	"strings"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
	"github.com/chromedp/cdproto/page"
)

func stayInAnotherTab(t *testing.T, p *program) {
	a := p.runningOut(t, "/account", lastNotice)
	a.shows("dialog")
	handle := a.handle()
	a.stopClocks()
	p.setEnd(t, handle, lastNotice)
	b := a.another("/account/security")
	b.shows("dialog")
	b.unhurried(handle)
	b.click(`#idle-dialog [data-stay]`)
	b.shows("")
	a.shows("")
	a.is(`asked('/session/extend') === 0`)
	p.extended(t, handle)
}

func workInAnotherTab(t *testing.T, p *program) {
	a := p.runningOut(t, "/account", warning+5*time.Minute)
	p.change(t, `UPDATE sessions SET last_seen_at = $1 WHERE id = $2`, time.Now().UTC().Add(-2*time.Minute), a.handle())
	b := a.another("/account/security")
	p.extended(t, b.handle())
	a.later(5*time.Minute + time.Second)
	a.comes(`asked('/session/state') > 0`)
	a.settles()
	a.is(`stages.length === 0`)
}

// settles waits until the page has had time to act on an answer.
func (b *person) settles() {
	b.t.Helper()
	b.is(`fetch('/healthz').then(r => r.text()).then(() => new Promise(done => setTimeout(() => done(true), 300)))`)
}

func forgedBroadcasts(t *testing.T, p *program) {
	a := p.runningOut(t, "/account", warning)
	a.shows("banner")
	handle := a.handle()
	end := p.idleEnd(t, handle)
	b := a.another("/static/icon.svg")
	for _, forged := range []string{
		`{t: 'extended', sid: '` + handle + `'}`, `{t: 'ended', sid: '` + handle + `'}`, `{t: 'ended', sid: 'x'}`, `null`, `'extended'`,
		`{t: 'active', sid: '` + handle + `', idle_ms: 1e9, absolute_ms: 1e9, state: 'active'}`,
	} {
		b.is(`(() => { window.channel ??= new BroadcastChannel('session'); channel.postMessage(` + forged + `); return true })()`)
	}
	a.comes(`asked('/session/state') >= 4`) // once before the banner, and for each that names this session
	a.settles()
	a.is(`stage() === 'banner' && stages.join() === 'banner' && asked('/session/extend') === 0`)
	a.isAt("/account")
	if got := p.idleEnd(t, handle); !got.Equal(end) {
		t.Errorf("the session ends at %s, want %s as before", got, end)
	}
}

// frozenTab is as near to a machine that sleeps as a test gets.
func frozenTab(t *testing.T, p *program) {
	b := p.runningOut(t, "/account", 20*time.Minute)
	handle := b.handle()
	b.learns(handle, 8*time.Second)
	b.comes(`window.stage?.() === 'dialog' || location.pathname === '/signed-out'`) // where eight seconds were not enough
	callWith(b, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: "frozen"})
	webtest.Until(t, "the end", func() bool { return time.Now().After(p.idleEnd(t, handle)) })
	callWith(b, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: "active"})
	b.thrown("For your security, we signed you out")
}

func clockAhead(t *testing.T, p *program) {
	b := p.runningOut(t, "/account", 20*time.Minute)
	end := p.idleEnd(t, b.handle())
	b.later(40 * time.Minute)
	b.comes(`stages.join() === 'covered,'`)
	b.comes(`asked('/session/state') >= 1`)
	b.is(`asked('/session/extend') === 0`)
	b.isAt("/account")
	if got := p.idleEnd(t, b.handle()); !got.Equal(end) {
		t.Errorf("the session ends at %s, want %s as before", got, end)
	}
}

func clockBack(t *testing.T, p *program) {
	b := p.runningOut(t, "/account", warning+5*time.Second)
	b.later(-time.Hour)
	b.shows("banner")
}

func revokedElsewhere(t *testing.T, p *program) {
	b := p.runningOut(t, "/account", 20*time.Minute)
	handle := b.handle()
	p.endAs(t, handle, "revoked", handle)
	b.aged(50 * time.Second)
	b.settles()
	b.is(`asked('/session/state') === 0`)
	b.later(61 * time.Second)
	b.thrown("This device was signed out")
}

func anotherAccount(t *testing.T, p *program) {
	a := p.runningOut(t, "/account#main", 20*time.Minute)
	b := a.another("/account")
	// Without a word to the first tab, which may otherwise hear of the sign-out and leave before the next sign-in.
	b.is(`(setTimeout(() => document.querySelector('form[action="/logout"]').submit()), true)`)
	b.arrives("/signed-out")
	b.open("/login")
	b.signIn(p.account(t, "Grace Hopper"), webtest.Password)
	a.later(time.Minute + time.Second)
	a.comes(`document.body?.innerText.includes('Grace Hopper')`)
	if text := a.text(); strings.Contains(text, "Ada") {
		t.Errorf("got somebody else's account on the page: %s", text)
	}
}

// absoluteLimitNear takes a new session, because nothing extends the old one.
func absoluteLimitNear(t *testing.T, p *program) {
	b := p.runningOut(t, "/account/security", 20*time.Minute)
	handle := b.handle()
	p.setLimit(t, handle, lastNotice)
	b.open("/account/security")
	b.shows("dialog")
	b.stopClocks()
	p.setLimit(t, handle, 10*time.Minute) // for the time that a test needs
	b.reads("You need to sign in again soon")
	b.is(`document.activeElement.innerText === 'Sign in again now' && !document.querySelector('#idle-dialog [data-stay]').checkVisibility()`)
	b.key(escape)
	b.settles()
	b.is(`stage() === 'dialog' && asked('/session/extend') === 0`)
	b.click(`#idle-dialog a[data-only="final"]`)
	b.arrives("/login")
	b.is(`stage() === 'none'`) // nothing gets in the way of the form
	b.signIn(p.emailOf(t, handle), webtest.Password)
	b.isAt("/account/security")
	if got := b.handle(); got == handle {
		t.Errorf("got session %s as before, want another", got)
	}
	b.is(`stage() === ''`)
}

func (p *program) emailOf(t testing.TB, handle string) (email string) {
	t.Helper()
	p.ask(t, `SELECT email FROM users WHERE id = (SELECT user_id FROM sessions WHERE id = $1)`, []any{handle}, &email)
	return email
}

func hiddenTab(t *testing.T, p *program) {
	b := p.runningOut(t, "/account", warning)
	b.shows("banner")
	title := evaluate[string](b, `document.title`)
	hide := func(hidden string) {
		b.is(`(() => { Object.defineProperty(document, 'hidden', {configurable: true, value: ` + hidden + `})
			document.dispatchEvent(new Event('visibilitychange')); return true })()`)
	}
	hide("true")
	b.comes(`document.title.startsWith('(') && document.title.endsWith('seconds) ` + title + `')`)
	hide("false")
	b.comes(`document.title === '` + title + `'`)
}

// readOut listens to the live regions, which speak for those who do not see the countdown.
func readOut(t *testing.T, p *program) {
	for _, c := range []struct {
		left                       time.Duration
		stage, region, mark, voice string
	}{
		{warning - 10*time.Second, "banner", "idle-status", "60", "polite"},
		{lastNotice, "dialog", "idle-voice", "10", "assertive"},
	} {
		b := p.runningOut(t, "/account", 20*time.Minute)
		b.learns(b.handle(), c.left)
		b.shows(c.stage)
		b.unhurried(b.handle())
		b.is(`/^\d+ seconds until you are signed out\.$/.test(document.getElementById('` + c.region + `').textContent)`)
		b.is(`(() => { const [m, s] = document.querySelector('#idle-dialog [data-left]').textContent.split(':')
			const now = Date.now(), steady = performance.now(), jump = (m * 60 + +s - ` + c.mark + `) * 1000
			Date.now = () => now + jump; performance.now = () => steady + jump // the page goes by the later of the two
			dispatchEvent(new Event('focus')); return true })()`)
		b.comes(`document.getElementById('` + c.region + `').textContent === '` + c.mark + ` seconds until you are signed out.'`)
		b.is(`document.getElementById('` + c.region + `').ariaLive === '` + c.voice + `'`)
	}
}

func restoredAlive(t *testing.T, p *program) {
	b := p.restored(t, func(string) {})
	b.shows("")
	b.isAt("/account")
	b.reads("Ada Lovelace")
}

func restoredRevoked(t *testing.T, p *program) {
	b := p.restored(t, func(handle string) { p.endAs(t, handle, "revoked", handle) })
	b.thrown("This device was signed out")
	if strings.Contains(evaluate[string](b, `document.documentElement.outerHTML`), "Ada") {
		t.Errorf("Back shows the account: %s", b.text())
	}
}

// restored leaves for another site and comes back to the page that the browser kept in its memory. It has to have gone
// there covered: nothing may be readable until the server has answered.
func (p *program) restored(t *testing.T, meanwhile func(handle string)) *person {
	t.Helper()
	b := p.runningOut(t, "/account", 20*time.Minute)
	handle := b.handle()
	b.open(anotherSite(t))
	meanwhile(handle)
	b.goBack()
	b.comes(`location.origin === '` + p.Origin + `' && document.readyState === 'complete'`)
	b.comes(`sessionStorage.found !== undefined`)
	if found := evaluate[string](b, `sessionStorage.found`); found != "covered" {
		t.Fatalf("the page came back from memory %q, want covered", found)
	}
	return b
}

// TestIdleWarningAdmits runs on a portal of its own, whose database stops and comes back.
func TestIdleWarningAdmits(t *testing.T) {
	p := start(t, onSQLite(t))
	lost := func() { p.change(t, `ALTER TABLE sessions RENAME TO gone_sessions`) }
	found := func() { p.change(t, `ALTER TABLE gone_sessions RENAME TO sessions`) }

	b := p.runningOut(t, "/account", lastNotice)
	b.shows("dialog")
	b.stopClocks()
	b.forgive("/session/")
	lost()
	b.click(`#idle-dialog [data-stay]`)
	b.comes(sorry)
	b.is(`stage() === 'dialog' && !stages.includes('')`) // not even closed in between
	found()
	handle := b.handle()
	p.setEnd(t, handle, lastNotice)
	b.click(`#idle-dialog [data-stay]`)
	b.shows("")
	p.extended(t, handle)

	p.setEnd(t, handle, 20*time.Minute)
	b.open("/account")
	p.setEnd(t, handle, -time.Second)
	lost()
	b.later(20 * time.Minute)
	b.shows("covered")
	b.comes(sorry)
	b.is(`stage() === 'covered' && getComputedStyle(document.querySelector('main').closest('body > *')).opacity === '0'`)
	for range 2 {
		b.key(escape)
	}
	b.is(`stage() === 'covered'`)
	b.isAt("/account")
	found()
	b.thrown("For your security, we signed you out")
}

package main

import (
	"strconv"
	"testing"
	"time"

	"example.com/gatehouse/webtest"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// stages has each page write down what it shows of the warning, from before its own scripts run, and what it found when
// it came back from the browser's memory.
const stages = `
	window.stages = []
	window.stage = () => {
		const dialog = document.getElementById('idle-dialog'), banner = document.getElementById('idle-banner')
		if (!dialog) return 'none'
		return dialog.open ? (dialog.classList.contains('cover') ? 'covered' : 'dialog') : banner.hidden ? '' : 'banner'
	}
	window.asked = path => performance.getEntriesByType('resource').filter(e => new URL(e.name).pathname === path).length
	addEventListener('pageshow', e => { if (e.persisted) sessionStorage.found = window.stage() })
	document.addEventListener('readystatechange', () => {
		if (document.readyState !== 'interactive' || !document.body?.dataset.sid) return
		sessionStorage.visited = history.length
		new MutationObserver(() => {
			if ((window.stages.at(-1) ?? '') !== window.stage()) window.stages.push(window.stage())
		}).observe(document.body, {subtree: true, attributes: true})
	})`

func (b *person) watch() {
	b.t.Helper()
	callWith(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: stages})
}

// runningOut signs somebody in and opens the page when so much time is left. No page they open within a minute counts
// as activity.
func (p *program) runningOut(t testing.TB, path string, left time.Duration) *person {
	t.Helper()
	b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
	b.watch()
	b.open("/login")
	b.signIn(p.account(t, "Ada Lovelace"), webtest.Password)
	p.setEnd(t, b.handle(), left)
	b.open(path)
	return b
}

// another opens the page in another tab.
func (b *person) another(path string) *person {
	b.t.Helper()
	tab := b.tab()
	tab.watch()
	tab.forgive("/favicon.ico") // what is no page names no icon
	tab.open(path)
	return tab
}

// setEnd moves the end of an idle session.
func (p *program) setEnd(t testing.TB, handle string, left time.Duration) {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	p.change(t, `UPDATE sessions SET last_seen_at = $1, idle_expires_at = $2 WHERE id = $3`, now, now.Add(left), handle)
}

// setLimit moves the end of a session that nothing can extend.
func (p *program) setLimit(t testing.TB, handle string, left time.Duration) {
	t.Helper()
	p.setEnd(t, handle, left)
	p.change(t, `UPDATE sessions SET expires_at = idle_expires_at WHERE id = $1`, handle)
}

func (p *program) idleEnd(t testing.TB, handle string) (end time.Time) {
	t.Helper()
	p.ask(t, `SELECT idle_expires_at FROM sessions WHERE id = $1`, []any{handle}, &end)
	return end
}

// comes waits until the page says yes. A page that is being left says nothing.
func (b *person) comes(condition string) {
	b.t.Helper()
	webtest.Until(b.t, condition, func() bool {
		ctx, cancel := b.step()
		defer cancel()
		yes, err := chromedp.Run(ctx, chromedp.Evaluate[bool](condition))
		return err == nil && yes
	})
}

// shows waits for a stage of the warning: banner, dialog, covered, or "" for none.
func (b *person) shows(stage string) { b.t.Helper(); b.comes(`window.stage?.() === '` + stage + `'`) }

func (b *person) is(condition string) {
	b.t.Helper()
	if !evaluate[bool](b, condition) {
		b.t.Errorf("on %s, stages %s: got not %s", b.path(), evaluate[string](b, `window.stages.join()`), condition)
	}
}

// thrown waits for the page that says why the session is over.
func (b *person) thrown(why string) {
	b.t.Helper()
	b.arrives("/signed-out")
	b.reads(why)
}

func (b *person) key(key string) {
	b.t.Helper()
	ctx, cancel := b.step()
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.KeyEvent(key)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *person) click(selector string) {
	b.t.Helper()
	b.still()
	ctx, cancel := b.step()
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Click(selector)); err != nil {
		b.t.Fatalf("click %s, on %s: %v", selector, b.path(), err)
	}
}

// aged makes the page think that it was opened so long ago, however long the test has taken, and its reader come back.
func (b *person) aged(d time.Duration) {
	b.t.Helper()
	b.is(`(() => { Date.now = () => performance.timeOrigin + ` + strconv.FormatInt(d.Milliseconds(), 10) + `; dispatchEvent(new Event('focus')); return true })()`)
}

// later lets the clock on the wall jump, and the person come back to the window.
func (b *person) later(d time.Duration) {
	b.t.Helper()
	b.is(`(() => { const now = Date.now.bind(Date); Date.now = () => now() + ` + strconv.FormatInt(d.Milliseconds(), 10) + `; dispatchEvent(new Event('focus')); return true })()`)
}

// learns moves the end of the session and has the page ask for it, which asks nobody within a minute of its last answer.
func (b *person) learns(handle string, left time.Duration) {
	b.t.Helper()
	b.setEnd(b.t, handle, left)
	b.later(61 * time.Second)
}

// unhurried leaves the page and the session as they are for as long as a test looks at them.
func (b *person) unhurried(handle string) {
	b.t.Helper()
	b.stopClocks()
	b.setEnd(b.t, handle, warning)
}

// stopClocks leaves the page as it is for as long as a test looks at it.
func (b *person) stopClocks() {
	b.t.Helper()
	b.is(`(() => { const d = Date.now(), p = performance.now(); Date.now = () => d; performance.now = () => p; return true })()`)
}

const (
	sorry  = `[...document.querySelectorAll('[data-error]')].some(e => e.checkVisibility())`
	onStay = `document.activeElement.matches('#idle-dialog [data-stay]')`
	escape = "\u001b"
	enter  = "\r"
)

// extended is whether the session ends as late as after a request just now.
func (p *program) extended(t testing.TB, handle string) {
	t.Helper()
	if end := p.idleEnd(t, handle); time.Until(end) < 20*time.Minute {
		t.Errorf("the session ends in %s, want it extended to half an hour", time.Until(end))
	}
}

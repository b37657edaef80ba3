package main

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// The limits that a portal without settings warns by: a banner in the last two minutes, a dialog in the last half.
const (
	warning    = 2 * time.Minute
	lastNotice = 30 * time.Second
)

func TestIdleWarning(t *testing.T) {
	p := start(t, onSQLite(t))
	tests := map[string]func(*testing.T, *program){
		"banner":                        bannerComes,
		"banner, then dialog":           dialogComes,
		"Escape stays":                  escapeStays,
		"banner without its script":     bannerWithoutScript,
		"nobody there":                  nobodyThere,
		"stay in another tab":           stayInAnotherTab,
		"forged broadcasts":             forgedBroadcasts,
		"clock jumps ahead":             clockAhead,
		"revoked elsewhere":             revokedElsewhere,
		"absolute limit":                absoluteLimitNear,
		"scripts off":                   scriptsOff,
		"banner moves nothing":          bannerMovesNothing,
		"words on a form that keeps":    wordsOfForm,
		"restored from memory, revoked": restoredRevoked,
	}
	if *full {
		maps.Copy(tests, map[string]func(*testing.T, *program){
			"work in another tab":         workInAnotherTab,
			"frozen":                      frozenTab,
			"clock set back":              clockBack,
			"another account":             anotherAccount,
			"hidden tab":                  hiddenTab,
			"read out":                    readOut,
			"restored from memory, alive": restoredAlive,
		})
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, p)
		})
	}
}

func bannerComes(t *testing.T, p *program) {
	b := p.runningOut(t, "/account/security", warning+4*time.Second)
	end := p.idleEnd(t, b.handle())
	b.shows("banner")
	if early := time.Until(end.Add(-warning)); early > 0 {
		t.Errorf("the banner came %s too early", early)
	}
	b.comes(`asked('/session/state') >= 1`)
	b.is(`performance.getEntriesByType('resource').every(e => !e.name.endsWith('/session/state') ||
		e.startTime >= document.body.dataset.idleMs - document.body.dataset.warnMs)`) // not before it was time
	b.is(`document.activeElement === document.body`)
	b.reads("Are you still there?", "you will be signed out in")
	if got := p.idleEnd(t, b.handle()); !got.Equal(end) {
		t.Errorf("the session ends at %s after a state request, want %s as before", got, end)
	}
	b.click(`#idle-banner [data-stay]`)
	b.shows("")
	b.comes(`asked('/session/extend') === 1`)
	b.isAt("/account/security")
	p.extended(t, b.handle())
}

// bannerMovesNothing: what somebody was about to press stays where it is, and Sign out in sight.
func bannerMovesNothing(t *testing.T, p *program) {
	b := p.runningOut(t, "/account/security", warning+3*time.Second)
	for _, width := range []int64{1280, 360} {
		b.see(width, "light")
		b.is(`(document.getElementById('idle-banner').hidden = true)`)
		const places = `JSON.stringify([...document.querySelectorAll('header.bar, h1, main section, header.bar button')].map(e => e.getBoundingClientRect().top))`
		before := evaluate[string](b, places)
		b.is(`(document.getElementById('idle-banner').hidden = false, true)`)
		if after := evaluate[string](b, places); after != before {
			t.Errorf("%d px: the banner moves the page from %s to %s", width, before, after)
		}
		b.is(`document.elementFromPoint(...(box => [box.left + box.width / 2, box.top + box.height / 2])(document.querySelector('header.bar form button').getBoundingClientRect())).closest('form').action.endsWith('/logout')`)
	}
}

// wordsOfForm: on a page that keeps what was typed the dialog does not say that it may be lost.
func wordsOfForm(t *testing.T, p *program) {
	b := p.runningOut(t, profile, lastNotice)
	b.shows("dialog")
	b.stopClocks()
	b.reads("What you typed stays in this page: sign in again and go on.")
	b.is(`!document.body.innerText.includes('may be lost')`)
	b = p.runningOut(t, "/account", lastNotice)
	b.shows("dialog")
	b.stopClocks()
	b.reads("What you typed and did not send may be lost.")
}

func dialogComes(t *testing.T, p *program) {
	b := p.runningOut(t, "/account", warning-10*time.Second)
	b.shows("banner")
	handle := b.handle()
	b.learns(handle, lastNotice+5*time.Second)
	end := p.idleEnd(t, handle)
	b.shows("dialog")
	b.stopClocks()
	if early := time.Until(end.Add(-lastNotice)); early > 0 {
		t.Errorf("the dialog came %s too early", early)
	}
	b.is(`stages.join() === 'banner,dialog' && ` + onStay)
	if got := p.idleEnd(t, handle); !got.Equal(end) {
		t.Errorf("the session ends at %s after a state request, want %s as before", got, end)
	}
	b.unhurried(handle)
	b.key(enter)
	b.shows("")
	b.comes(`asked('/session/extend') === 1`)
	b.isAt("/account")
	p.extended(t, handle)
}

// escapeStays presses it as often as it takes browsers to stop asking the page.
func escapeStays(t *testing.T, p *program) {
	b := p.runningOut(t, "/account", lastNotice)
	b.shows("dialog")
	b.unhurried(b.handle())
	for range 3 {
		b.key(escape)
	}
	b.shows("")
	b.comes(`asked('/session/extend') >= 1`)
	p.extended(t, b.handle())
}

func bannerWithoutScript(t *testing.T, p *program) {
	b := p.runningOut(t, "/account/security", warning)
	b.shows("banner")
	b.is(`(() => { document.querySelector('#idle-banner form').submit(); return true })()`)
	b.comes(`document.body?.innerText.includes('You stay signed in.')`)
	b.isAt("/account/security")
	p.extended(t, b.handle())
}

func nobodyThere(t *testing.T, p *program) {
	b := p.runningOut(t, "/account", 20*time.Minute)
	b.learns(b.handle(), 3*time.Second)
	b.thrown("For your security, we signed you out")
	b.is(`String(history.length) === sessionStorage.visited`) // replaced, not added to
	if b.text() == "" || strings.Contains(b.text(), "Ada") {
		t.Errorf("got %s", b.text())
	}
	b.back()
	if body := evaluate[string](b, `document.documentElement.outerHTML`); strings.Contains(body, "Ada") {
		t.Errorf("Back shows the account: %s", b.text())
	}
}

// scriptsOff has the strip of the page instead, and the server, which needs neither.
func scriptsOff(t *testing.T, p *program) {
	b := p.runningOut(t, "/account", warning)
	handle := b.handle()
	b.withoutScripts()
	b.open("/account/security")
	b.reads("You will be signed out at")
	b.still()
	if got := b.load("stay", chromedp.Click(`noscript button`)); got != http.StatusOK {
		t.Errorf("Stay signed in: got %d, want %d", got, http.StatusOK)
	}
	b.isAt("/account/security")
	b.reads("You stay signed in.")
	p.extended(t, handle)
	p.setEnd(t, handle, -time.Second)
	b.follow("Overview")
	b.isAt("/login")
	b.reads("For your security, we signed you out")
}

package main

import (
	"encoding/json"
	"testing"

	"example.com/gatehouse/webtest"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// onPhone makes the window that of a phone.
func (b *person) onPhone() {
	b.t.Helper()
	ctx, cancel := b.step()
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(360, 740)); err != nil {
		b.t.Fatal(err)
	}
	b.width = 360
}

// placed is where the heading of the page begins and the first field to fill in ends, 0 for none.
func (b *person) placed() (heading, field float64) {
	b.t.Helper()
	b.still()
	var at []float64
	answer := evaluate[string](b, `(() => {
		const shows = e => e.checkVisibility() && !e.classList.contains('vh')
		const field = [...document.querySelectorAll('main :is(input:not([type=hidden]), textarea, select)')].find(shows)
		return JSON.stringify([document.querySelector('h1').getBoundingClientRect().top, field?.getBoundingClientRect().bottom ?? 0])
	})()`)
	if err := json.Unmarshal([]byte(answer), &at); err != nil {
		b.t.Fatal(err)
	}
	return at[0], at[1]
}

// TestPhone: on a small screen a page begins within the first third, and what is to be filled in is seen without scrolling.
func TestPhone(t *testing.T) {
	const third, fold = 740.0 / 3, 740.0
	p := start(t, onSQLite(t))
	look := func(b *person, pages ...string) {
		t.Helper()
		for _, page := range pages {
			b.open(page)
			heading, field := b.placed()
			if heading > third || field > fold {
				t.Errorf("%s, scripts %t: the heading begins at %.0f, the first field ends at %.0f", page, !b.scriptless, heading, field)
			}
		}
	}
	for _, scripts := range []bool{true, false} {
		b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
		b.watch()
		if !scripts {
			b.withoutScripts()
		}
		b.onPhone()
		look(b, "/login", "/signup", "/password/forgot", "/plans", "/learn", "/signed-out")
		b.open("/")
		b.press("Try the demo")
		b.is(`!document.querySelector('.nav a').checkVisibility({contentVisibilityAuto: true})`)
		look(b, "/account", "/account/sessions", "/account/activity", "/account/security", "/account/profile", "/account/session", "/billing",
			"/account/security/password", "/reauth?next=%2Faccount%2Femail", "/account/email")
		b.is(`(document.querySelector('.nav summary').click(), true)`)
		b.comes(`document.querySelector('.nav a').checkVisibility({contentVisibilityAuto: true})`)
	}
}

// TestCodesOnPhone sets an app up on the phone that shows the page: by a link, or by a secret that a press copies.
func TestCodesOnPhone(t *testing.T) {
	p := start(t, onSQLite(t))
	b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
	b.watch()
	const clipboard = `Object.defineProperty(navigator, 'clipboard', {value: {writeText: async text => { window.copied = text }}})`
	callWith(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: clipboard})
	b.onPhone()
	b.open("/")
	b.press("Try the demo")
	password := evaluate[string](b, `document.querySelector('.demo code').textContent`)
	b.open("/account/security/totp")
	b.isAt("/reauth")
	fill, copied := `//button[.="Fill in"]`, `[...document.querySelectorAll('button')].some(e => e.textContent === 'Copied')`
	b.click(fill)
	b.is(`document.activeElement.value === '` + password + `'`)
	b.click(`//button[.="Copy"]`)
	b.comes(copied)
	b.is(`window.copied === '` + password + `'`)
	b.press("Confirm")
	b.press("Begin")
	b.picture("phone-totp.png")
	b.is(`document.querySelector('main a[href^="otpauth://totp/"]').checkVisibility()`)
	b.click(`//main//button[.="Copy"]`)
	b.comes(copied)
	b.is(`window.copied === document.getElementById('secret').textContent`)
	b.is(`document.getElementById('code').inputMode === 'numeric'`)
}

// TestNotesOnPhone: a note comes to its marker, and leads back to it; without scripts too.
func TestNotesOnPhone(t *testing.T) {
	p := start(t, onSQLite(t))
	b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
	b.watch()
	b.withoutScripts()
	b.onPhone()
	b.open("/login")
	b.is(`document.querySelectorAll(':is(h1, h2, h3) .marker').length === 0`)
	b.is(`(document.getElementById('m2').click(), true)`)
	b.comes(`(() => { const n = document.getElementById('n2').getBoundingClientRect(), m = document.getElementById('m2').getBoundingClientRect()
		return n.bottom <= innerHeight && n.top > m.bottom && m.top >= 0 && n.left >= 0 && n.right <= innerWidth })()`)
	b.is(`document.getElementById('n2').innerText.includes('Back')`)
	b.is(`(document.querySelector('#n2 .back').click(), true)`)
	b.comes(`location.hash === '#m2' && getComputedStyle(document.getElementById('n2')).position === 'static'`)
}

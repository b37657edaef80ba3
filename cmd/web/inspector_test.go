package main

import (
	"strconv"
	"testing"

	"example.com/gatehouse/webtest"
	"github.com/chromedp/chromedp"
)

// TestInspectorInTheBrowser checks what the page asks people to check, and that its clocks go.
func TestInspectorInTheBrowser(t *testing.T) {
	p := start(t, onSQLite(t))
	b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
	b.open("/login?next=%2Faccount%2Fsession")
	b.signIn(p.account(t, "Ada Lovelace"), webtest.Password)
	b.isAt("/account/session")
	idle, absolute := `document.querySelector('[data-clock=idle]').textContent`, `document.querySelector('[data-clock=absolute]').textContent`
	// A slow machine takes its time over each step: none of these is as exact as it could be.
	b.comes(`/^29 minutes [2-5]\d seconds$/.test(` + idle + `)`)
	before := evaluate[string](b, idle)
	b.comes(idle + ` !== ` + strconv.Quote(before))
	b.is(`/^2[89] minutes( \d+ seconds?)?$/.test(` + idle + `)`)
	b.is(`/^23 hours 5[89] minutes$/.test(` + absolute + `)`)
	b.forgive("DocumentCookie") // the browser finds that slow to ask
	b.is(`document.cookie === '' && localStorage.length === 0 && sessionStorage.length === 0`)
	hash := evaluate[string](b, `document.querySelector('#token').closest('section').querySelector('code').textContent`)
	if len([]rune(hash)) != 9 {
		t.Errorf("got %q, want 8 characters and what stands for the rest", hash)
	}

	b.another("/account") // is use, somewhere else
	b.comes(idle + `.startsWith('begun again')`)
	b.is(`/^23 hours 5[89] minutes$/.test(` + absolute + `)`)
	evaluate[chromedp.Void](b, `(() => { const now = performance.now.bind(performance); performance.now = () => now() + 23 * 3600_000 })()`)
	b.comes(`/^5[89] minutes/.test(` + absolute + `)`)
	b.is(idle + `.startsWith('begun again')`)
}

package main

import (
	"encoding/json"
	"testing"

	"example.com/gatehouse/webtest"
)

// offBaseline are the rows whose label, value and way on do not stand on one line of text, and links that are less than 24 px high.
const offBaseline = `(() => {
	const wrong = []
	const line = e => {
		const walker = document.createTreeWalker(e, NodeFilter.SHOW_TEXT, n => n.data.trim() ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_REJECT)
		const range = document.createRange()
		range.selectNode(walker.nextNode())
		return range.getClientRects()[0].bottom
	}
	for (const row of document.querySelectorAll('.rows > div')) {
		const lines = [...row.children].map(line)
		if (Math.max(...lines) - Math.min(...lines) > 3) wrong.push(row.innerText.slice(0, 40) + ': ' + lines)
	}
	for (const a of document.querySelectorAll('main a[href]')) {
		const box = a.getBoundingClientRect()
		const alone = [...a.parentNode.childNodes].every(n => n === a || n.nodeType !== Node.TEXT_NODE || !n.data.trim())
		if (a.checkVisibility() && box.width > 0 && alone && box.height < 24) wrong.push('a link of ' + box.height + ' px: ' + a.innerText)
	}
	for (const marker of document.querySelectorAll('.marker')) {
		const box = marker.getBoundingClientRect(), range = document.createRange()
		range.selectNodeContents(marker)
		const number = range.getBoundingClientRect()
		if (Math.abs(number.left + number.right - box.left - box.right) > 6) wrong.push('the number of a note is not in the middle of its circle')
	}
	return JSON.stringify(wrong)
})()`

// TestLinesAndLinks looks at what the eye follows: a label and its value stand on one line, a link that stands alone is high
// enough for a finger, and a number is in the middle of its circle.
func TestLinesAndLinks(t *testing.T) {
	p := start(t, onSQLite(t))
	b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
	b.open("/")
	b.press("Try the demo")
	b.open("/plans")
	b.press("Choose Hall")
	for _, page := range []string{"/billing", "/account", "/account/security", "/account/sessions", "/account/activity", "/account/session", "/account/security/passkeys"} {
		b.open(page)
		b.still()
		var wrong []string
		if err := json.Unmarshal([]byte(evaluate[string](b, offBaseline)), &wrong); err != nil {
			t.Fatal(err)
		}
		for _, w := range wrong {
			t.Errorf("%s: %s", page, w)
		}
	}
	b.watch()
	b.open("/account/security/passkeys")
	b.is(`(() => { const button = document.querySelector('#add').closest('section').querySelector('.actions').getBoundingClientRect()
		return button.top - document.querySelector('#add').closest('section').querySelector('p').getBoundingClientRect().bottom >= 12 })()`)
}

package main

import (
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// axe finds what gets in the way of people who use a page with other means than eyes and a mouse.
//
//go:embed testdata/axe.min.js
var axe string

// A view is a width, in CSS pixels, and a colour scheme in which a page is inspected, and the rules of axe for it: "[]" for
// what can be seen without axe.
type view struct {
	width  int64
	scheme string
	rules  string
}

// everyView is for the night: each width in each scheme. It leaves out the rules that cannot come out otherwise
// than in a view before: a scheme has the same elements in other colours, and what is seen at 768 pixels is seen at 1280 or
// 320.
var everyView = []view{
	{1280, "light", everyRule}, {1280, "dark", rulesOfColour}, {768, "light", rulesOfLayout},
	{320, "light", everyRule}, {320, "dark", rulesOfColour},
}

// turns are for whoever waits for the result: a page of a walk is inspected with the first, the next with the second, and
// so on. So each page is seen at 320 pixels, axe, which takes longer than the page itself, runs on every second one, and each
// walk meets both schemes and both ends of the widths.
var turns = [][]view{
	{{320, "dark", everyRule}}, {{320, "light", noRule}},
	{{1280, "light", everyRule}, {320, "light", noRule}}, {{320, "dark", noRule}},
}

// pairs are for every change: a page of a walk is inspected in the first, the next in the second. So each page is seen at both
// ends of the widths and in both schemes, by every rule once and by those of colour twice.
var pairs = [][]view{
	{{1280, "light", everyRule}, {320, "dark", rulesOfColour}},
	{{320, "light", everyRule}, {1280, "dark", rulesOfColour}},
}

var (
	full     = flag.Bool("full", os.Getenv("CI") != "", "inspect every page in two views and walk every way, as with CI set")
	allViews = flag.Bool("views", false, "with -full: inspect every page in every view")
)

const (
	noRule        = `[]`
	everyRule     = `['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']`
	rulesOfColour = `['color-contrast', 'link-in-text-block']`
	rulesOfLayout = `['target-size', 'scrollable-region-focusable']`
)

// A looker goes through pages, one subtest each, and inspects each.
type looker struct {
	*person
	parent *testing.T
	pages  int // that were inspected
}

func (p *program) looker(t *testing.T, agent, ip string) *looker {
	return &looker{person: p.person(t, agent, ip), parent: t}
}

// views are those for the next page.
func (l *looker) views() []view {
	if *full && *allViews {
		return everyView
	}
	l.pages++
	if *full {
		return pairs[l.pages%len(pairs)]
	}
	return turns[l.pages%len(turns)]
}

// at inspects the page that open leads to and that has to come with the status.
func (l *looker) at(name string, status int, open func() int) {
	l.parent.Run(name, func(t *testing.T) {
		l.t = t
		defer func() { l.t = l.parent }()
		if got := open(); got != status {
			t.Fatalf("%s: got status %d, want %d:\n%s", l.path(), got, status, l.text())
		}
		visited.keep(l.person, name)
		views := l.views()
		if slices.ContainsFunc(views, func(v view) bool { return v.rules != noRule }) {
			evaluate[chromedp.Void](l.person, axe)
		}
		faults := map[string][]string{} // each with the views it is seen in
		for _, v := range views {
			l.see(v.width, v.scheme)
			at := fmt.Sprintf("%s-%d", v.scheme, v.width)
			for _, wrong := range l.inspect(v.rules) {
				faults[wrong] = append(faults[wrong], at)
			}
			l.picture(name + "-" + at + ".png")
		}
		for wrong, at := range faults {
			t.Errorf("%s: %s", at, wrong)
		}
		l.quiet()
	})
}

// inspection asks the page for everything that is wrong with it.
const inspection = `(async rules => {
	const wrong = [], root = document.documentElement
	const shows = e => e.checkVisibility() && e.getBoundingClientRect().width > 0
	const sketch = e => e.outerHTML.slice(0, 120)
	if (root.scrollWidth > root.clientWidth) {
		const widest = [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > root.clientWidth)
		wrong.push('overflows by ' + (root.scrollWidth - root.clientWidth) + ' px: ' + widest.slice(0, 3).map(sketch).join(' '))
	}
	const headings = [...document.querySelectorAll('h1')]
	if (headings.length !== 1 || !headings[0].innerText.trim()) wrong.push(headings.length + ' h1, want one with words')
	if (document.body.dataset.sid && ![...document.querySelectorAll('header form[action="/logout"] button')].some(shows))
		wrong.push('signed in, and no Sign out in sight')
	// WCAG 2.5.8 leaves links in running text out; what is visually hidden is no target of a finger.
	for (const e of document.querySelectorAll('a[href], button, summary, select, input:not([type=hidden])')) {
		const box = e.getBoundingClientRect()
		if (shows(e) && !e.closest('.skip, .vh, p, footer') && (box.width < 24 || box.height < 24))
			wrong.push('target of ' + box.width + ' x ' + box.height + ': ' + sketch(e))
	}
	const found = rules.length ? await axe.run(document, {runOnly: rules, resultTypes: ['violations']}) : {violations: []}
	for (const v of found.violations) for (const n of v.nodes) wrong.push(v.id + ': ' + n.failureSummary + ' ' + n.html.slice(0, 200))
	return JSON.stringify([...new Set(wrong)])
})`

// inspect returns what is wrong with the page as it is seen now, each thing once.
func (b *person) inspect(rules string) []string {
	b.t.Helper()
	var wrong []string
	if err := json.Unmarshal([]byte(evaluate[string](b, inspection+"("+rules+")")), &wrong); err != nil {
		b.t.Fatal(err)
	}
	return wrong
}

// pressAnyway sends a form that the browser would hold back for its empty fields.
func (b *person) pressAnyway(words string) int {
	b.t.Helper()
	evaluate[chromedp.Void](b, `for (const f of document.forms) f.noValidate = true`)
	return b.press(words)
}

func (b *person) says(words string) bool { b.t.Helper(); return strings.Contains(b.text(), words) }

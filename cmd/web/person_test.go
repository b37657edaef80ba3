package main

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"example.com/gatehouse/webtest"
	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// step bounds one thing a person does.
func (b *person) step() (context.Context, context.CancelFunc) {
	return context.WithTimeout(b.ctx, webtest.Patience)
}

func call[R any](b *person, command cdp.Command[cdp.Empty, R]) R {
	b.t.Helper()
	return callWith(b, command, cdp.Empty{})
}

func callWith[P, R any](b *person, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	ctx, cancel := b.step()
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		b.t.Fatalf("%s: %v", command.Method, err)
	}
	return result
}

// evaluate asks the page by script. The page's own policy does not govern what the developer tools run. A page that is
// being left takes the question with it; then the next one is asked.
func evaluate[T any](b *person, script string) T {
	b.t.Helper()
	ctx, cancel := b.step()
	defer cancel()
	for {
		result, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
		if left, ok := errors.AsType[*cdproto.Error](err); ok && left.Code == pageLeft && ctx.Err() == nil {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		if err != nil {
			b.t.Fatalf("%.60s: %v", script, err)
		}
		return result
	}
}

// pageLeft is what the browser answers for a document that is gone: "Inspected target navigated or closed", "Cannot
// find context with specified id".
const pageLeft = -32000

// load does what makes the browser load a page, and returns the status of that page.
func (b *person) load(what string, actions ...chromedp.Action[chromedp.Void]) int {
	b.t.Helper()
	ctx, cancel := b.step()
	defer cancel()
	response, err := chromedp.RunResponse(ctx, actions...)
	if err != nil {
		b.t.Fatalf("%s, on %s: %v", what, b.path(), err)
	}
	return responseStatus(response)
}

func responseStatus(r *network.Response) int {
	if r == nil {
		return 0
	}
	return int(r.Status)
}

// open types an address, a path of the portal or a whole URL.
func (b *person) open(address string) int {
	b.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.Origin + address
	}
	return b.load("open "+address, chromedp.Navigate(address))
}

// still waits until the fonts are there: when they come, what is about to be clicked moves.
func (b *person) still() {
	b.t.Helper()
	webtest.Until(b.t, "the fonts", func() bool { return evaluate[bool](b, `document.fonts.status === 'loaded'`) })
}

// press clicks the button with exactly these words on it.
func (b *person) press(words string) int {
	b.t.Helper()
	b.still()
	return b.load("press "+words, chromedp.Click(`//button[normalize-space()="`+words+`"]`))
}

// follow clicks the link with exactly these words in it, of the menu too, which has to be opened in a narrow window.
func (b *person) follow(words string) int {
	b.t.Helper()
	b.still()
	evaluate[chromedp.Void](b, `for (const a of document.querySelectorAll('.nav a'))
		if (!a.checkVisibility({contentVisibilityAuto: true}) && a.textContent.trim() === '`+strings.ReplaceAll(words, "'", `\'`)+`') a.closest('details').open = true`)
	return b.load("follow "+words, chromedp.Click(`//a[normalize-space()="`+words+`"]`))
}

// fill types into the field with the id, all at once.
func (b *person) fill(id, text string) {
	b.t.Helper()
	ctx, cancel := b.step()
	defer cancel()
	err := chromedp.Do(ctx, chromedp.Focus(chromedp.ID(id)))
	if err == nil {
		_, err = chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
	}
	if err != nil {
		b.t.Fatalf("fill %s, on %s: %v", id, b.path(), err)
	}
}

// back presses the Back button. chromedp.NavigateBack would wait for a load event, which a page that is restored from
// memory never fires.
func (b *person) back() {
	b.t.Helper()
	before := b.goBack()
	webtest.Until(b.t, "the page before", func() bool {
		ctx, cancel := b.step()
		defer cancel()
		history, err := chromedp.Call(ctx, page.GetNavigationHistory, cdp.Empty{})
		if err != nil || history.CurrentIndex != before { // while pages change places there is none to ask
			return false
		}
		state, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.readyState`))
		return err == nil && state == "complete"
	})
}

// goBack presses it without waiting, and returns the place in the history of the tab where that leads.
func (b *person) goBack() (index int64) {
	b.t.Helper()
	history := call(b, page.GetNavigationHistory)
	index = history.CurrentIndex - 1
	callWith(b, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: history.Entries[index].ID})
	return index
}

// see sets the width of the window and the colour scheme of the system, unless that is how they are: the browser would lay
// out and draw the page again.
func (b *person) see(width int64, scheme string) {
	b.t.Helper()
	if b.width == width && b.scheme == scheme {
		return
	}
	b.width, b.scheme = width, scheme
	ctx, cancel := b.step()
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900)); err != nil {
		b.t.Fatal(err)
	}
	callWith(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// path is where the browser is, without the query.
func (b *person) path() string {
	b.t.Helper()
	address := evaluate[string](b, `document.location.href`)
	if u, err := url.Parse(address); err == nil && strings.HasPrefix(address, b.Origin+"/") {
		return u.Path
	}
	return address
}

// arrives waits until a page that the browser goes to by itself is there as a whole.
func (b *person) arrives(path string) {
	b.t.Helper()
	b.comes(`location.pathname === '` + path + `' && document.readyState === 'complete'`)
}

func (b *person) isAt(want string) {
	b.t.Helper()
	if got := b.path(); got != want {
		b.t.Fatalf("browser is at %s, want %s:\n%s", got, want, b.text())
	}
}

// text is what can be read on the page.
func (b *person) text() string {
	b.t.Helper()
	return strings.Join(strings.Fields(evaluate[string](b, `document.body.innerText`)), " ")
}

func (b *person) reads(words ...string) {
	b.t.Helper()
	text := b.text()
	for _, w := range words {
		if !strings.Contains(text, w) {
			b.t.Fatalf("%s does not say %q:\n%s", b.path(), w, text)
		}
	}
}

// signIn fills in the form the person is looking at.
func (b *person) signIn(email, password string) {
	b.t.Helper()
	b.fill("email", email)
	b.fill("password", password)
	b.press("Sign in")
}

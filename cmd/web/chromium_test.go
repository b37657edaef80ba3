package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"example.com/gatehouse/internal/store/storetest"
	"example.com/gatehouse/webtest"
)

// closeChromium ends the browser when the tests are over.
var closeChromium = func() {}

// chromium is the one browser of these tests. It starts without a deadline, because its life is that of the context it
// was started with.
var chromium = sync.OnceValues(func() (context.Context, error) {
	path := findChromium()
	if path == "" {
		return nil, errNoChromium
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.NoSandbox, // it opens nothing but the portal, and containers have no user namespaces
		chromedp.Flag("disable-features", unneeded))
	ctx, closeAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeBrowser := chromedp.NewContext(ctx)
	closeChromium = func() { closeBrowser(); closeAllocator() }
	return ctx, chromedp.Do(ctx)
})

// unneeded are features that take half of the processor's time of a short test: two pages of the browser's own in each
// window, for its address field, and a process in reserve for each page.
const unneeded = "Translate,WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,SpareRendererForSitePerProcess"

var errNoChromium = errors.New("no Chromium on this machine")

func findChromium() string {
	if path := os.Getenv("CHROMIUM"); path != "" {
		return path
	}
	for _, name := range []string{"/usr/bin/chromium", "chromium", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// A person sits at a browser of their own: an incognito window with one tab, whose complaints are collected.
type person struct {
	*program
	t   testing.TB // whoever moves a person on to a subtest changes it
	ctx context.Context

	width      int64  // of the window
	scheme     string // of the system
	scriptless bool

	mu         sync.Mutex
	documents  map[network.RequestID]bool
	document   network.RequestID // the latest
	complaints []string
	forgiven   string // an address, "" for none
}

// person opens a window in which the browser calls itself agent and seems to come from ip.
func (p *program) person(t testing.TB, agent, ip string) *person {
	t.Helper()
	browser, err := chromium()
	if errors.Is(err, errNoChromium) {
		storetest.Without(t, "Chromium", "CHROMIUM")
	}
	if err != nil {
		t.Fatal(err)
	}
	return p.sit(t, browser, agent, ip, chromedp.WithNewBrowserContext())
}

// tab opens another tab of the same window, with the same cookies.
func (b *person) tab() *person {
	b.t.Helper()
	return b.sit(b.t, b.ctx, webtest.ChromeOnLinux, b.Network+"::1")
}

func (p *program) sit(t testing.TB, browser context.Context, agent, ip string, options ...chromedp.ContextOption) *person {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(browser, options...)
	b := &person{program: p, t: t, ctx: ctx, documents: map[network.RequestID]bool{}}
	t.Cleanup(func() {
		b.t = t
		b.quiet()
		closeTab()
	})
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	call(b, audits.Enable)
	callWith(b, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent})
	callWith(b, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"X-Forwarded-For": ip}})
	if !p.told {
		callWith(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: deaf})
	}
	b.see(1280, "light")
	return b
}

const deaf = `window.EventSource = class { addEventListener() {} close() {} }`

// listen notes what a developer would see in red: errors of scripts and resources, and every issue the browser finds,
// violations of the content security policy among them.
func (b *person) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if b.documents[e.RequestID] = e.Type == network.ResourceTypeDocument; b.documents[e.RequestID] {
			b.document = e.RequestID
		}
	case *runtime.EventExceptionThrown:
		b.complain("exception: %s", e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.complain("console: %s", e.Type)
	case *log.EventEntryAdded:
		if e.Entry.Level != log.EntryLevelError && e.Entry.Level != log.EntryLevelWarning {
			return
		}
		// A page with an error status is what somebody asked for, and the test that asked has looked at the status.
		if e.Entry.Source != log.EntrySourceNetwork || !b.documents[e.Entry.NetworkRequestID] {
			b.complain("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *audits.EventIssueAdded:
		if d := e.Issue.Details.GenericIssueDetails; d != nil && d.ErrorType == audits.GenericIssueErrorTypeNavigationEntryMarkedSkippable {
			return // the tests navigate without a finger on the mouse
		}
		b.complain("issue %s: %s", e.Issue.Code, describe(e.Issue.Details))
	}
}

func (b *person) complain(format string, args ...any) {
	complaint := fmt.Sprintf(format, args...)
	if b.forgiven == "" || !strings.Contains(complaint, b.forgiven) {
		b.complaints = append(b.complaints, complaint)
	}
}

func describe(d *audits.InspectorIssueDetails) string {
	if csp := d.ContentSecurityPolicyIssueDetails; csp != nil {
		return csp.ViolatedDirective + " forbids " + csp.BlockedURL
	}
	text, err := json.Marshal(d)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// forgive lets complaints about the address pass from now on: what a test breaks on purpose.
func (b *person) forgive(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forgiven = address
}

// quiet fails the test if the browser complained since the last time.
func (b *person) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.complaints) > 0 {
		b.t.Errorf("the browser complains:\n%s", strings.Join(b.complaints, "\n"))
	}
	b.complaints = nil
}

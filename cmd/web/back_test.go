package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/gatehouse/webtest"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// TestBackShowsNothing presses Back on a shared computer. Browsers keep pages in memory in spite of no-store, and evict
// them when an answer changes a cookie that scripts cannot see: so every answer to the end of a session changes one.
// With scripts off as well, nothing but those answers stands in the way.
func TestBackShowsNothing(t *testing.T) {
	p := start(t, onSQLite(t))
	for _, scripts := range []bool{true, false} {
		if scripts && !*full {
			continue // they cover what comes back; without them, only the answers help
		}
		name := map[bool]string{true: "scripts on", false: "scripts off"}[scripts]
		t.Run(name, func(t *testing.T) {
			for _, c := range []struct {
				name    string
				signOut func(b *person, email string)
			}{
				{"signed out here", func(b *person, _ string) {
					b.press("Sign out")
					b.isAt("/signed-out")
				}},
				{"signed out elsewhere, then a public page", func(b *person, email string) {
					p.endAllOf(b.t, email)
					b.open("/plans")
				}},
				{"signed out elsewhere, then an error page", func(b *person, email string) {
					p.endAllOf(b.t, email)
					b.open("/nothing/here")
				}},
				{"signed out elsewhere, then a click", func(b *person, email string) {
					p.endAllOf(b.t, email)
					b.follow("Overview")
				}},
			} {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
					email := p.account(t, "Ada Lovelace")
					b.open("/login?next=%2Faccount%2Fsecurity")
					b.signIn(email, webtest.Password)
					if !scripts {
						b.withoutScripts()
					}
					b.open("/account/sessions")
					b.reads("Ada Lovelace")
					c.signOut(b, email)
					b.back()
					if body := evaluate[string](b, `document.documentElement.outerHTML`); strings.Contains(body, "Ada") || strings.Contains(body, email) {
						t.Errorf("Back shows the account: %s", b.text())
					}
				})
			}
		})
	}
}

// TestBackFromElsewhere comes back from another site, to a session that was ended in the meantime, without asking the
// portal for anything: no answer could evict the page. With scripts on it is covered until the server has been asked.
// With scripts off this writes down the limit of what a server can do: somebody sees the page as it was, until the next
// click. Its log also says whether the browser of these tests restores pages at all.
func TestBackFromElsewhere(t *testing.T) {
	p := start(t, onSQLite(t))
	for _, scripts := range []bool{true, false} {
		t.Run(map[bool]string{true: "scripts on", false: "scripts off"}[scripts], func(t *testing.T) {
			b := p.person(t, webtest.ChromeOnLinux, p.Network+"::1")
			email := p.account(t, "Ada Lovelace")
			b.open("/login?next=%2Faccount%2Fsessions")
			b.signIn(email, webtest.Password)
			if !scripts {
				b.withoutScripts()
				b.open("/account/sessions")
			}
			restored := b.restores()
			b.open(anotherSite(t))
			p.endAllOf(t, email)
			b.goBack()
			if scripts {
				b.thrown("This device was signed out")
				if strings.Contains(b.text(), "Ada") {
					t.Errorf("got the account on the page: %s", b.text())
				}
				t.Logf("page restored from memory: %t", restored.Load())
				return
			}
			b.comes(`location.origin === '` + p.Origin + `' && document.readyState === 'complete'`)
			t.Logf("page restored from memory: %t, account readable: %t", restored.Load(), strings.Contains(b.text(), "Ada Lovelace"))
			evaluate[chromedp.Void](b, `document.querySelector('a[href="/account"]').click()`)
			b.comes(`location.pathname === '/login'`)
		})
	}
}

// restores tells, from now on, whether a page came from the browser's memory.
func (b *person) restores() *atomic.Bool {
	b.t.Helper()
	var restored atomic.Bool
	err := chromedp.Listen(b.ctx, func(event any) {
		if e, ok := event.(*page.EventFrameNavigated); ok && e.Type == page.NavigationTypeBackForwardCacheRestore {
			restored.Store(true)
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return &restored
}

// anotherSite serves a page that has nothing to do with the portal.
func anotherSite(t testing.TB, content ...string) (address string) {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<!doctype html><html lang="en"><title>Elsewhere</title><link rel="icon" href="data:,">` + strings.Join(content, "")))
	}))
	t.Cleanup(site.Close)
	return site.URL
}

// endAllOf signs an account out everywhere, from a device of its own.
func (p *program) endAllOf(t testing.TB, email string) {
	t.Helper()
	c := p.Client(t)
	c.SignIn(email, webtest.Password)
	c.Post("/account/sessions/end-all", "password", webtest.Password).Leads("/signed-out")
}

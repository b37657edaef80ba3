package main

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"example.com/gatehouse/webtest"
)

// TestWhatEvictsAPage writes down what the portal relies on, and what it cannot rely on, when somebody presses Back and
// no script runs: which answers make the browser throw a no-store page out of its memory. A change of a cookie that
// scripts cannot see does, the header that names the cache does not. When a browser fails here, the section "Limits of
// this" in docs/security/sessions.md has to be written again.
func TestWhatEvictsAPage(t *testing.T) {
	if !*full {
		t.Skip("skipped: it is about the browser and not the portal, and runs with -full or CI set")
	}
	cookie := http.Cookie{Name: "id", Value: "first", Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
	sets := func(change func(*http.Cookie)) http.HandlerFunc {
		c := cookie
		change(&c)
		return func(w http.ResponseWriter, _ *http.Request) { http.SetCookie(w, &c) }
	}
	clears := func(what string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Clear-Site-Data", what) }
	}
	without := http.Cookie{}
	for name, c := range map[string]struct {
		before   http.Cookie // set by the page itself
		then     http.HandlerFunc
		restored bool
	}{
		"nothing":                                  {cookie, func(http.ResponseWriter, *http.Request) {}, true},
		"the cookie deleted":                       {cookie, sets(func(c *http.Cookie) { c.MaxAge = -1 }), false},
		"the cookie changed":                       {cookie, sets(func(c *http.Cookie) { c.Value = "second" }), false},
		"the cookie set to what it was":            {cookie, sets(func(*http.Cookie) {}), false},
		"another cookie set":                       {cookie, sets(func(c *http.Cookie) { c.Name = "other" }), false},
		"Clear-Site-Data of the cache":             {cookie, clears(`"cache"`), true},
		"no cookie and nothing":                    {without, func(http.ResponseWriter, *http.Request) {}, true},
		"no cookie and Clear-Site-Data, the cache": {without, clears(`"cache"`), true},
		"no cookie and Clear-Site-Data, all":       {without, clears(`"*"`), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := (&program{Program: &webtest.Program{}}).person(t, webtest.ChromeOnLinux, "203.0.113.24")
			if got := b.comesBack(t, c.before, c.then); got != c.restored {
				t.Errorf("page restored from memory: got %t, want %t", got, c.restored)
			}
		})
	}
}

// comesBack opens a no-store page, then another of the same site, and presses Back. It reports whether the first page
// came from the browser's memory.
func (b *person) comesBack(t *testing.T, before http.Cookie, then http.HandlerFunc) bool {
	t.Helper()
	html := func(w http.ResponseWriter, words string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<!doctype html><html lang="en"><title>` + words + `</title><link rel="icon" href="data:,"><p>` + words))
	}
	var asked atomic.Int64
	site := http.NewServeMux()
	site.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Cache-Control", "no-store")
		if before.Name != "" {
			http.SetCookie(w, &before)
		}
		html(w, "first")
	})
	site.HandleFunc("/then", func(w http.ResponseWriter, r *http.Request) {
		then(w, r)
		html(w, "second")
	})
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	restored := b.restores()
	b.withoutScripts()
	b.open(server.URL + "/page")
	b.open(server.URL + "/then")
	b.back()
	b.reads("first")
	if fetched := asked.Load() == 2; fetched == restored.Load() {
		t.Errorf("asked for %d times, restored %t: want one or the other", asked.Load(), restored.Load())
	}
	return restored.Load()
}

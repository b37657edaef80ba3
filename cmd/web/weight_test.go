package main

import (
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// What a page may weigh over the wire, headers and everything it loads included, in bytes.
const (
	firstVisit = 100 << 10
	laterPage  = 12 << 10
)

// TestPageWeight counts what a browser with an empty cache fetches for its first page and for each that follows.
func TestPageWeight(t *testing.T) {
	p := start(t, onSQLite(t))
	email := p.account(t, "Ada Lovelace")
	p.spread(t, email)
	b := p.person(t, chromeOnLinux, p.network+"::1")
	var fetched atomic.Int64
	err := chromedp.Listen(b.ctx, func(event any) {
		if e, ok := event.(*network.EventLoadingFinished); ok {
			fetched.Add(int64(e.EncodedDataLength))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	weigh := func(page string, limit int64, visit func()) {
		t.Helper()
		fetched.Store(0)
		visit()
		evaluate[chromedp.Void](b, `document.fonts.ready`) // what the page draws with is part of it
		switch weight := fetched.Load(); {
		case weight == 0:
			t.Errorf("%s: nothing was counted", page)
		case weight > limit:
			t.Errorf("%s: %d bytes, want at most %d", page, weight, limit)
		default:
			t.Logf("%-24s %6d bytes", page, weight)
		}
	}
	weigh("/", firstVisit, func() { b.open("/") })
	weigh("/login", laterPage, func() { b.open("/login") })
	weigh("/account", laterPage, func() { b.signIn(email, password) })
	for _, page := range []string{
		"/account/sessions", "/account/activity", "/account/security", "/account/security/password", "/plans", "/reauth",
	} {
		weigh(page, laterPage, func() { b.open(page) })
	}
}

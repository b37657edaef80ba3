package main

import (
	"sync/atomic"
	"testing"

	"example.com/gatehouse/webtest"
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
	b := p.looker(t, webtest.ChromeOnLinux, p.Network+"::1")
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
		evaluate[chromedp.Void](b.person, `document.fonts.ready`) // what the page draws with is part of it
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
	for _, page := range []string{"/learn", "/learn/sign-out-that-holds", "/learn/the-same-cookie-elsewhere", "/learn/map"} {
		weigh(page, laterPage, func() { b.open(page) })
	}
	weigh("/login", laterPage, func() { b.open("/login") })
	weigh("/account", laterPage, func() { b.signIn(email, webtest.Password) })
	for _, page := range []string{
		"/account/sessions", "/account/activity", "/account/security", "/account/security/password", "/plans", "/reauth",
	} {
		weigh(page, laterPage, func() { b.open(page) })
	}
	b.press("Sign out")
	b.open("/") // a demo has more to show than a new account
	weigh("/account of a demo", laterPage, func() { b.press("Try the demo") })
	for _, page := range []string{"/account/sessions", "/account/activity", "/account/session", "/account/profile", "/billing"} {
		weigh(page+" of a demo", laterPage, func() { b.open(page) })
	}
	b.open("/plans")
	b.press("Choose Hall")
	b.follow("Go to checkout") // asks for the password before it asks how to pay
	b.fill("password", evaluate[string](b.person, `document.querySelector('.demo code').textContent`))
	weigh("/billing/payment-method", laterPage, func() { b.press("Confirm") })
	weigh("/billing/checkout", laterPage, func() { b.method("Test Visa ending 4242", "Ada Lovelace", "12 St James's Square") })
}
